/**
 * Frozen layers and models: what training leaves alone, however and whenever it was told to, compiled and eager alike.
 */
import { Generator, isFloat, manualSeed, OptionError, randn, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { layerTable } from "../../test/layer-table.ts";
import * as nn from "../index.ts";
import {
  BatchNorm,
  Dense,
  Dropout,
  Embedding,
  Functional,
  GlobalAvgPool1d,
  type Hooks,
  input,
  Layer,
  l2,
  Model,
  type OptimizerName,
  Residual,
  Sequential,
  TransformerEncoderLayer,
} from "../index.ts";

const n = 24;
const x = Array.from({ length: n }, (_, i) => [Math.sin(i), Math.cos(2 * i)]);
const y = x.map(([a, b]) => [a - b]);
const valuesOf = (module: { stateDict(): Record<string, Tensor> }) =>
  JSON.stringify(Object.values(module.stateDict()).map((value) => value.toArray()));

function build(optimizer: OptimizerName | (() => never) = "adam") {
  manualSeed(2);
  const encoder = new Sequential([new Dense({ units: 4, inputDim: 2 }), new BatchNorm(), new Dense(3)]);
  const head = new Dense({ units: 1 });
  const model = new Sequential([encoder, head]);
  model.compile({ optimizer: typeof optimizer === "string" ? optimizer : optimizer(), loss: "mse" });
  return { model, encoder, head };
}

describe.each([true, false])("with jit: %s, a frozen part", (jit) => {
  const options = { batchSize: 8, epochs: 3, jit };

  it.each(["sgd", "adam", "rmsprop", "adamw", "lion"] as const)(
    "stays as it is under %s, made before or after",
    async (name) => {
      const { model, encoder, head } = build(name);
      await model.fit(x, y, options);
      encoder.freeze();
      const [frozen, other] = [valuesOf(encoder), valuesOf(head)];
      await model.fit(x, y, options);
      expect([valuesOf(encoder), valuesOf(head) === other]).toEqual([frozen, false]);
      model.compile({ optimizer: name, loss: "mse" });
      await model.fit(x, y, options);
      expect(valuesOf(encoder)).toBe(frozen);
      encoder.unfreeze();
      await model.fit(x, y, options);
      expect(valuesOf(encoder)).not.toBe(frozen);
    },
  );

  it("is not moved by weight decay, momentum, or a gradient that is left over", () => {
    for (const make of [
      (target: Layer) => new nn.SGD(target, { lr: 0.1, momentum: 0.9, weightDecay: 0.1 }),
      (target: Layer) => new nn.AdamW(target, { lr: 0.1, weightDecay: 0.1 }),
    ]) {
      const layer = new Dense({ units: 2, inputDim: 2 });
      const optimizer = make(layer);
      for (let i = 0; i < 3; i++) {
        layer.call(x).square().mean().backward();
        optimizer.step();
      }
      layer.freeze();
      expect(layer.kernel.grad).toBeNull();
      const before = valuesOf(layer);
      layer.kernel.grad = randn([2, 2]);
      optimizer.step();
      expect(valuesOf(layer)).toBe(before);
      layer.unfreeze();
      layer.call(x).square().mean().backward();
      optimizer.step();
      expect(valuesOf(layer)).not.toBe(before);
    }
  });

  it("may be frozen and unfrozen between epochs, in a callback, and alike whether compiled or not", async () => {
    const { model, encoder } = build();
    const seen: string[] = [];
    const switching: Hooks = {
      onEpochEnd(epoch) {
        seen.push(valuesOf(encoder));
        if (epoch === 1) encoder.trainable = false;
        if (epoch === 3) encoder.trainable = true;
      },
    };
    await model.fit(x, y, { ...options, epochs: 6, callbacks: [switching], seed: 1 });
    const changes = seen.slice(1).map((state, i) => state !== seen[i]);
    expect(changes).toEqual([true, false, false, true, true]);
  });

  it("uses and keeps the statistics of batch normalisation, and drops as always", async () => {
    const norm = new BatchNorm({ inputDim: 2 });
    norm.runningMean.assign([1, 2]);
    const means: number[] = [];
    const model = new Sequential([norm, new Dense(1)]);
    model.compile({ optimizer: new nn.SGD({ lr: 0 }), loss: (p) => p.mul(0).sum().add(norm.call(x).mean()) });
    const switching: Hooks = {
      onBatchEnd(batch, { loss }) {
        means.push(loss);
        if (batch === 1) norm.freeze();
      },
    };
    await model.fit(x, y, { ...options, epochs: 1, batchSize: 4, callbacks: [switching] });
    // By the batch's statistics the mean is 0; by the running ones it is not.
    expect(means.map((mean) => Math.abs(mean) > 1e-3)).toEqual([false, false, true, true, true, true]);
    expect(new Set(means.slice(2)).size).toBe(1);
    expect(
      new Dropout(0.5)
        .freeze()
        .call(randn([1000]))
        .equal(0)
        .sum()
        .item(),
    ).toBeGreaterThan(300);
  });
});

describe("trainable", () => {
  const shared = () => ({ dtype: "float32" as const, generator: new Generator(1) });
  const layers = layerTable
    .filter(({ make }) => make(shared()) instanceof Layer)
    .map((each) => [each.name, each] as const);

  it.each(layers)("of %s: option, property and weights agree", (_name, { make, inputs, call }) => {
    for (const early of [true, false]) {
      const layer = make({ ...shared(), trainable: false } as never) as Layer;
      // Some cases do not hand the options on.
      if (layer.trainable) layer.trainable = false;
      if (early) call(layer, ...inputs.map((x) => (isFloat(x.dtype) ? x.cast("float32") : x)));
      expect(layer.modules().filter(({ trainable }) => trainable)).toEqual([]);
      const weights = () => [...layer.namedParameters().values()];
      expect(weights().filter(({ requiresGrad }) => requiresGrad)).toEqual([]);
      layer.trainable = true;
      expect(weights().every(({ requiresGrad }) => requiresGrad)).toBe(true);
      expect(layer.buffers().some(({ requiresGrad }) => requiresGrad)).toBe(false);
    }
  });

  it("holds for weights that are made later, also in parts", () => {
    const inner = new Dense(2);
    const composite = new Residual([inner, new BatchNorm()], { trainable: false });
    class Own extends Layer {
      first = new Dense(2);
      second = new TransformerEncoderLayer({ embedDim: 2, heads: 1 });
      forward(input: Tensor) {
        return this.second.call(this.first.call(input).unsqueeze(1)).squeeze(1);
      }
    }
    for (const layer of [new Dense({ units: 2, trainable: false }), composite, new Own({ trainable: false })]) {
      layer.call(x);
      expect(layer.countParameters().trainable).toBe(0);
      expect(layer.countParameters().nonTrainable).toBeGreaterThan(0);
    }
    const model = new Sequential([new Dense(3)], { trainable: false }).add(new Dense(2));
    model.call(x);
    expect(model.countParameters()).toEqual({ total: 17, trainable: 0, nonTrainable: 17 });
    const entry = input([2]);
    const graph = new Functional({ inputs: entry, outputs: new Dense(1).call(entry), trainable: false });
    expect(graph.countParameters().trainable).toBe(0);
  });

  it("is shown in the summary, as in Keras", () => {
    const { model, encoder } = build();
    expect(model.summary({ print: () => {} })).toMatch(/ Trainable params: 39 .*\n Non-trainable params: 8 /);
    encoder.freeze();
    expect(model.summary({ print: () => {} })).toMatch(/ Trainable params: 4 .*\n Non-trainable params: 43 /);
  });

  it("is true or false, and something must be left to train", async () => {
    const { model } = build();
    expect(() => {
      model.trainable = 0 as never;
    }).toThrow(OptionError);
    expect(() => new Dense({ units: 1, trainable: "no" as never })).toThrow(/trainable as true or false, got "no"/);
    model.freeze();
    await expect(model.fit(x, y)).rejects.toThrow(/weights to train, got a model all of whose weights are frozen/);
    await expect(model.evaluate(x, y)).resolves.toBeTruthy();
  });

  it("takes the penalties of weights that do not change out of the loss, as in Keras", async () => {
    const layer = new Dense({ units: 1, inputDim: 2, kernelRegularizer: l2(1) });
    expect(layer.penalty()).not.toBeNull();
    expect(layer.freeze().penalty()).toBeNull();
  });

  it("of a discriminator does not keep gradients from what feeds it", async () => {
    const [generator, discriminator] = [new Dense({ units: 2, inputDim: 2 }), new Dense({ units: 1, inputDim: 2 })];
    const both = new Sequential([generator, discriminator]).compile({ optimizer: "sgd", loss: "mse" });
    discriminator.freeze();
    const [made, judged] = [valuesOf(generator), valuesOf(discriminator)];
    await both.fit(x, y, { epochs: 2 });
    expect([valuesOf(generator) === made, valuesOf(discriminator) === judged]).toEqual([false, true]);
  });
});

describe("a first layer that takes inputs of any shape", () => {
  const ids = [
    [1, 2, 3],
    [3, 0, 1],
  ];

  it("leaves the shape to the first call: Embedding trains as in Keras", async () => {
    for (const rest of [
      [new GlobalAvgPool1d(), new Dense(1)],
      [new nn.Flatten(), new Dense(1)],
      [new nn.LSTM({ units: 2 }), new Dense(1)],
    ]) {
      const model = new Sequential([new Embedding({ inputDim: 4, outputDim: 5 }), ...rest]);
      model.compile({ optimizer: "sgd", loss: "mse" });
      expect(model.inputShape).toBeNull();
      expect(model.summary({ print: () => {} })).toContain("?");
      await model.fit(ids, [1, 2]);
      expect(model.inputShape).toEqual([null, 3]);
      expect(model.summary({ print: () => {} })).toMatch(/\[null, 3, 5\]/);
      expect(model.predict(ids).shape).toEqual([2, 1]);
    }
    expect(new Embedding({ inputDim: 4, outputDim: 5, inputShape: [7] }).inputShape).toEqual([null, 7]);
  });

  it("Linear may stand before what takes sequences, and builds what follows where it can", () => {
    const model = new Sequential([new nn.Linear(2, 4), new nn.LSTM({ units: 3 }), new Dense(1)]);
    expect(model.call(randn([5, 6, 2])).shape).toEqual([5, 1]);
    expect(model.inputShape).toEqual([null, 6, 2]);
    const plain = new Sequential([new nn.Linear(2, 4), new Dense(1)]);
    expect(plain.countParameters().total).toBe(17);
    expect(plain.call(x).shape).toEqual([n, 1]);
    class Net extends Model {
      embedding = new Embedding({ inputDim: 4, outputDim: 2 });
      forward(input: Tensor) {
        return this.embedding.call(input);
      }
    }
    expect(new Net().summary({ print: () => {} })).toContain("embedding (Embedding)");
  });
});
