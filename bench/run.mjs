/**
 * The benchmark: `pnpm bench` from the repository's root. See README.md for what it measures and how.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { agreement } from "./lib/agreement.mjs";
import { installBuilt } from "./lib/built.mjs";
import { measureCompile } from "./lib/compile.mjs";
import { findContenders, otherNode, runChild, twice } from "./lib/contenders.mjs";
import { describeMachine } from "./lib/machine.mjs";
import { median } from "./lib/numbers.mjs";
import { commitOf, continueRecord } from "./lib/record.mjs";
import { chart, markdown } from "./lib/report.mjs";
import { measureStart } from "./lib/start.mjs";
import { writeStart } from "./lib/start-files.mjs";
import { measureTrained } from "./lib/trained.mjs";
import { workloads } from "./lib/workloads.mjs";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    contenders: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    quick: { type: "boolean", default: false },
    source: { type: "boolean", default: false },
    against: { type: "string" },
    node: { type: "string" },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`pnpm bench [--only W3,W5,start] [--contenders chainrule,pytorch] [--rounds 5] [--seconds 1.5] [--quick] [--source]
               [--against ../other-checkout] [--node 24] [--record]

  --only        workloads by the beginning of their ids; "start" is the time to start,
                "trained" that to a trained model, "compile" that to compile
  --contenders  by a part of their names
  --rounds      how often each is timed, in turn; 5 by default
  --seconds     how long in each round, after two thirds as long to warm up; 1.5 by default
  --quick       one round of a fraction of a second: whether everything runs, not how fast
  --source      chainrule's sources under tsx in place of the built packages
  --against     another checkout of chainrule, built and measured in the same rounds as "…, base":
                what a change does to speed
  --node        another version of Node, by which chainrule runs in the same rounds as "…, Node 24"
  --record      keep the results in bench/records`);
  process.exit();
}

const words = (text) => text?.toLowerCase().split(",");
const [only, wanted] = [words(options.only), words(options.contenders)];
const isWanted = (id) =>
  !only || only.some((each) => id.toLowerCase() === each || id.toLowerCase().startsWith(`${each}-`));
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const seconds = Number(options.seconds ?? 1.5);
const timing = options.quick ? { warmUp: 0.1, seconds: 0.1 } : { warmUp: (2 / 3) * seconds, seconds };

const found = findContenders();
const running = workloads.filter(({ id, isTrainedOnly }) => isWanted(id) && !isTrainedOnly);
for (const { name, reason } of found.left) console.log(`left out: ${name}: ${reason}`);

const folder = mkdtempSync(join(tmpdir(), "chainrule-bench-"));
const here = fileURLToPath(new URL("..", import.meta.url));
const built = options.source ? null : installBuilt(here, join(folder, "chainrule"));
const base = options.against && installBuilt(options.against, join(folder, "base"));
const other = options.node ? otherNode(options.node) : null;
const byNodes = other ? twice(found.present, other.name, { node: other }) : found.present;
const present = base ? twice(byNodes, "base", { chainrule: base.module }) : byNodes;
const taking = present.filter(({ name }) => !wanted || wanted.some((each) => name.toLowerCase().includes(each)));
const stepping = taking.filter(({ onlyTrains }) => !onlyTrains);
const written = new Set();
const setting = {
  chainrule: built?.module,
  pythons: found.pythons,
  limit: options.quick ? 60 : 180,
  startOf(workload) {
    const place = join(folder, workload.id);
    if (!written.has(place)) writeStart(place, workload.start());
    written.add(place);
    return place;
  },
};

const record = {
  date: new Date().toISOString(),
  machine: describeMachine(found.pythons, other?.name),
  commit: commitOf(here),
  rounds,
  ...timing,
  source: options.source,
  results: [],
  start: null,
  trained: null,
  compile: null,
};
if (options.record) continueRecord(fileOf(record), record);
try {
  for (const workload of running) {
    const result = await runWorkload(workload);
    record.results = workloads.flatMap(({ id }) =>
      id === workload.id ? [result] : record.results.filter((each) => each.id === id),
    );
    // What is measured is kept, should the rest be broken off.
    keep();
  }
  if (isWanted("start")) {
    record.start = measureStart({ built, base, other, rounds: 2 * rounds, pythons: found.pythons });
    keep();
  }
  const training = taking.filter(({ trains }) => trains);
  if (isWanted("trained")) {
    const source = built !== null && !base;
    record.trained = measureTrained({ contenders: training, rounds: 2 * rounds, setting, source });
    keep();
  }
  const compiling = taking.filter(({ compiles }) => compiles);
  if (isWanted("compile")) record.compile = await measureCompile({ contenders: compiling, rounds, setting });
  const written = keep();
  console.log(`\n${markdown(record)}\nwritten: ${written}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Proof first, then the rounds: in each, everyone who proved to do the same work, one after the other. */
async function runWorkload(workload) {
  const { id, title, unit } = workload;
  console.log(`\n${id}  ${title}`);
  const entries = [];
  const reference = await referenceFor(workload);
  for (const contender of stepping) {
    const proof = await runChild(contender, workload, "prove", {}, setting);
    const missing = proof.missing ?? agreement(proof.figures, reference, workload);
    if (missing && !/^not written$/.test(missing)) console.log(`  ${contender.name}: left out: ${missing}`);
    entries.push({
      name: contender.name,
      kind: contender.kind,
      rates: [],
      peaks: [],
      missing: missing ?? undefined,
      contender,
    });
  }
  for (let round = 0; round < rounds; round++)
    for (const entry of entries) {
      if (entry.missing) continue;
      const { rate, peak, missing } = await runChild(entry.contender, workload, "time", timing, setting);
      if (missing) entry.missing = missing;
      else {
        entry.rates.push(rate * workload.perStep);
        entry.peaks.push(peak);
      }
    }
  for (const entry of entries) {
    delete entry.contender;
    if (entry.rates.length > 0) console.log(`  ${entry.name.padEnd(20)} ${median(entry.rates).toPrecision(4)} ${unit}`);
  }
  return { id, title, unit, entries };
}

/** The figures of our eager execution: plain kernels, checked against PyTorch's in the tests. */
async function referenceFor(workload) {
  const eager = present.find(({ name }) => name === "chainrule eager");
  const { figures, missing } = await runChild(eager, workload, "prove", {}, setting);
  if (!figures) throw new Error(`${workload.id}: there is no reference: ${missing}`);
  return figures;
}

/** Where the results go, but for the ending. */
function fileOf({ date, machine: { kind, node } }) {
  const target = fileURLToPath(new URL(options.record ? "records" : "../out/bench", import.meta.url));
  mkdirSync(target, { recursive: true });
  return join(target, `${date.slice(0, 10)}-${kind}-node${node.match(/\d+/)[0]}`);
}

/** Writes what is measured so far; what it wrote. */
function keep() {
  const name = fileOf(record);
  writeFileSync(`${name}.json`, `${JSON.stringify(record, null, 2)}\n`);
  writeFileSync(`${name}.md`, markdown(record));
  const svg = chart(record);
  if (svg) writeFileSync(`${name}.svg`, svg);
  return `${name}.{json,md${svg ? ",svg" : ""}}`;
}
