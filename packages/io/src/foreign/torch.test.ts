/**
 * Weights that PyTorch made, in models of the same layers: these compute what PyTorch computed.
 */
import { readFileSync } from "node:fs";
import { Generator, isFloat, ones, randn, type Tensor, zeros } from "@chainrule/core";
import {
  BatchNorm,
  Bidirectional,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  Functional,
  GRU,
  GRUCell,
  GroupNorm,
  input,
  LayerNorm,
  Linear,
  LSTM,
  LSTMCell,
  MaxPool2d,
  Module,
  MultiHeadAttention,
  PReLU,
  ReLU,
  RMSNorm,
  Sequential,
  SiLU,
  SimpleRNN,
  SimpleRNNCell,
  Tanh,
  TransformerDecoder,
  TransformerEncoder,
} from "@chainrule/nn";
import { expect, it } from "vitest";
import { layerTable } from "../../../nn/test/layer-table.ts";
import { encodeSafetensors, parseSafetensors } from "../formats/safetensors.ts";
import { loadTorchWeights } from "./torch.ts";
import { torchPartsOf, torchRulesOf } from "./torch-layers.ts";

const bytesOf = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../testing/fixtures/torch/${name}.safetensors`, import.meta.url)));
const { tensors: examples } = parseSafetensors(bytesOf("examples"));

/** Throws unless the model computes what PyTorch's did. */
function expectSame(name: string, run: (...inputs: Tensor[]) => Tensor): void {
  const inputs = Object.keys(examples)
    .filter((key) => key.startsWith(`${name}.x`))
    .sort()
    .map((key) => examples[key]);
  const y = run(...inputs);
  expect(y.shape).toEqual(examples[`${name}.y`].shape);
  const error = y.sub(examples[`${name}.y`]).abs().max().item();
  expect(error, name).toBeLessThan(2e-6);
}

const mlp = () => [
  new Dense({ units: 5, inputDim: 4, activation: "relu" }),
  new BatchNorm(),
  new Linear(5, 3, { bias: false }),
  new PReLU({ axis: -1 }),
  new LayerNorm(),
  new Dense(4),
  new RMSNorm(),
  new PReLU(),
  new Dense(2),
];

it("loads an nn.Sequential into a Sequential, by the order of what has weights", async () => {
  const model = new Sequential(mlp());
  const report = await loadTorchWeights(model, bytesOf("mlp"));
  expect(report).toMatchObject({ missing: [], surplus: [], otherShape: [] });
  expect(report.loaded).toEqual(Object.keys(model.stateDict()));
  expectSame("mlp", (x) => model.predict(x));
});

it("loads it beside layers without weights, and compiled", async () => {
  const [first, ...rest] = mlp();
  const model = new Sequential([first, new Dropout(0.3), ...rest]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  model.predict(examples["mlp.x0"]);
  await loadTorchWeights(model, bytesOf("mlp"));
  expectSame("mlp", (x) => model.predict(x));
});

it("loads convolutions and normalisations of images and signals, models within models", async () => {
  const images = new Sequential([
    new Conv2d({ filters: 4, kernelSize: 3, padding: 1, groups: 2, inputShape: [2, 4, 6] }),
    new BatchNorm({ axis: 1 }),
    new ReLU(),
    new MaxPool2d(),
    new Sequential([new ConvTranspose2d({ filters: 6, kernelSize: 2, stride: 2 }), new GroupNorm({ groups: 3 })]),
    new SiLU(),
    new Conv2d({ filters: 2, kernelSize: [1, 3] }),
    new GroupNorm({ groups: 2 }),
    new Flatten(),
    new Dense(3),
  ]);
  await loadTorchWeights(images, bytesOf("images"));
  expectSame("images", (x) => images.predict(x));
  const signals = new Sequential([
    new Conv1d({ filters: 3, kernelSize: 3, dilation: 2, inputShape: [2, 8] }),
    new BatchNorm({ axis: 1 }),
    new Tanh(),
    new Flatten(),
    new Dense(2),
  ]);
  await loadTorchWeights(signals, bytesOf("signals"));
  expectSame("signals", (x) => signals.predict(x));
});

const recurrentLayers = () => [
  new Embedding({ inputDim: 7, outputDim: 3, inputShape: [5], name: "words" }),
  new Bidirectional(new LSTM({ units: 2, returnSequences: true }), { name: "lower" }),
  new Bidirectional(new LSTM({ units: 2, returnSequences: true }), { name: "upper" }),
  new GRU({ units: 3, returnSequences: true, name: "gru" }),
  new Bidirectional(new SimpleRNN({ units: 2, returnSequences: true, useBias: false }), { name: "rnn" }),
  new Dense({ units: 2, name: "head" }),
];

it("loads recurrent layers of several layers and both directions where `layers` says", async () => {
  const model = new Sequential(recurrentLayers());
  await loadTorchWeights(model, bytesOf("recurrent"), { layers: { lower: "lstm.l0", upper: "lstm.l1" } });
  expectSame("recurrent", (x) => model.predict(x));
});

it("takes a stack of recurrent layers in an nn.Sequential as so many layers", async () => {
  const names = ["words", "lstm", "gru", "rnn", "head"];
  const { tensors } = parseSafetensors(bytesOf("recurrent"));
  const numbered = Object.entries(tensors).map(([name, x]) => [name.replace(/^\w+/, (m) => `${names.indexOf(m)}`), x]);
  const model = new Sequential(recurrentLayers());
  await loadTorchWeights(model, encodeSafetensors(Object.fromEntries(numbered)));
  expectSame("recurrent", (x) => model.predict(x));
});

class Cells extends Module {
  simple = new SimpleRNNCell({ units: 4, inputDim: 3 });
  gru = new GRUCell({ units: 3, inputDim: 4 });
  lstm = new LSTMCell({ units: 2, inputDim: 3 });
  forward(x: Tensor) {
    return this.lstm.call(this.gru.call(this.simple.call(x)));
  }
}

class Attention extends Module {
  encoder = new TransformerEncoder({
    numLayers: 2,
    embedDim: 4,
    heads: 2,
    feedForwardDim: 6,
    activation: "gelu",
    normFirst: true,
    inputShape: [3, 4],
  });
  decoder = new TransformerDecoder({ numLayers: 1, embedDim: 4, heads: 2, feedForwardDim: 5, inputShape: [3, 4] });
  self_attention = new MultiHeadAttention({ embedDim: 4, heads: 2, useBias: false });
  cross = new MultiHeadAttention({ embedDim: 4, heads: 2, kdim: 3, vdim: 2, name: "cross_attention" });
  forward(x: Tensor, key: Tensor, value: Tensor) {
    const written = this.decoder.call(x, { memory: this.encoder.call(x) });
    const y = written.add(this.self_attention.call(written));
    return y.add(this.cross.call(y, { key, value }));
  }
}

it("loads a class of one's own by the names of its properties and layers: cells, attention, transformers", async () => {
  const cells = new Cells();
  await loadTorchWeights(cells, bytesOf("cells"));
  expectSame("cells", (x) => cells.call(x));
  const attention = new Attention().eval();
  await loadTorchWeights(attention, bytesOf("attention"));
  expectSame("attention", (x, key, value) => attention.call(x, key, value));
});

it("loads a graph by the names of its layers", async () => {
  const x = input([4], { name: "x" });
  const hidden = new Dense({ units: 3, activation: "relu", name: "fc1" }).call(x);
  const [a, b] = ["left", "right"].map((name) => new Dense({ units: 2, name }).call(hidden));
  const model = new Functional({ inputs: x, outputs: { a, b } });
  const numbers = ["fc1", "left", "right"].flatMap((name, i) => [
    [`${name}.weight`, i === 0 ? ones([3, 4]) : ones([2, 3]).mul(i)] as const,
    [`${name}.bias`, i === 0 ? zeros([3]) : ones([2])] as const,
  ]);
  expect((await loadTorchWeights(model, encodeSafetensors(Object.fromEntries(numbers)))).missing).toEqual([]);
  expect(model.predict(ones([1, 4])).b.toArray()).toEqual([[25, 25]]);
  const renamed = numbers.map(([name, value]) => [name.replace("right", "heads.1"), value]);
  const bytes = encodeSafetensors(Object.fromEntries(renamed));
  expect(await failure(loadTorchWeights(model, bytes))).toContain('also "heads.1.bias"');
  expect((await loadTorchWeights(model, bytes, { layers: { right: "heads.1" } })).surplus).toEqual([]);
});

const dense = (...units: number[]) =>
  new Sequential(units.slice(1).map((n, i) => new Dense({ units: n, inputDim: units[i] })));
const state = { "0.weight": ones([3, 2]), "0.bias": zeros([3]), "2.weight": ones([1, 3]), "2.bias": zeros([1]) };
const failure = async (promise: Promise<unknown>) =>
  promise.then(
    () => "",
    (error: Error) => error.message,
  );

it("takes off what DataParallel and compile put before names, or what prefix says", async () => {
  const renamed = (start: string, more = {}) =>
    encodeSafetensors({ ...Object.fromEntries(Object.entries(state).map(([k, x]) => [start + k, x])), ...more });
  for (const start of ["module.", "_orig_mod.module."])
    expect((await loadTorchWeights(dense(2, 3, 1), renamed(start))).surplus).toEqual([]);
  const bytes = renamed("generator.", { "critic.0.weight": ones([1]) });
  expect((await loadTorchWeights(dense(2, 3, 1), bytes, { prefix: "generator." })).missing).toEqual([]);
});

it("loads all or nothing, and says what is missing, surplus and of another shape", async () => {
  const model = dense(2, 4, 1);
  const before = model.stateDict();
  const { "2.bias": _, ...less } = state;
  const bytes = encodeSafetensors({ ...less, "3.weight": ones([2]) });
  const message = await failure(loadTorchWeights(model, bytes));
  expect(message).toContain('no "2.bias" for layers.1.bias');
  expect(message).toContain('also "3.weight"');
  expect(message).toContain('"0.weight" of shape [3, 2] in place of [4, 2]');
  expect(model.stateDict()).toEqual(before);
  expect(await loadTorchWeights(model, bytes, { partial: true })).toEqual({
    loaded: [],
    missing: ["layers.1.bias"],
    surplus: ["3.weight"],
    otherShape: [
      { name: "0.weight", expected: [4, 2], got: [3, 2] },
      { name: "0.bias", expected: [4], got: [3] },
      { name: "2.weight", expected: [1, 4], got: [1, 3] },
    ],
  });
  const fitting = dense(2, 3, 1);
  const report = await loadTorchWeights(fitting, bytes, { partial: true });
  expect(report.loaded).toEqual(["layers.0.kernel", "layers.0.bias", "layers.1.kernel"]);
  expect(fitting.namedParameters().get("layers.1.kernel")!.toArray()).toEqual([[1], [1], [1]]);
  expect(
    (await loadTorchWeights(dense(2, 3, 1), encodeSafetensors({ ...state, pe: ones([9]) }), { ignore: ["pe"] }))
      .surplus,
  ).toEqual([]);
});

it("does not read what is not wanted: counters and ignored numbers may be beyond 32 bits", async () => {
  const header = JSON.stringify({
    "0.weight": { dtype: "F32", shape: [1, 1], data_offsets: [0, 4] },
    "0.bias": { dtype: "F32", shape: [1], data_offsets: [4, 8] },
    "0.num_batches_tracked": { dtype: "I64", shape: [], data_offsets: [8, 16] },
    seen: { dtype: "I64", shape: [], data_offsets: [16, 24] },
  }).padEnd(320);
  const bytes = new Uint8Array(8 + 320 + 24).fill(0x7f);
  new DataView(bytes.buffer).setBigUint64(0, 320n, true);
  bytes.set(new TextEncoder().encode(header), 8);
  expect(await failure(loadTorchWeights(dense(1, 1), bytes))).toContain('tensor "seen"');
  expect((await loadTorchWeights(dense(1, 1), bytes, { ignore: ["seen"] })).surplus).toEqual([]);
});

it("refuses places that there are not, models without weights, and files of torch.save", async () => {
  const bytes = encodeSafetensors(state);
  const load = (options: object, model: Module = dense(2, 3, 1)) => failure(loadTorchWeights(model, bytes, options));
  expect(await load({ layers: { dens: "0" } })).toContain('Did you mean "dense"?');
  expect(await load({ layers: { dense: "1" } })).toContain("Known: 0, 2");
  expect(await load({ layers: { dense: 1 } })).toContain("the number 1");
  expect(await load({ ignore: ["pe"] })).toContain('"pe"');
  expect(await load({ layer: {} })).toContain('Did you mean "layers"?');
  expect(await load({}, new Sequential([new Dense(3), new Dense(1)]))).toContain("call the model once");
  const pickle = new TextEncoder().encode("PK\x03\x04 and more");
  expect(await failure(loadTorchWeights(dense(2, 1), pickle))).toContain("save_file(model.state_dict(), path)");
  expect(await failure(loadTorchWeights({} as never, bytes))).toContain("a model first");
});

it("takes names of any depth and number, and refuses them at once", async () => {
  const deep = "0.".repeat(100_000);
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`${i}.${i}.weight`, ones([1])]));
  const bytes = encodeSafetensors({ ...many, [deep]: ones([1]), [`module.${deep}`]: ones([1]) });
  const start = performance.now();
  expect((await failure(loadTorchWeights(dense(2, 3, 1), bytes))).length).toBeLessThan(3000);
  expect(performance.now() - start).toBeLessThan(3000);
});

it("knows every layer that has weights", () => {
  // Made of layers that go by the same names there, or by names of one's own.
  const others = [
    ...["Residual", "TimeDistributed", "SeparableConv1d", "SeparableConv2d"],
    ...["Transformer", "TransformerEncoder", "TransformerDecoder", "WeightNorm"],
  ];
  const missing = layerTable
    .map(({ make, inputs, call }) => {
      const layer = make({ dtype: "float32", generator: new Generator(1) });
      call(layer, ...inputs.map((x) => (isFloat(x.dtype) ? x.cast("float32") : x)));
      return layer;
    })
    .filter((layer) => layer.namedParameters().size > 0 && !(torchRulesOf(layer) ?? torchPartsOf(layer)))
    .filter((layer) => !others.includes(layer.constructor.name));
  expect(
    missing.map(({ name }) => name),
    "io/src/foreign/torch-layers.ts wants rules for each layer",
  ).toEqual([]);
});

it("draws no numbers and keeps the dtype of the layers", async () => {
  const model = new Sequential([
    new Dense({ units: 3, inputDim: 2, dtype: "float64" }),
    new Dense({ units: 1, dtype: "float64" }),
  ]);
  await loadTorchWeights(model, encodeSafetensors(state));
  expect(model.parameters().map(({ dtype }) => dtype)).toEqual(Array(4).fill("float64"));
  expect(model.predict(randn([2, 2], { dtype: "float64" })).dtype).toBe("float64");
});
