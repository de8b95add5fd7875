/**
 * The time to a trained model: whole processes, from their start to the last of a training's steps; beside a process of
 * the same Node that does nothing. What they come to must agree, as in the other tables.
 */
import { spawnSync } from "node:child_process";
import { agreement } from "./agreement.mjs";
import { commandFor } from "./contenders.mjs";
import { median } from "./numbers.mjs";
import { workloads } from "./workloads.mjs";

const trainings = workloads.filter(({ trained }) => trained);

/** Adam's rounding differs from library to library, and hundreds of steps enlarge that. */
const tolerance = 0.05;

/**
 * Milliseconds of each contender and workload, all of them in each round.
 *
 * @param source Whether to time chainrule's sources under tsx beside the built packages.
 */
export function measureTrained({ contenders, rounds, setting, source }) {
  console.log("\ntrained  from the process's start to a trained model, ms");
  const sources = contenders.filter(({ kind, node }) => source && kind === "ours" && !node);
  const taking = [
    ...contenders.map((contender) => ({ name: contender.name, contender, setting })),
    ...sources.map((contender) => ({
      name: `${contender.name}, source`,
      contender,
      setting: { ...setting, chainrule: undefined },
    })),
  ];
  const entries = trainings.flatMap((workload) => taking.map((each) => ({ ...each, workload, ms: [] })));
  const nodes = [...new Set(contenders.map(({ node }) => node))];
  const empties = nodes.map((node) => ({ node: node?.name, program: node?.program ?? process.execPath, ms: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const { program, ms } of empties)
      ms.push(timed({ command: program, args: ["-e", ""], env: process.env }, setting).ms);
    for (const entry of entries) once(entry);
  }
  for (const workload of trainings) compare(entries.filter((entry) => entry.workload === workload));
  return {
    empties: empties.map(({ node, ms }) => ({ node, ms })),
    entries: entries.map(({ workload, name, contender, ms, missing }) => {
      console.log(`  ${workload.id.padEnd(8)} ${name.padEnd(28)} ${missing ?? `${median(ms).toFixed(0)} ms`}`);
      return { id: workload.id, steps: workload.trained.steps, name, node: contender.node?.name, ms, missing };
    }),
  };
}

function once(entry) {
  if (entry.missing) return;
  const program = commandFor(entry.contender, entry.workload, "train", {}, entry.setting);
  const { ms, status, stdout, stderr } = timed(program, entry.setting);
  if (status !== 0) entry.missing = stderr?.trim().split("\n").at(-1) || `not done after ${entry.setting.limit} s`;
  else {
    const { figures, missing } = JSON.parse(stdout.trim().split("\n").at(-1));
    entry.missing = missing;
    entry.figures = figures;
    if (!missing) entry.ms.push(ms);
  }
}

function timed({ command, args, env }, { limit }) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: new URL("..", import.meta.url),
    env,
    encoding: "utf8",
    timeout: 1000 * limit,
  });
  return { ms: performance.now() - start, status, stdout, stderr };
}

/** Who came to something else than chainrule's step by step is left out. */
function compare(entries) {
  const reference = entries.find(({ name }) => name === "chainrule jit")?.figures;
  for (const entry of entries) {
    if (!reference || !entry.figures) continue;
    entry.missing =
      agreement(entry.figures, reference, { tolerance, proof: { every: entry.workload.trained.steps } }) ?? undefined;
  }
}
