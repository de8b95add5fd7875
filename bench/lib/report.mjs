/**
 * The results as Markdown and as a drawing.
 */
import { barChartSvg } from "chainrule";
import { median, readable, spread } from "./numbers.mjs";

const nameOfKind = {
  js: "best JS peer",
  torch1: "PyTorch, 1 thread",
  torch: "PyTorch, best",
  jax1: "JAX jit, 1 thread",
  jax: "JAX jit, best",
};

/** The fastest of some, or null. */
function best(entries) {
  const timed = entries.filter(({ rates, missing }) => rates.length > 0 && !missing);
  return timed.reduce((top, each) => (top && median(top.rates) >= median(each.rates) ? top : each), null);
}

/** What users of chainrule get: compiled, but in the workloads that are about something else. */
function mine(entries, suffix = "") {
  const ways = ["chainrule scalar", "chainrule jit", "chainrule eager"].map((way) => way + suffix);
  return ways.map((way) => best(entries.filter(({ name }) => name === way))).find((found) => found !== null);
}

/** Ours on one thread, or another way of ours by its name, beside the others: how many times as fast, by whom. */
export function ratios({ entries }, way) {
  const ours = way !== undefined ? best(entries.filter(({ name }) => name === way)) : mine(entries);
  if (!ours) return {};
  const against = {
    js: best(entries.filter(({ kind }) => kind === "js")),
    torch1: best(entries.filter(({ name }) => name === "PyTorch 1 thread" || name === "PyTorch compile, 1 thread")),
    torch: best(entries.filter(({ kind }) => kind === "pytorch")),
    jax1: best(entries.filter(({ name }) => name === "JAX 1 thread")),
    jax: best(entries.filter(({ kind }) => kind === "jax")),
  };
  return Object.fromEntries(
    Object.entries(against).flatMap(([kind, other]) =>
      other ? [[kind, { name: other.name, ratio: median(ours.rates) / median(other.rates) }]] : [],
    ),
  );
}

function table(header, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** Contenders with a rate. */
const timedNames = (results) => [
  ...new Set(results.flatMap(({ entries }) => entries.flatMap(({ name, rates }) => (rates.length > 0 ? [name] : [])))),
];

function speeds({ results }) {
  const names = timedNames(results);
  const cell = (entries, name) => {
    const found = entries.find((each) => each.name === name);
    if (!found || found.missing || found.rates.length === 0) return "";
    const around = found.rates.length > 1 ? ` ±${Math.round(50 * spread(found.rates))}%` : "";
    return `${readable(median(found.rates))}${around}`;
  };
  const rows = results.map(({ id, unit, entries }) => [`${id}, ${unit}`, ...names.map((name) => cell(entries, name))]);
  return table(["", ...names], rows);
}

/** The most memory that each process ever held; that of Node or Python alone is in it. */
function peaks({ results }) {
  const names = timedNames(results);
  const cell = (entries, name) => {
    const { peaks = [], missing } = entries.find((each) => each.name === name) ?? {};
    return peaks.length > 0 && !missing ? readable(median(peaks)) : "";
  };
  const rows = results.map(({ id, entries }) => [id, ...names.map((name) => cell(entries, name))]);
  return table(["peak memory, MiB", ...names], rows);
}

const threaded = "chainrule jit, 2 threads";

function comparisons({ results, machine: { otherNode } }) {
  const ours = results.flatMap((result) => [
    { name: result.id, found: ratios(result) },
    { name: `${result.id}, 2 threads`, found: ratios(result, threaded) },
    ...(otherNode
      ? [
          {
            name: `${result.id}, ${otherNode}`,
            found: ratios(result, mine(result.entries, `, ${otherNode}`)?.name ?? ""),
          },
          { name: `${result.id}, ${otherNode}, 2 threads`, found: ratios(result, `${threaded}, ${otherNode}`) },
        ]
      : []),
  ]);
  const rows = ours.flatMap(({ name, found }) => {
    if (Object.keys(found).length === 0) return [];
    const cells = [
      name,
      ...Object.keys(nameOfKind).map((kind) =>
        found[kind] ? `${readable(found[kind].ratio)} x (${found[kind].name})` : "",
      ),
    ];
    return [cells];
  });
  return table(["chainrule is so many times as fast as", ...Object.values(nameOfKind)], rows);
}

function startTable(start) {
  const emptyOf = (node) => median(start.find((each) => each.what === "nothing" && each.node === node).ms);
  const started = start.filter(({ what }) => what !== "nothing");
  const names = [...new Set(started.map(({ name }) => name))];
  const whats = ["import", "first step", "400 steps"];
  const cell = (name, what) => {
    const found = started.find((each) => each.name === name && each.what === what);
    return found?.ms.length ? `+${readable(median(found.ms) - emptyOf(found.node))}` : "";
  };
  return `Over an empty Node script (${readable(emptyOf())} ms):\n\n${table(
    ["start, ms", ...whats],
    names.map((name) => [name, ...whats.map((what) => cell(name, what))]),
  )}`;
}

function trainedTable({ empties, entries }) {
  const names = [...new Set(entries.map(({ name }) => name))];
  const trainings = [...new Map(entries.map(({ id, steps }) => [id, steps]))];
  const cell = (id, name) => {
    const { ms, node, missing } = entries.find((each) => each.id === id && each.name === name);
    const empty = empties.find((each) => each.node === node);
    return ms.length > 0 && !missing ? readable(median(ms) - median(empty.ms)) : "";
  };
  return table(
    ["start to trained, ms", ...trainings.map(([id, steps]) => `${id}, ${readable(steps)} steps`)],
    names.map((name) => [name, ...trainings.map(([id]) => cell(id, name))]),
  );
}

function compileTable(compile) {
  const [ids, names] = [[...new Set(compile.map(({ id }) => id))], [...new Set(compile.map(({ name }) => name))]];
  const cell = (id, name) => {
    const { ms } = compile.find((each) => each.id === id && each.name === name);
    return ms.length > 0 ? readable(median(ms)) : "";
  };
  return table(
    ["to compile, ms", ...names],
    ids.map((id) => [id, ...names.map((name) => cell(id, name))]),
  );
}

function absences({ results, trained, compile }) {
  const of = (id, name, missing, what) =>
    missing && missing !== "not written" ? [`- ${id}, ${name}${what}: ${missing}`] : [];
  const lines = [
    ...results.flatMap(({ id, entries }) => entries.flatMap(({ name, missing }) => of(id, name, missing, ""))),
    ...(trained?.entries ?? []).flatMap(({ id, name, missing }) => of(id, name, missing, ", to trained")),
    ...(compile ?? []).flatMap(({ id, name, missing }) => of(id, name, missing, ", to compile")),
  ];
  return lines.length > 0 ? `\n## Left out, and why\n\n${lines.join("\n")}\n` : "";
}

export function markdown(record) {
  const { date, machine, commit, rounds, seconds, source, results, start, trained, compile } = record;
  const parts = [
    ...(results.length > 0 ? [speeds(record), comparisons(record), peaks(record)] : []),
    ...(start ? [startTable(start)] : []),
    ...(trained ? [trainedTable(trained)] : []),
    ...(compile ? [compileTable(compile)] : []),
  ];
  const titles = results.map(({ id, title }) => `- ${id}: ${title}`).join("\n");
  return `# Benchmark of ${date.slice(0, 10)}

${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.platform}; Node ${machine.node}${machine.otherNode ? ` and ${machine.otherNode}` : ""}; PyTorch ${machine.pytorch ?? "not installed"}; JAX ${machine.jax ?? "not installed"}; load before the run ${machine.loadBefore.toFixed(2)}. ${rounds} rounds of ${seconds} s each, in turn, each in a process of its own; medians, ± half the distance between the slowest and the fastest round. chainrule ${source ? "from its sources under tsx" : "as built and packed"}${commit ? `, at ${commit}` : ""}.

${parts.join("\n\n")}

${titles}
${absences(record)}`;
}

/** How many times as fast chainrule is, by workload; null where there is nothing to compare. */
export function chart({ results, date, machine }) {
  const groups = Object.fromEntries(
    results.flatMap((result) => {
      const bars = Object.entries(ratios(result)).flatMap(([kind, { ratio }]) =>
        kind.endsWith("1") ? [] : [[nameOfKind[kind], ratio]],
      );
      return bars.length > 0 ? [[result.id, Object.fromEntries(bars)]] : [];
    }),
  );
  if (Object.keys(groups).length === 0) return null;
  return barChartSvg(groups, {
    title: `chainrule's speed, ${date.slice(0, 10)}, ${machine.cores} x ${machine.cpu}`,
    xLabel: "times as fast as",
    xScale: "log",
    width: 800,
  });
}
