/**
 * A training by `fit` that goes back, and on from there, ends with the bits of one that never went back.
 */
import { defaultGenerator, Generator, manualSeed, randn, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { EarlyStopping, ReduceLROnPlateau } from "../callbacks/index.ts";
import { BatchNorm, Dense, Dropout } from "../layers/index.ts";
import { type BatchSource, type FitOptions, type Hooks, type Model, Sequential } from "../model/index.ts";
import { Adam } from "../optimizers/index.ts";
import { Rewind } from "./index.ts";

const x = randn([50, 6], { generator: new Generator(1) });
const y = x.sum(-1).sin().unsqueeze(-1);

/** Every epoch has 7 steps: 50 samples of which 15 validate, in batches of 5. */
const options: FitOptions = { epochs: 3, batchSize: 5, validationSplit: 0.3, verbose: 0 };

function network(): Sequential {
  manualSeed(11);
  return new Sequential([
    new Dense({ units: 8, inputDim: 6, activation: "relu" }),
    new BatchNorm(),
    new Dropout(0.2),
    new Dropout({ rate: 0.1, seed: 3 }),
    new Dense({ units: 1, inputDim: 8 }),
  ]).compile({ optimizer: new Adam({ lr: 0.02 }), loss: "mse", metrics: ["mae"] });
}

const watching = () => [new ReduceLROnPlateau({ patience: 0, factor: 0.5 }), new EarlyStopping({ patience: 5 })];

function bits(model: Model) {
  const numbers = (state: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(Object.entries(state).map(([name, value]) => [name, value.toTypedArray()]));
  return {
    weights: numbers(model.stateDict()),
    optimizer: numbers(model.optimizer.stateDict()),
    random: [defaultGenerator().state, model.modules().map((each) => JSON.stringify(each.extraState()))],
  };
}

/** Trains, and notes what there is after each step. */
async function noted(given: FitOptions, data?: BatchSource) {
  const model = network();
  const states = [bits(model)];
  const noting: Hooks = { onBatchEnd: () => void states.push(bits(model)) };
  const all = { ...options, ...given, callbacks: [...watching(), noting] };
  if (data) await model.fit(data, { ...all, batchSize: undefined, validationSplit: undefined });
  else await model.fit(x, y, all);
  return { states, end: bits(model), history: model.history!.history };
}

async function rewound(given: FitOptions, data?: BatchSource) {
  const model = network();
  const rewind = new Rewind();
  const all = { ...options, ...given, callbacks: [...watching(), rewind] };
  if (data) await model.fit(data, { ...all, batchSize: undefined, validationSplit: undefined });
  else await model.fit(x, y, all);
  return { model, rewind };
}

/** Batches drawn by the generator that everybody shares. */
function* drawn() {
  for (let i = 0; i < 9; i++) {
    const from = defaultGenerator().integer(0, 40);
    yield [x.slice([from, from + 8]), y.slice([from, from + 8])] as const;
  }
}

describe.each<[string, FitOptions, BatchSource?]>([
  ["compiled", {}],
  ["uncompiled", { jit: false }],
  [
    "with an order of its own, in epochs that are parts of a pass",
    { seed: 4, stepsPerEpoch: 4, epochs: 5, jit: false },
  ],
  ["with batches that are drawn", { jit: false, validationData: [x, y] }, () => drawn()],
])("fit with dropout, batch norm, Adam and callbacks, %s,", (_name, given, data) => {
  it("is at every step it goes to as it was there, and goes on as if it had never gone back", async () => {
    const { states, end, history } = await noted(given, data);
    const { model, rewind } = await rewound(given, data);
    const last = states.length - 1;
    expect([rewind.at, rewind.earliest, rewind.furthest]).toEqual([last, 0, last]);
    for (const step of [last, 8, 7, 0]) {
      await rewind.to(step);
      expect(rewind.at).toBe(step);
      expect(bits(model), `step ${step}`).toEqual(states[step]);
    }
    const again = await rewind.resume();
    expect(again.history).toEqual(history);
    expect(bits(model)).toEqual(end);
    expect(model.history).toBe(again);
    await rewind.back(3);
    expect(bits(model)).toEqual(states[last - 3]);
  });
});

describe("what is changed after going back", () => {
  it("counts from there on, and is there again at any later step", async () => {
    const { model, rewind } = await rewound({});
    const before = bits(model);
    await rewind.to(10);
    model.optimizer.lr = 0.1;
    model.layers[0].freeze();
    await rewind.resume();
    const after = bits(model);
    expect(after).not.toEqual(before);
    await rewind.to(16);
    const at16 = bits(model);
    expect([model.layers[0].isFrozen, rewind.furthest]).toEqual([true, 21]);
    await rewind.to(9);
    expect([model.optimizer.lr, model.layers[0].isFrozen]).toEqual([0.02, false]);
    await rewind.to(10);
    expect([model.optimizer.lr, model.layers[0].isFrozen]).toEqual([0.1, true]);
    await rewind.to(16);
    expect(bits(model)).toEqual(at16);
    await rewind.resume();
    expect(bits(model)).toEqual(after);
  });
});

describe("Rewind", () => {
  it("says of a training that goes by what nobody knows of, and leaves it as it is", async () => {
    let rate = 0.02;
    const model = network();
    const rewind = new Rewind();
    const hidden: Hooks = {
      onEpochBegin() {
        model.optimizer.lr = rate *= 0.9;
      },
    };
    await model.fit(x, y, { ...options, callbacks: [hidden, rewind] });
    const before = bits(model);
    await expect(rewind.to(10)).rejects.toThrow(
      /Rewind, step \d+: expected the result of the first time, .*\n.*stateDict/,
    );
    expect([bits(model), rewind.at]).toEqual([before, 21]);
    expect(model.layers[0].training).toBe(true);
  });

  it("keeps few states where memory is short", async () => {
    const model = network();
    const rewind = new Rewind({ maxBytes: 1 });
    await model.fit(x, y, { ...options, callbacks: [rewind] });
    await rewind.to(3);
    await rewind.resume();
    expect([rewind.earliest, rewind.at]).toEqual([0, 21]);
  });

  it("begins after the first epoch where layers had no weights before it", async () => {
    manualSeed(1);
    const model = new Sequential([new Dense(4), new Dense(1)]).compile({ optimizer: "adam", loss: "mse" });
    const rewind = new Rewind();
    await model.fit(x, y, { ...options, epochs: 2, callbacks: [rewind] });
    expect(rewind.earliest).toBe(8);
    await expect(rewind.to(7)).rejects.toThrow(/a step from 8 to 14, got the number 7.\n.*inputDim/);
    const end = bits(model);
    await rewind.to(8);
    await rewind.resume();
    expect(bits(model)).toEqual(end);
  });

  it("begins anew with each training", async () => {
    const { model, rewind } = await rewound({ epochs: 1 });
    await model.fit(x, y, { ...options, epochs: 1, callbacks: [rewind] });
    expect([rewind.at, rewind.furthest]).toEqual([7, 7]);
    const end = bits(model);
    await rewind.to(0);
    await rewind.resume();
    expect(bits(model)).toEqual(end);
  });

  it("lets an error of a training through that fails before there are weights", async () => {
    const model = new Sequential([new Dense(4), new Dense(2)]).compile({ optimizer: "adam", loss: "mse" });
    const wrong = model.fit(x, y.reshape([25, 2]), {
      ...options,
      validationSplit: undefined,
      callbacks: [new Rewind()],
    });
    await expect(wrong).rejects.toThrow(/as many targets as inputs/);
    const rewind = new Rewind();
    const failing: Hooks = { onEpochBegin: () => Promise.reject(new Error("out of paper")) };
    await expect(model.fit(x, y, { ...options, callbacks: [failing, rewind] })).rejects.toThrow("out of paper");
    await expect(rewind.to(1)).rejects.toThrow(/a step from 0 to 0/);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ["a call before training", () => new Rewind().to(0), /Rewind, to: expected a training that has been, got none/],
    ["other options", async () => new Rewind({ bytes: 3 } as never), /got "bytes"/],
    [
      "a second one",
      () => network().fit(x, y, { ...options, callbacks: [new Rewind(), new Rewind()] }),
      /at most one Rewind/,
    ],
    [
      "an iterator",
      () => network().fit(drawn(), { epochs: 1, verbose: 0, callbacks: [new Rewind()] }),
      /fit, Rewind: .* an iterator, which gives its batches once/,
    ],
    [
      "checkpoints beside it",
      () => network().fit(x, y, { ...options, checkpoint: "out/never", callbacks: [new Rewind()] }),
      /either checkpoint or Rewind/,
    ],
    [
      "a call while it trains",
      () => {
        const rewind = new Rewind();
        const hooks: Hooks = { onBatchEnd: () => rewind.to(0) };
        return network().fit(x, y, { ...options, callbacks: [rewind, hooks] });
      },
      /expected a training that has been, got one that is going on/,
    ],
    [
      "modes that were switched meanwhile",
      async () => {
        const { model, rewind } = await rewound({ epochs: 1 });
        await rewind.to(3);
        model.layers[1].eval();
        await rewind.resume();
      },
      /layers in the modes in which training left them/,
    ],
  ])("refuses %s", async (_name, f, message) => {
    await expect(f()).rejects.toThrow(message);
  });
});
