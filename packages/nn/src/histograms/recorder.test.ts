import { defaultGenerator, ModelError, manualSeed, OptionError, randn, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { Dense, Dropout, HistogramRecorder, Module, Sequential, SGD } from "../index.ts";

function makeModel(): Sequential {
  const model = new Sequential([
    new Dense({ units: 4, inputDim: 2, activation: "relu" }),
    new Dropout(0.5),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: "binary_crossentropy" });
  return model;
}

const x = [
  [0, 1],
  [1, 0],
  [1, 1],
];
const y = [[1], [0], [1]];

describe("HistogramRecorder", () => {
  it("records weights, gradients and activations by layer, before fit's first epoch and after each", async () => {
    manualSeed(1);
    const model = makeModel();
    const recorder = new HistogramRecorder({ x });
    await model.fit(x, y, { epochs: 3, verbose: 0, callbacks: [recorder] });
    const weights = ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"];
    expect(Object.keys(recorder.weights)).toEqual(weights);
    expect(Object.keys(recorder.gradients)).toEqual(weights);
    // In evaluation dropout passes on what it gets.
    expect(Object.keys(recorder.activations)).toEqual(["dense", "dense_1"]);
    expect(recorder.weights["dense/kernel"].map(({ at, count }) => [at, count])).toEqual(
      [0, 1, 2, 3].map((at) => [at, 8]),
    );
    expect(recorder.gradients["dense/kernel"].map(({ at }) => at)).toEqual([1, 2, 3]);
    const last = recorder.activations.dense_1.at(-1)!;
    const predicted = (model.predict(x) as Tensor).toTypedArray();
    expect([last.min, last.max]).toEqual([Math.min(...predicted), Math.max(...predicted)]);
    expect(last.counts.reduce((sum, count) => sum + count)).toBe(3);
  });

  it("changes nothing of the training", async () => {
    const train = async (...callbacks: HistogramRecorder[]) => {
      manualSeed(3);
      const model = makeModel();
      await model.fit(x, y, { epochs: 4, batchSize: 2, verbose: 0, callbacks });
      return [...model.parameters().flatMap((p) => [...p.toTypedArray()]), JSON.stringify(defaultGenerator().state)];
    };
    expect(await train(new HistogramRecorder({ x, every: 2 }))).toEqual(await train());
  });

  it("records now and then, and anew where it is used again", async () => {
    const model = makeModel();
    const recorder = new HistogramRecorder({ every: 2 });
    await model.fit(x, y, { epochs: 5, verbose: 0, callbacks: [recorder] });
    await model.fit(x, y, { epochs: 2, verbose: 0, callbacks: [recorder] });
    expect(recorder.weights["dense/bias"].map(({ at }) => at)).toEqual([0, 2]);
    expect(recorder.activations).toEqual({});
  });

  it("records a training by hand, and leaves mode, weights and random numbers as they were", () => {
    manualSeed(4);
    const model = makeModel();
    const recorder = new HistogramRecorder({ x: tensor(x) });
    const state = JSON.stringify(defaultGenerator().state);
    const before = model.stateDict();
    recorder.record(model);
    expect(model.training).toBe(true);
    expect(JSON.stringify(defaultGenerator().state)).toBe(state);
    expect(model.stateDict()).toEqual(before);
    expect(recorder.gradients).toEqual({});
    model
      .call(randn([8, 2]))
      .square()
      .mean()
      .backward();
    recorder.record(model);
    recorder.record(model, 10);
    expect(recorder.weights["dense/kernel"].map(({ at }) => at)).toEqual([0, 1, 10]);
    expect(recorder.gradients["dense/kernel"].map(({ at }) => at)).toEqual([1, 10]);
  });

  it("leaves nothing behind in a model that makes its weights when it is called", () => {
    const model = new Sequential([new Dense(3), new Dense(1)]);
    const recorder = new HistogramRecorder({ x });
    recorder.record(model);
    expect(model.namedParameters().size).toBe(0);
    expect(Object.keys(recorder.activations)).toEqual(["dense", "dense_1"]);
  });

  it("begins after the first epoch where fit makes the weights", async () => {
    const model = new Sequential([new Dense(3), new Dense(1)]);
    model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: "mse" });
    const recorder = new HistogramRecorder({ x });
    await model.fit(x, y, { epochs: 2, verbose: 0, callbacks: [recorder] });
    expect(recorder.weights["dense/kernel"].map(({ at }) => at)).toEqual([1, 2]);
  });

  it("counts what is not finite beside the rest, and puts calls of one layer together", () => {
    class Twice extends Module {
      readonly inner = new Dense({ units: 1, inputDim: 1, kernelInitializer: "ones" });
      forward(x: Tensor) {
        return this.inner.call(this.inner.call(x));
      }
    }
    const recorder = new HistogramRecorder({ x: tensor([[1], [Number.NaN], [Number.POSITIVE_INFINITY]]) });
    recorder.record(new Twice());
    const [{ count, notFinite }] = recorder.activations.dense;
    expect([count, notFinite]).toEqual([2, 4]);
    const none = new HistogramRecorder({ x: tensor([[Number.NaN]]) });
    none.record(new Twice());
    expect(none.activations.dense[0]).toMatchObject({ at: 0, count: 0, notFinite: 2, counts: [] });
  });

  it("goes on from a checkpoint", async () => {
    const recorder = new HistogramRecorder({ x });
    recorder.record(makeModel());
    const next = new HistogramRecorder();
    next.loadStateDict(JSON.parse(JSON.stringify(recorder.stateDict())));
    expect(next.activations).toEqual(recorder.activations);
    for (const state of [null, {}, { weights: 1, gradients: {}, activations: {} }])
      expect(() => next.loadStateDict(state as never)).toThrow(ModelError);
  });

  it("refuses options and models that are none", () => {
    expect(() => new HistogramRecorder({ every: 0 })).toThrow(/every as a whole number of at least 1/);
    expect(() => new HistogramRecorder({ inputs: x } as object)).toThrow(OptionError);
    expect(() => new HistogramRecorder({ x: "x" as never })).toThrow(/HistogramRecorder, x/);
    expect(() => new HistogramRecorder().record({} as never)).toThrow(/expected a model/);
    expect(() => new HistogramRecorder().record(makeModel(), Number.NaN)).toThrow(OptionError);
    const wide = new HistogramRecorder({ x: [[1, 2, 3]] });
    expect(() => wide.record(makeModel())).toThrow(/dense/);
    expect(wide.weights).toEqual({});
  });
});
