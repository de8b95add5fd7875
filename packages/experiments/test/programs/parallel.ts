/**
 * Sweeps in processes, and what came of them as JSON.
 */

import { defaultGenerator, manualSeed } from "@chainrule/core";
import { type SweepResults, sweep } from "@chainrule/experiments";
import { combineLosses, huber } from "@chainrule/losses";
import type { LossLike } from "@chainrule/nn";
import { importTrain } from "../../src/parallel/module.ts";
import { runInPool } from "../../src/parallel/pool.ts";
import { absolute, fragile, slow, train } from "./train.ts";

const address = (file: string) => new URL(file, import.meta.url);
const warnings: string[] = [];
console.warn = (text: string) => warnings.push(text);
const bits = ({ runs }: SweepResults) =>
  JSON.stringify(
    runs.map(({ seconds: _, ...run }) => run),
    (_, x) =>
      typeof x === "number" && (Object.is(x, -0) || !Number.isFinite(x))
        ? `${Object.is(x, -0) ? "-" : ""}${x}`
        : typeof x === "function"
          ? String(x.lossName ?? x.name)
          : x,
  );
const module = address("./train.ts");

manualSeed(7);
const before = JSON.stringify(defaultGenerator().state);
const losses: LossLike[] = [
  "mse",
  huber.with({ delta: 0.5 }),
  absolute,
  combineLosses({ mse: 1, far: [absolute, 0.5] }),
];
const grid = { lr: [0.01, 0.1], loss: losses, seed: 2 };
const inTurn = bits((await sweep(grid, train, { parallel: false })) as SweepResults);
const inProcesses = bits((await sweep(grid, train, { module, parallel: 2 })) as SweepResults);
const byAddress = bits(await sweep({ ...grid, seed: [1, 0] }, module, { parallel: false }));

const broken = { how: ["throws", "dies", "text", "works"], seed: 3 };
const fails = (await sweep(broken, fragile, { module, parallel: 1 })) as SweepResults;

const local = (lr: number) => lr;
const refused: string[] = [];
for (const [what, call] of Object.entries({
  function: () => sweep({ lr: [1, 2] }, ({ lr }) => local(lr), { parallel: 2 }),
  setting: () => sweep({ lr: [1], loss: [local] }, module, { parallel: true }),
  draws: () => sweep({ lr: [1, 2] }, address("./draws.ts"), { parallel: 1 }),
  sweeps: () => sweep({ lr: [1, 2] }, address("./sweeps.ts"), { parallel: 1 }),
  program: () => sweep({ lr: [1, 2] }, import.meta.url),
  export: () => sweep({ lr: [1, 2] }, ({ lr }) => lr, { module }),
  nothing: () => sweep({ lr: [1, 2] }, address("./missing.ts")),
  none: () => sweep({ lr: [1, 2] }, address("./parallel-none.ts")),
}))
  refused.push(`${what}: ${await call().then(String, (error) => `${error.name} ${error.message}`)}`);

// A file that cannot be written any more ends the sweep, and the run that would go on for long.
const tasks = [0, 2].map((seed) => ({ settings: { seconds: 600, seed } }));
const broke = await runInPool({
  module: await importTrain(module, slow as never),
  tasks,
  count: 2,
  onBegin() {},
  onFinish() {
    throw new Error("the disk is full");
  },
  stop: new Promise(() => {}),
}).catch((error) => error.message);

const said = warnings.length;
await sweep({ lr: [1, 2] }, ({ lr }) => lr);
await sweep({ lr: [1, 2] }, ({ lr }) => lr);

console.log(
  JSON.stringify({
    inTurn,
    inProcesses,
    byAddress,
    random: JSON.stringify(defaultGenerator().state) === before,
    fails: fails.runs.map(({ label, seed, error, values }) => [
      label,
      seed,
      error,
      String(values.special),
      Object.is(values.special, -0),
    ]),
    refused,
    broke,
    said,
    warnings,
  }),
);
