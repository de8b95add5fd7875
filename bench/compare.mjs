/**
 * What a change does to speed: `node bench/compare.mjs before.json after.json` compares two records of the benchmark, and
 * `node bench/compare.mjs record.json` a record of `pnpm bench --against` with what it was measured against.
 *
 * Prints a table in Markdown. It never fails for a change of speed: machines of others are noisy.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { median, readable, spread } from "./lib/numbers.mjs";

const suffix = ", base";

/** Everything that a record has timed: `{ name, values, isRate }`, by a key of its own. */
function figuresOf({ results = [], start, trained, compile }) {
  const figures = new Map();
  const add = (what, name, values, unit, isRate) => {
    if (values?.length > 0) figures.set(`${what}\n${name}`, { what, name, values, unit, isRate });
  };
  for (const { id, unit, entries } of results)
    for (const { name, rates, peaks, missing } of entries) {
      if (missing) continue;
      add(id, name, rates, unit, true);
      add(`${id}, peak memory`, name, peaks, "MiB", false);
    }
  for (const { name, what, ms } of start ?? []) add(`start, ${what}`, name, ms, "ms", false);
  for (const { id, name, ms, missing } of trained?.entries ?? [])
    if (!missing) add(`${id}, start to trained`, name, ms, "ms", false);
  for (const { id, name, ms } of compile ?? []) add(`${id}, to compile`, name, ms, "ms", false);
  return figures;
}

/** A record measured against another checkout, as two: with what is called "…, base", and without. */
function split(figures) {
  const [before, after] = [new Map(), new Map()];
  for (const [key, figure] of figures)
    if (key.endsWith(suffix)) {
      const name = figure.name.slice(0, -suffix.length);
      before.set(key.slice(0, -suffix.length), { ...figure, name });
    } else after.set(key, figure);
  return [before, after];
}

/**
 * The rows that both have: before, after, and how many times as fast. A change is marked where all rounds of the one are
 * faster than all rounds of the other, and by 3% at least.
 */
export function compareRecords(before, after) {
  const [old, now] = after ? [figuresOf(before), figuresOf(after)] : split(figuresOf(before));
  return [...now].flatMap(([key, { what, name, values, unit, isRate }]) => {
    const was = old.get(key)?.values;
    if (!was) return [];
    const faster = isRate ? median(values) / median(was) : median(was) / median(values);
    const isApart = Math.max(...was) < Math.min(...values) || Math.max(...values) < Math.min(...was);
    const isMarked = isApart && was.length > 1 && values.length > 1 && Math.abs(Math.log(faster)) > Math.log(1.03);
    return [{ what, name, unit, was, values, faster, mark: isMarked ? (faster > 1 ? "better" : "worse") : "" }];
  });
}

/** Rows of a comparison as Markdown, those that changed first. */
export function comparisonTable(rows) {
  const cell = (values) => `${readable(median(values))} ±${Math.round(50 * spread(values))}%`;
  const ordered = [...rows.filter(({ mark }) => mark), ...rows.filter(({ mark }) => !mark)];
  const lines = ordered.map(
    ({ what, name, unit, was, values, faster, mark }) =>
      `| ${what}, ${unit} | ${name} | ${cell(was)} | ${cell(values)} | ${faster.toFixed(2)} | ${mark} |`,
  );
  return ["| | | before | after | times as good | |", "| --- | --- | ---: | ---: | ---: | --- |", ...lines].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const files = process.argv.slice(2);
  if (files.length < 1 || files.length > 2) {
    console.error("usage: node bench/compare.mjs before.json after.json, or one record of pnpm bench --against");
    process.exit(2);
  }
  const [before, after] = files.map((file) => JSON.parse(readFileSync(file, "utf8")));
  const differ = after && ["cpu", "node", "cores"].filter((key) => before.machine[key] !== after.machine[key]);
  if (differ?.length > 0)
    console.log(
      `The two were not measured alike (${differ.map((key) => `${key}: ${before.machine[key]}, ${after.machine[key]}`).join("; ")}): compare ratios to a peer instead.\n`,
    );
  const rows = compareRecords(before, after);
  console.log(rows.length > 0 ? comparisonTable(rows) : "Nothing that both have measured.");
}
