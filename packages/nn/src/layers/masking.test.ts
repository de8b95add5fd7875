/**
 * Masks that go from layer to layer by themselves, and where they end.
 */
import { jit } from "@chainrule/compiler";
import { Generator, JitError, manualSeed, randn, ShapeError, type Tensor, tensor, where } from "@chainrule/core";
import { expectClose, peerMasks } from "@chainrule/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as nn from "../index.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const there = tensor([
  [true, true, false],
  [true, false, false],
]);
const shared = () => ({ generator: new Generator(3) });
const x = where(there.unsqueeze(-1), randn([2, 3, 4], { generator: new Generator(1) }), 0);
const tokens = tensor(
  [
    [5, 2, 0],
    [3, 0, 0],
  ],
  { dtype: "int32" },
);

describe("Masking", () => {
  it("masks steps whose features all have the value, and makes zeros of them", () => {
    const y = new nn.Masking({ maskValue: -1 }).call([
      [
        [-1, 2],
        [-1, -1],
      ],
    ]);
    expect(y.toArray()).toEqual([
      [
        [-1, 2],
        [0, 0],
      ],
    ]);
    expect(nn.maskOf(y)?.toArray()).toEqual([[true, false]]);
    expect(nn.maskOf(y.mul(2))).toBe(null);
  });

  it("takes sequences alone", () => {
    expect(() => new nn.Masking().call([[1, 2]])).toThrow(ShapeError);
    expect(() => new nn.Masking({ maskValue: Number.NaN })).toThrow(/maskValue as a number/);
  });
});

/** Layers that pass a mask on as it is. */
const passing: readonly nn.Module<unknown>[] = [
  new nn.Dense(3),
  new nn.Linear(4, 2),
  new nn.Activation("relu"),
  new nn.ReLU(),
  new nn.PReLU(),
  new nn.Dropout(0.5),
  new nn.GaussianNoise(0.5),
  new nn.LayerNorm(),
  new nn.RMSNorm(),
  new nn.GLU(),
  new nn.Identity(),
  new nn.Lambda((input) => input.square()),
  new nn.TimeDistributed(new nn.Dense(2)),
  new nn.Residual(new nn.Dense(4)),
  new nn.PositionalEncoding(),
  new nn.PositionEmbedding({ maxLength: 3 }),
  new nn.LSTM({ units: 2, returnSequences: true }),
  new nn.Bidirectional(new nn.GRU({ units: 2, returnSequences: true })),
  new nn.MultiHeadAttention({ embedDim: 4, heads: 2 }),
  new nn.TransformerEncoder({ embedDim: 4, heads: 2, numLayers: 1 }),
  new nn.Sequential([new nn.Dense(3), new nn.Dropout(0.1)]),
];

describe("a mask", () => {
  it.each(passing.map((layer) => [layer.constructor.name, layer] as const))("passes %s", (_name, layer) => {
    const y = layer.call(new nn.Masking().call(x)) as Tensor;
    expect(nn.maskOf(y)?.toArray()).toEqual(there.toArray());
  });

  it("is turned where a recurrent layer goes backwards, and ends where there are no steps any more", () => {
    const masked = new nn.Masking().call(x);
    const back = new nn.GRU({ units: 2, returnSequences: true, goBackwards: true });
    expect(nn.maskOf(back.call(masked))?.toArray()).toEqual(there.flip(1).toArray());
    const warn = vi.spyOn(console, "warn");
    for (const layer of [new nn.GRU({ units: 2 }), new nn.GlobalAvgPool1d({ dataFormat: "channels_last" })])
      expect(nn.maskOf(layer.call(masked))).toBe(null);
    expect(warn).not.toHaveBeenCalled();
  });

  it("is what both inputs of a sum have", () => {
    const all = tensor([
      [true, true, true],
      [true, true, false],
    ]);
    const [a, b] = [x, where(all.unsqueeze(-1), x.add(5), 0)].map((each) => new nn.Masking().call(each));
    expect(nn.maskOf(new nn.Add().call(a, b))?.toArray()).toEqual(there.toArray());
    expect(nn.maskOf(new nn.Add().call(b, x))?.toArray()).toEqual(all.toArray());
  });

  it("ends with a word, once, where a layer cannot pass it", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const flatten = new nn.Flatten({ name: "flat" });
    for (let i = 0; i < 2; i++) expect(nn.maskOf(flatten.call(new nn.Masking().call(x)))).toBe(null);
    expect(warn.mock.calls.length).toBe(1);
    expect(warn.mock.calls[0][0]).toMatch(/^layer "flat" \(Flatten\) does not pass on the mask/);
  });

  it("is what a layer of one's own makes of it", () => {
    class Half extends nn.Layer {
      forward(input: Tensor) {
        return input.slice(":", [0, 2]);
      }
      override computeMask(mask: Tensor | null) {
        return mask?.slice(":", [0, 2]) ?? null;
      }
    }
    const y = new Half().call(new nn.Masking().call(x));
    expect(nn.maskOf(y)?.shape).toEqual([2, 2]);
  });

  it("comes from an embedding of tokens, with maskZero alone", () => {
    const embedding = (maskZero?: boolean) => new nn.Embedding({ inputDim: 7, outputDim: 4, maskZero });
    expect(nn.maskOf(embedding(true).call(tokens))?.toArray()).toEqual(there.toArray());
    expect(nn.maskOf(embedding().call(tokens))).toBe(null);
  });
});

/** Layers that take a mask where none is given: the same comes out as with one given. */
const taking: readonly [string, (given: Tensor, mask?: Tensor) => Tensor][] = [
  ...[nn.LSTM, nn.GRU, nn.SimpleRNN].map((Class): [string, (given: Tensor, mask?: Tensor) => Tensor] => {
    const layer = new Class({ units: 3, ...shared() });
    return [Class.name, (given, mask) => layer.call(given, mask && { mask })];
  }),
  ...[
    new nn.Bidirectional(new nn.GRU({ units: 2, ...shared() })),
    new nn.GlobalAvgPool1d({ dataFormat: "channels_last" }),
    new nn.GlobalMaxPool1d({ dataFormat: "channels_last" }),
    new nn.TransformerEncoder({ embedDim: 4, heads: 2, numLayers: 2, dropout: 0, ...shared() }),
  ].map((layer): [string, (given: Tensor, mask?: Tensor) => Tensor] => [
    layer.constructor.name,
    (given, mask) => (layer as nn.GlobalAvgPool1d).call(given, mask && { mask }),
  ]),
];
const attention = new nn.MultiHeadAttention({ embedDim: 4, heads: 2, ...shared() });
const decoder = new nn.TransformerDecoder({ embedDim: 4, heads: 2, numLayers: 1, dropout: 0, ...shared() });
const target = randn([2, 2, 4], { generator: new Generator(9) });

describe("a mask that came with the input", () => {
  it.each([
    ...taking,
    ["MultiHeadAttention", (given, keyMask) => attention.call(given, keyMask && { keyMask })],
    ["MultiHeadAttention across", (key, keyMask) => attention.call(target, { key, ...(keyMask && { keyMask }) })],
    ["TransformerDecoder", (memory, memoryMask) => decoder.call(target, { memory, ...(memoryMask && { memoryMask }) })],
  ] as typeof taking)("is taken by %s, compiled too", (_name, call) => {
    const wanted = call(x, there);
    expect(call(x).sub(wanted).abs().max().item()).toBeGreaterThan(1e-3);
    expectClose(call(new nn.Masking().call(x)), wanted);
    const masking = new nn.Masking();
    const compiled = jit((given: Tensor) => call(masking.call(given)).detach());
    for (let i = 0; i < 3; i++) expectClose(compiled(x), wanted, { tolerance: 1e-5 });
  });

  it("gives way to one that the call is given", () => {
    const layer = new nn.LSTM({ units: 3, ...shared() });
    const other = tensor([
      [true, false, false],
      [true, true, true],
    ]);
    expectClose(layer.call(new nn.Masking().call(x), { mask: other }), layer.call(x, { mask: other }));
  });

  it("does not go into compiled code or out of it, which is an error", () => {
    const lstm = new nn.LSTM({ units: 3 });
    const masking = new nn.Masking();
    expect(() => jit((given: Tensor) => lstm.call(given))(masking.call(x))).toThrow(JitError);
    expect(() => jit((given: Tensor) => masking.call(given))(x)).toThrow(/it would be lost/);
  });
});

describe("models with masks", () => {
  const model = () => {
    manualSeed(5);
    return new nn.Sequential([
      new nn.Embedding({ inputDim: 7, outputDim: 4, maskZero: true, inputShape: [3] }),
      new nn.LSTM({ units: 3, returnSequences: true }),
      new nn.Dense(2),
    ]);
  };
  const target = randn([2, 3, 2], { generator: new Generator(2) });

  it("leave masked steps out of loss and metrics, as in Keras, compiled and not", async () => {
    const errors = model().call(tokens).sub(target).square().mean(-1);
    const wanted = where(there, errors, 0).sum().div(3).item();
    for (const jitted of [false, true]) {
      const made = model().compile({ optimizer: new nn.SGD({ lr: 0 }), loss: "mse", metrics: ["mse"] });
      const { history } = await made.fit(tokens, target, { epochs: 4, batchSize: 2, verbose: 0, jit: jitted });
      for (const each of [...history.loss, ...history.mse]) expect(each).toBeCloseTo(wanted, 5);
      const evaluated = await made.evaluate(tokens, target, {});
      expect(evaluated.loss).toBeCloseTo(wanted, 5);
    }
  });

  it("come to what Keras evaluates", async () => {
    const { x, y, weights, evaluated } = peerMasks();
    const made = new nn.Sequential([
      new nn.Masking({ inputShape: [4, 3], dtype: "float64" }),
      new nn.LSTM({ units: 2, returnSequences: true, dtype: "float64" }),
      new nn.Dense({ units: 2, dtype: "float64" }),
    ]);
    const as = ({ data, shape }: { data: readonly number[]; shape: readonly number[] }) =>
      tensor([...data], { shape, dtype: "float64" });
    const { "layers.1.cell.bias": bias } = weights;
    const state = Object.fromEntries(Object.entries(weights).map(([name, each]) => [name, as(each)]));
    made.loadStateDict({ ...state, "layers.1.cell.recurrentBias": as(bias).mul(0) });
    made.compile({ loss: "mse", metrics: ["mae"] });
    const found = await made.evaluate(as(x), as(y), {});
    expect(found.loss).toBeCloseTo(evaluated.loss, 6);
    expect(found.mae).toBeCloseTo(evaluated.mae, 6);
  });

  it("weight samples besides", async () => {
    const errors = model().call(tokens).sub(target).square().mean(-1);
    const weights = tensor([2, 0.5]);
    const wanted = where(there, errors.mul(weights.unsqueeze(-1)), 0)
      .sum()
      .div(3)
      .item();
    const made = model().compile({ optimizer: new nn.SGD({ lr: 0 }), loss: "mse", weightedMetrics: ["mae"] });
    const { history } = await made.fit(tokens, target, { sampleWeight: weights, epochs: 1, verbose: 0 });
    expect(history.loss[0]).toBeCloseTo(wanted, 5);
    const away = model().call(tokens).sub(target).abs().mean(-1);
    const each =
      where(there, away.mul(weights.unsqueeze(-1)), 0)
        .sum()
        .item() /
      (2 + 2 + 0.5);
    expect(history.mae[0]).toBeCloseTo(each, 5);
  });

  it("predict and functional models go on as ever", () => {
    const made = model();
    const y = made.predict(tokens);
    expect(nn.maskOf(y)).toBe(null);
    const input = nn.input([3], { dtype: "int32" });
    const graph = new nn.Functional({ inputs: input, outputs: made.call(input) });
    expectClose(graph.call(tokens), y, { tolerance: 1e-5 });
  });
});
