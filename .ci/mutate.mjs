// Mutation testing: changes the sources in small ways, one at a time, and runs the tests that reach the change. Where they
// still pass, nothing looks at that piece of code: a test is missing, or the code is not needed.
//
//   node .ci/mutate.mjs packages/core/src/autodiff                20 mutants of each file
//   node .ci/mutate.mjs packages/nn/src/optimizers --each 0       all of them
//   node .ci/mutate.mjs packages --since main                     those in lines that changed since main
//
// Options: --each N (mutants of a file; 0 for all), --seed N (which), --since REF, --tests FOLDER (whose tests, by default
// the package's), --seconds N (test files are run up to this much time for a mutant, quickest first; 60), --list (only says
// what would be tried). The table and survivors are printed; out/mutants/report.json has all.
//
// Survivors that no test can see are explained in .ci/mutate/explained.json and not tried again.
import { execFileSync, fork } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { marked, mutantsOf, mutated } from "./mutate/mutants.mjs";

const options = {
  each: { type: "string", default: "20" },
  seed: { type: "string", default: "1" },
  since: { type: "string" },
  tests: { type: "string", multiple: true },
  seconds: { type: "string", default: "60" },
  list: { type: "boolean", default: false },
};
const { values, positionals } = parseArgs({ options, allowPositionals: true });
if (positionals.length === 0) throw new Error("expected folders or files, such as packages/core/src/autodiff");
const whole = (name, least) => {
  const n = Number(values[name]);
  if (values[name].trim() === "" || !Number.isInteger(n) || n < least)
    throw new Error(`--${name}: expected a whole number from ${least} on, got "${values[name]}"`);
  return n;
};
const [each, seed, seconds] = [whole("each", 0), whole("seed", 0), whole("seconds", 1)];

const out = "out/mutants";
const hitsFolder = join(out, "hits");
const explained = JSON.parse(readFileSync(".ci/mutate/explained.json", "utf8"));

/** TypeScript sources below a path, no tests. */
function sourcesBelow(path) {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !/\.(test|d)\.ts$/.test(file) && !file.includes("node_modules"))
    .map((file) => join(path, file))
    .filter((file) => /^packages\/[^/]+\/src\//.test(file))
    .sort();
}

/** Which lines of which files changed. */
function changedSince(ref) {
  const lines = new Map();
  let file = null;
  for (const line of execFileSync("git", ["diff", "-U0", ref, "--", "packages"], { encoding: "utf8" }).split("\n")) {
    if (line.startsWith("+++ ")) file = line.slice(6);
    const [, from, count] = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (!from) continue;
    const known = lines.get(file) ?? new Set();
    for (let i = 0; i < Number(count ?? 1); i++) known.add(Number(from) + i);
    lines.set(file, known);
  }
  return lines;
}

/** So many of the list, at random, in their order. */
function sample(list, count, random) {
  if (count === 0 || list.length <= count) return list;
  const keyed = list.map((item, i) => ({ item, i, key: random() }));
  const chosen = keyed.sort((a, b) => a.key - b.key).slice(0, count);
  return chosen.sort((a, b) => a.i - b.i).map(({ item }) => item);
}

/** Mulberry32: equal numbers for equal seeds and texts. */
function randomOf(text) {
  let state = [...text].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 16777619), 2166136261 ^ seed);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const isExplained = ({ file, from, to }) =>
  explained[file]?.some((entry) => entry.code === from && [entry.becomes].flat().includes(to)) ?? false;

/** Vitest in a process of its own, which is ended and begun anew where it takes too long. */
class Runner {
  #child = null;

  async ask(message, milliseconds) {
    this.#child ??= await this.#begin();
    const child = this.#child;
    return await new Promise((resolve, reject) => {
      const finish = (answer) => {
        clearTimeout(timer);
        child.removeAllListeners("message").removeAllListeners("exit");
        answer.error ? reject(new Error(answer.error)) : resolve(answer);
      };
      const timer = setTimeout(() => {
        this.stop();
        finish({ failed: "timeout", files: [] });
      }, milliseconds);
      child.once("message", finish);
      // What exhausts the memory, or ends the process, is noticed.
      child.once("exit", () => {
        this.#child = null;
        finish({ failed: "exit", files: [] });
      });
      child.send(message);
    });
  }

  async #begin() {
    const env = { ...process.env, MUTANT_HITS: this.hits ?? "", FUZZ_RUNS: process.env.FUZZ_RUNS ?? "25" };
    const child = fork(".ci/mutate/runner.mjs", { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
    await new Promise((resolve, reject) => {
      child.once("message", resolve);
      child.once("exit", () => reject(new Error("vitest does not start")));
    });
    child.removeAllListeners("exit");
    return child;
  }

  stop() {
    this.#child?.removeAllListeners("exit");
    this.#child?.kill("SIGKILL");
    this.#child = null;
  }
}

/** Runs all tests once on the marked sources: which of them reach which mutants, and how long they take. */
async function reach(mutants, sources) {
  const folders = values.tests ?? [
    ...new Set([...sources.keys()].map((file) => file.split("/").slice(0, 2).join("/"))),
  ];
  rmSync(hitsFolder, { recursive: true, force: true });
  const runner = new Runner();
  runner.hits = hitsFolder;
  const { found: tests } = await runner.ask({ find: folders }, 60_000);
  const numbers = new Map(mutants.map((mutant, i) => [mutant, i]));
  const markedSources = [...sources].map(([file, code]) => {
    const own = mutants.filter((mutant) => mutant.file === file);
    return [
      file,
      marked(
        code,
        own,
        own.map((mutant) => numbers.get(mutant)),
      ),
    ];
  });
  const { failed, files, errors } = await runner.ask({ run: { sources: markedSources, tests } }, 3_600_000);
  runner.stop();
  if (failed) throw new Error(`without mutants, the tests must pass: ${failed} ${errors?.join("\n")}`);
  return files.map(({ file, milliseconds }) => {
    const hits = join(hitsFolder, `${file.replaceAll("/", "+")}.json`);
    const { imported, ran } = existsSync(hits) ? JSON.parse(readFileSync(hits, "utf8")) : { imported: [], ran: [] };
    return { file, milliseconds, imported: new Set(imported), ran: new Set(ran) };
  });
}

/** The test files that a mutant is tried on: first the one beside it, then those of its folder, then the quickest. */
function testsFor({ file }, number, tests) {
  const reached = tests.filter(({ ran, imported }) => ran.has(number) || imported.has(number));
  const rank = (test) => {
    if (test.file === file.replace(/\.ts$/, ".test.ts")) return 0;
    return dirname(test.file) === dirname(file) ? 1 : 2;
  };
  const sorted = reached.toSorted((a, b) => rank(a) - rank(b) || a.milliseconds - b.milliseconds);
  let total = 0;
  return sorted.filter((test, i) => {
    total += test.milliseconds;
    return i === 0 || total <= seconds * 1000;
  });
}

const changed = values.since === undefined ? null : changedSince(values.since);
const sources = new Map();
const mutants = [];
for (const file of new Set(positionals.flatMap(sourcesBelow))) {
  const code = readFileSync(file, "utf8");
  const all = mutantsOf(file, code);
  for (const entry of explained[file] ?? [])
    for (const becomes of [entry.becomes].flat())
      if (!all.some(({ from, to }) => from === entry.code && to === becomes))
        console.log(
          `explained, but there is no such mutant in ${file} any more:\n    - ${entry.code}\n    + ${becomes}`,
        );
  const inLines = all.filter(({ line }) => !changed || changed.get(file)?.has(line));
  if (inLines.length === 0) continue;
  sources.set(file, code);
  mutants.push(...sample(inLines, each, randomOf(file)));
}
const texts = (mutant) => `${mutant.file}:${mutant.line} (${mutant.kind})\n    - ${mutant.from}\n    + ${mutant.to}`;
if (values.list) {
  for (const mutant of mutants) console.log(texts(mutant) + (isExplained(mutant) ? "\n    explained" : ""));
  console.log(`${mutants.length} mutants of ${sources.size} files`);
  process.exit();
}

mkdirSync(out, { recursive: true });
console.log(`${mutants.length} mutants of ${sources.size} files; first all tests, to see which reach them`);
const tests = await reach(mutants, sources);
const runner = new Runner();
const results = [];
for (const [number, mutant] of mutants.entries()) {
  let [outcome, by] = ["explained", null];
  if (!isExplained(mutant)) {
    const chosen = testsFor(mutant, number, tests);
    if (chosen.length === 0) outcome = "not reached";
    else {
      const usual = chosen.reduce((total, { milliseconds }) => total + milliseconds, 0);
      const code = mutated(sources.get(mutant.file), mutant);
      const run = { sources: [[mutant.file, code]], tests: chosen.map(({ file }) => file) };
      ({ failed: by } = await runner.ask({ run }, 30_000 + 5 * usual));
      outcome = by === null ? "survived" : by === "timeout" ? "timed out" : "killed";
    }
  }
  results.push({ ...mutant, outcome, by });
  if (outcome === "survived" || outcome === "not reached") console.log(`\n${outcome}: ${texts(mutant)}`);
  writeFileSync(join(out, "report.json"), JSON.stringify(results, null, 2));
}
// Whatever made tests fail for another reason than the mutants would have "killed" them all.
const unchanged = { sources: [[...sources][0]], tests: tests.map((test) => test.file).slice(0, 3) };
const { failed, errors } = await runner.ask({ run: unchanged }, 600_000);
if (failed) throw new Error(`after the mutants, tests fail on unchanged sources: ${failed} ${errors?.join("\n")}`);
runner.stop();

const outcomes = ["killed", "timed out", "survived", "not reached", "explained"];
const rows = (keyOf) => {
  const counts = new Map();
  for (const { file, outcome } of results) {
    const row = counts.get(keyOf(file)) ?? Object.fromEntries(outcomes.map((name) => [name, 0]));
    row[outcome]++;
    counts.set(keyOf(file), row);
  }
  return [...counts].map(([name, row]) => {
    const noticed = row.killed + row["timed out"];
    const all = noticed + row.survived + row["not reached"];
    return { name, score: all === 0 ? null : `${((100 * noticed) / all).toFixed(1)} %`, ...row };
  });
};
console.log();
console.table(rows((file) => join(basename(dirname(file)), basename(file))));
console.table(rows(dirname));
