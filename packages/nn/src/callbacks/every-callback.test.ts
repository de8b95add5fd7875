/**
 * Every callback of the public index stands in one table, by which the hooks that `fit` calls on it, and what it does
 * to training, are checked.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { column, line, lineByHand, x, y } from "../../test/line.ts";
import { subclassesOf } from "../../test/public.ts";
import * as nn from "../index.ts";
import { hookNames } from "../model/hooks.ts";

type HookName = (typeof hookNames)[number];

interface Row<C extends nn.Callback = nn.Callback> {
  readonly make: (model: nn.Model) => C;
  /** The hooks that it has. */
  readonly hooks: readonly HookName[];
  /** 0 by default, with which the loss is the same in each epoch. */
  readonly lr?: number;
  readonly inputs?: readonly number[];
  /** How long training goes on; to its end by default. */
  readonly trained?: { readonly epochs: number; readonly batches: number };
  /** What there is to see after training. */
  readonly effect: (callback: C, history: nn.History, model: nn.Model) => unknown;
  readonly expected: unknown;
}

const batches = [[0, 1], [2, 3], [4]];
const toTheEnd = { epochs: 3, batches: batches.length };
const folder = mkdtempSync(join(tmpdir(), "every-callback-"));
const logFile = join(folder, "log.csv");
afterAll(() => rmSync(folder, { recursive: true }));

/** Adds a number to the logs that gets worse from epoch to epoch: 1, 2, 3. */
const worsening: nn.Hooks = {
  onEpochEnd(epoch, logs) {
    logs.error = epoch + 1;
  },
};

const row = <C extends nn.Callback>(of: Row<C>) => of as unknown as Row;

/** The weight after each of the nine batches. */
const weights = Array.from({ length: 9 }, (_, i) =>
  lineByHand(x, y, [...batches, ...batches, ...batches].slice(0, i + 1), 0.01),
);

const table: Readonly<Record<string, Row>> = {
  AveragedModel: row({
    make: (model) => new nn.AveragedModel(model, { decay: 0.5 }),
    hooks: ["onBatchEnd"],
    lr: 0.01,
    effect: (averaged, _, model) => [
      averaged.nAveraged,
      Object.values(averaged.averages()).map((average) => average.item().toFixed(9)),
      weightOf(model).toFixed(9),
    ],
    expected: [
      9,
      [weights.reduce((average, weight) => 0.5 * average + 0.5 * weight).toFixed(9)],
      weights[8].toFixed(9),
    ],
  }),
  CSVLogger: row({
    make: () => new nn.CSVLogger(logFile),
    hooks: ["onTrainBegin", "onEpochEnd"],
    effect: () => readFileSync(logFile, "utf8"),
    expected: "epoch,loss,error\n0,13.2,1\n1,13.2,2\n2,13.2,3\n",
  }),
  EarlyStopping: row({
    make: () => new nn.EarlyStopping({ monitor: "error", mode: "min", restoreBestWeights: true }),
    hooks: ["onTrainBegin", "onTrainEnd", "onEpochEnd"],
    lr: 0.01,
    trained: { epochs: 2, batches: batches.length },
    effect: ({ best, bestEpoch }, { stopReason }, model) => [best, bestEpoch, stopReason, weightOf(model).toFixed(9)],
    expected: [1, 0, "error did not improve after epoch 1", lineByHand(x, y, batches, 0.01).toFixed(9)],
  }),
  HistogramRecorder: row({
    make: () => new nn.HistogramRecorder(),
    hooks: ["onTrainBegin", "onEpochEnd"],
    effect: ({ weights, gradients }) =>
      [weights, gradients].map((kind) => Object.values(kind).map((list) => list.map(({ at }) => at))),
    expected: [[[0, 1, 2, 3]], [[1, 2, 3]]],
  }),
  History: row({
    make: () => new nn.History(),
    hooks: ["onTrainBegin", "onEpochEnd"],
    effect: ({ history, epochs }) => [history, epochs],
    expected: [{ loss: [13.2, 13.2, 13.2], error: [1, 2, 3] }, [0, 1, 2]],
  }),
  LambdaCallback: row({
    make: () => {
      const counts: Record<string, number> = {};
      const counter = (name: HookName) => () => {
        counts[name] = (counts[name] ?? 0) + 1;
      };
      const hooks = Object.fromEntries(hookNames.map((name) => [name, counter(name)]));
      return Object.assign(new nn.LambdaCallback(hooks), { counts });
    },
    hooks: hookNames,
    effect: ({ counts }) => counts,
    expected: { onTrainBegin: 1, onTrainEnd: 1, onEpochBegin: 3, onEpochEnd: 3, onBatchBegin: 9, onBatchEnd: 9 },
  }),
  LearningRateScheduler: row({
    make: () => new nn.LearningRateScheduler((epoch, lr) => lr + epoch),
    hooks: ["onEpochBegin", "onEpochEnd"],
    effect: (_, { history }, model) => [history.lr, model.optimizer.lr],
    expected: [[0, 1, 3], 3],
  }),
  ModelCheckpoint: row({
    make: () => {
      const written: string[] = [];
      nn.setModelWriter(async (_model, path, options, weightsOnly) => {
        written.push(JSON.stringify([String(path).slice(folder.length), options, weightsOnly]));
      });
      const options = { monitor: "error", mode: "min", keep: 1 } as const;
      return Object.assign(new nn.ModelCheckpoint(join(folder, "models"), options), { written });
    },
    hooks: ["onTrainBegin", "onEpochEnd"],
    effect: ({ best, bestEpoch, written }) => [best, bestEpoch, written],
    expected: [
      1,
      0,
      ["epoch-000001", "best", "epoch-000002", "epoch-000003"].map((name) =>
        JSON.stringify([`${sep}models${sep}${name}.safetensors`, { optimizerState: false }, false]),
      ),
    ],
  }),
  ReduceLROnPlateau: row({
    make: () => new nn.ReduceLROnPlateau({ monitor: "error", mode: "min", factor: 0.5, patience: 1 }),
    hooks: ["onTrainBegin", "onEpochEnd"],
    lr: 0.01,
    effect: (_, { history }, model) => [history.lr, model.optimizer.lr],
    expected: [[0.01, 0.01, 0.005], 0.0025],
  }),
  Rewind: row({
    make: () => new nn.Rewind(),
    hooks: [],
    effect: ({ at, earliest, furthest }) => [at, earliest, furthest],
    expected: [9, 0, 9],
  }),
  TerminateOnNaN: row({
    make: () => new nn.TerminateOnNaN(),
    hooks: ["onBatchEnd"],
    inputs: x.map((value, i) => (i === 2 ? Number.NaN : value)),
    trained: { epochs: 1, batches: 2 },
    effect: (_, { epochs, stopReason }) => [epochs, stopReason],
    expected: [[0], "the loss was NaN in batch 2"],
  }),
};

function weightOf(model: nn.Model): number {
  return model.parameters()[0].item();
}

/** The hooks in the order in which training calls them, with the number of the epoch or batch. */
function callsOf({ epochs, batches }: { epochs: number; batches: number }): [HookName, number?][] {
  const ofBatch = (batch: number): [HookName, number][] => [
    ["onBatchBegin", batch],
    ["onBatchEnd", batch],
  ];
  const ofEpoch = (epoch: number): [HookName, number][] => [
    ["onEpochBegin", epoch],
    ...Array.from({ length: batches }, (_, batch) => ofBatch(batch)).flat(),
    ["onEpochEnd", epoch],
  ];
  return [["onTrainBegin"], ...Array.from({ length: epochs }, (_, epoch) => ofEpoch(epoch)).flat(), ["onTrainEnd"]];
}

/** Writes down the calls of the hooks that the callback has, without changing what they do. */
function record(callback: nn.Callback): [HookName, number?][] {
  const calls: [HookName, number?][] = [];
  for (const name of hookNames) {
    const hook = callback[name] as (...args: unknown[]) => nn.Awaitable;
    if (hook === nn.Callback.prototype[name]) continue;
    callback[name] = (...args: unknown[]) => {
      calls.push(typeof args[0] === "number" ? [name, args[0]] : [name]);
      return hook.apply(callback, args);
    };
  }
  return calls;
}

describe("every callback", () => {
  it("is in the table", () => {
    expect(Object.keys(table), "`table` wants a row for each callback, in the order of their names").toEqual(
      subclassesOf(nn.Callback),
    );
  });

  it.each(Object.entries(table))("%s is called by fit in order, and does what it is for", async (_name, of) => {
    const { model } = line(of.lr ?? 0);
    const callback = of.make(model);
    const calls = record(callback);
    const history = await model.fit(column(of.inputs ?? x), y, {
      epochs: toTheEnd.epochs,
      batchSize: 2,
      shuffle: false,
      callbacks: [worsening, callback],
    });
    expect(calls).toEqual(callsOf(of.trained ?? toTheEnd).filter(([name]) => of.hooks.includes(name)));
    expect(of.effect(callback, history, model)).toEqual(of.expected);
  });
});
