/**
 * Weights that Keras made, in models of the same layers: these compute what Keras computed.
 */
import { readFileSync } from "node:fs";
import { Generator, isFloat, ones, type Tensor, zeros } from "@chainrule/core";
import {
  BatchNorm,
  Bidirectional,
  Concatenate,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Dense,
  DepthwiseConv2d,
  Dropout,
  Embedding,
  Flatten,
  Functional,
  GlobalAvgPool2d,
  GRU,
  GroupNorm,
  input,
  LayerNorm,
  LeakyReLU,
  Linear,
  LSTM,
  LSTMCell,
  MaxPool1d,
  Module,
  MultiHeadAttention,
  PReLU,
  Reshape,
  RMSNorm,
  RNN,
  SeparableConv2d,
  Sequential,
  SimpleRNN,
} from "@chainrule/nn";
import { expect, it } from "vitest";
import { layerTable } from "../../../nn/test/layer-table.ts";
import { encodeNpz, parseNpz } from "../formats/npz.ts";
import { encodeSafetensors } from "../formats/safetensors.ts";
import { loadKerasWeights } from "./keras.ts";
import { kerasRulesOf } from "./keras-layers.ts";
import { Names } from "./names.ts";

const bytesOf = (file: string) =>
  new Uint8Array(readFileSync(new URL(`../../../testing/fixtures/keras/weights/${file}`, import.meta.url)));
const examples = parseNpz(bytesOf("examples.npz"));

/** Throws unless the model computes what Keras's did. */
function expectSame(name: string, run: (...inputs: Tensor[]) => Tensor): void {
  const inputs = Object.keys(examples)
    .filter((key) => key.startsWith(`${name}.x`))
    .sort()
    .map((key) => examples[key]);
  const expected = examples[`${name}.y`];
  const y = run(...inputs);
  expect(y.shape).toEqual(expected.shape);
  const scale = Math.max(1, expected.abs().max().item());
  expect(y.sub(expected).abs().max().item() / scale, name).toBeLessThan(2e-6);
}

const failure = async (promise: Promise<unknown>) =>
  promise.then(
    () => "",
    (error: Error) => error.message,
  );
const eps = 1e-3;
const channelsFirst = (x: Tensor) => x.permute(0, 3, 1, 2);
const channelsLast = (y: Tensor) => y.permute(0, 2, 3, 1);

it("loads a Sequential in its order, whatever its layers are called, models within it too", async () => {
  const model = new Sequential([
    new Dense({ units: 5, inputDim: 4, activation: "relu", name: "first" }),
    new BatchNorm({ eps }),
    new Linear(5, 3, { bias: false }),
    new PReLU({ axis: -1 }),
    new LayerNorm({ eps }),
    new Sequential([new Dense(4), new RMSNorm()]),
    new Dense(2),
  ]);
  const report = await loadKerasWeights(model, bytesOf("mlp.npz"));
  expect(report).toMatchObject({ missing: [], surplus: [], otherShape: [] });
  expect(report.loaded).toEqual(Object.keys(model.stateDict()));
  expectSame("mlp", (x) => model.predict(x));
});

it("loads a safetensors file, which has no order, by the names of layers", async () => {
  const layers = (name: string) => [
    new Dense({ units: 5, inputDim: 4, activation: "relu", name }),
    new BatchNorm({ eps, name: "batch_normalization" }),
    new Sequential(
      [
        new Dense({ units: 3, useBias: false, name: "dense_1" }),
        new PReLU({ axis: -1, name: "p_re_lu" }),
        new LayerNorm({ eps, name: "layer_normalization" }),
      ],
      { name: "inner" },
    ),
    new Dense({ units: 4, name: "dense_2" }),
    new RMSNorm({ name: "rms_normalization" }),
    new Dense({ units: 2, name: "dense_3" }),
  ];
  const bytes = bytesOf("mlp.safetensors");
  const model = new Sequential(layers("dense"));
  await loadKerasWeights(model, bytes, { layers: { inner: "sequential" } });
  expectSame("mlp", (x) => model.predict(x));
  const other = new Sequential([new Dense({ units: 5, inputDim: 4, name: "first" })]);
  expect(await failure(loadKerasWeights(other, bytes))).toContain("write a .npz file, which keeps the order");
});

const images = () => [
  new Conv2d({ filters: 6, kernelSize: 3, padding: "same", groups: 2, activation: "relu", inputShape: [4, 6, 5] }),
  new BatchNorm({ axis: 1, eps }),
  new Conv2d({ filters: 12, kernelSize: [3, 2], groups: 6 }),
  new PReLU({ axis: 1 }),
  new ConvTranspose2d({ filters: 4, kernelSize: 3, stride: 2, padding: "same" }),
  new GroupNorm({ groups: 2, eps }),
  new Conv2d({ filters: 8, kernelSize: 3, stride: 2, groups: 4, useBias: false }),
  new Conv2d({ filters: 3, kernelSize: 1 }),
];

it("loads convolutions, and puts weights of flattened images in the order of channels first", async () => {
  const model = new Sequential([...images(), new Flatten(), new BatchNorm({ eps }), new Dropout(0.1), new Dense(3)]);
  await loadKerasWeights(model, bytesOf("images.npz"));
  expectSame("images", (x) => model.predict(channelsFirst(x)));
});

it("takes depthwise and separable convolutions as layers of these names, too", async () => {
  const model = new Sequential([
    ...images().slice(0, 2),
    new DepthwiseConv2d({ kernelSize: [3, 2], depthMultiplier: 2 }),
    ...images().slice(3, 6),
    new SeparableConv2d({ filters: 3, kernelSize: 3, depthMultiplier: 2, stride: 2 }),
    new Flatten(),
    new BatchNorm({ eps }),
    new Dense(3),
  ]);
  await loadKerasWeights(model, bytesOf("images.npz"));
  expectSame("images", (x) => model.predict(channelsFirst(x)));
});

it("follows them through graphs and models within models, too", async () => {
  const x = input([4, 6, 5]);
  const features = new Sequential(images()).call(x);
  const flat = new Dropout(0.1).call(new BatchNorm({ eps }).call(new Flatten().call(features)));
  const inner = new Functional({ inputs: x, outputs: new Dense(3).call(flat) });
  const model = new Sequential([inner]);
  const names = Object.keys(parseNpz(bytesOf("images.npz"))).map((name) => name.split("/")[1]);
  const theirs = [...new Set(names)].filter((name) => name !== "separable_conv2d");
  theirs.splice(6, 0, "separable_conv2d/depthwise", "separable_conv2d/pointwise");
  const ours = inner.modules().filter((module) => module.parameters().length > 0 && !("layers" in module));
  const paths = new Map(model.namedModules().map(([path, module]) => [module, path]));
  const layers = Object.fromEntries(ours.map((layer, i) => [paths.get(layer)!, theirs[i]]));
  await loadKerasWeights(model, bytesOf("images.npz"), { layers });
  expectSame("images", (image) => model.predict(channelsFirst(image)));
});

it("puts the weights of features that become an image in the order of channels first", async () => {
  const model = new Sequential([
    new Dense({ units: 24, inputDim: 3 }),
    new BatchNorm({ eps }),
    new LeakyReLU({ negativeSlope: 0.2 }),
    new Reshape([4, 2, 3]),
    new ConvTranspose2d({ filters: 2, kernelSize: 3, stride: 2, padding: "same", activation: "tanh" }),
  ]);
  await loadKerasWeights(model, bytesOf("generator.npz"));
  expectSame("generator", (x) => channelsLast(model.predict(x)));
});

const signals = () => [
  new Conv1d({ filters: 3, kernelSize: 3, stride: 2, padding: "same", inputShape: [2, 9] }),
  new Conv1d({ filters: 3, kernelSize: 2, groups: 3 }),
  new MaxPool1d({ kernelSize: 2 }),
];

it("loads convolutions of signals", async () => {
  const model = new Sequential([...signals(), new Flatten(), new Linear(6, 2)]);
  await loadKerasWeights(model, bytesOf("signals.npz"));
  expectSame("signals", (x) => model.predict(x.permute(0, 2, 1)));
});

it("loads recurrent layers, with the gates of GRUs in another order", async () => {
  const model = new Sequential([
    new Embedding({ inputDim: 7, outputDim: 3, inputShape: [5] }),
    new Bidirectional(new LSTM({ units: 2, returnSequences: true })),
    new GRU({ units: 3, returnSequences: true }),
    new Bidirectional(new GRU({ units: 2, returnSequences: true })),
    new SimpleRNN({ units: 3, returnSequences: true }),
    new RNN(new LSTMCell({ units: 2 })),
    new Dense(2),
  ]);
  await loadKerasWeights(model, bytesOf("recurrent.npz"));
  expectSame("recurrent", (x) => model.predict(x));
  const gru = new Sequential([new GRU({ units: 2, inputShape: [5, 3] })]);
  const message = await failure(loadKerasWeights(gru, bytesOf("reset-before.npz")));
  expect(message).toContain("of shape [6] in place of [2, 6]");
  expect(message).toContain("reset_after=False");
});

it("loads a graph by the names of its layers: attention, and features from images beside others", async () => {
  const image = input([2, 4, 3], { name: "image" });
  const words = input([3, 4], { name: "words" });
  const memory = input([5, 3], { name: "memory" });
  const a = new Flatten().call(new Conv2d({ filters: 3, kernelSize: 2, name: "conv" }).call(image));
  const attended = new MultiHeadAttention({ embedDim: 4, heads: 2, name: "attention" }).call(words);
  const across = new MultiHeadAttention({ embedDim: 4, heads: 2, kdim: 3, vdim: 3, useBias: false, name: "across" });
  const read = across.call(attended, { key: memory });
  const b = new Flatten().call(new LayerNorm({ eps, name: "norm" }).call(read));
  const joined = new Concatenate().call(a, new Dense({ units: 3, name: "b" }).call(b));
  const out = new Dense({ units: 2, name: "out" }).call(joined);
  const model = new Functional({ inputs: [image, words, memory], outputs: out });
  await loadKerasWeights(model, bytesOf("graph.npz"));
  expectSame("graph", (first, ...rest) => model.call(channelsFirst(first), ...rest));
});

it("follows functions of single numbers: in images, between features, and before they become images", async () => {
  const relu = (x: Tensor) => x.relu();
  const [first, ...rest] = images();
  const linear = new Conv2d({ filters: 6, kernelSize: 3, padding: "same", groups: 2, inputShape: [4, 6, 5] });
  expect(first).toBeInstanceOf(Conv2d);
  const tail = [new Flatten(), (x: Tensor) => x.exp().log(), new BatchNorm({ eps }), new Dense(3)];
  const model = new Sequential([linear, relu, ...rest, ...tail]);
  await loadKerasWeights(model, bytesOf("images.npz"));
  expectSame("images", (x) => model.predict(channelsFirst(x)));
  const generator = new Sequential([
    new Dense({ units: 24, inputDim: 3 }),
    new BatchNorm({ eps }),
    (x) => x.leakyRelu(0.2),
    new Reshape([4, 2, 3]),
    (x) => x.add(0),
    new ConvTranspose2d({ filters: 2, kernelSize: 3, stride: 2, padding: "same", activation: "tanh" }),
  ]);
  await loadKerasWeights(generator, bytesOf("generator.npz"));
  expectSame("generator", (x) => channelsLast(generator.predict(x)));
  const turning = [...images(), (x: Tensor) => x.softmax(-1), new Flatten(), new BatchNorm({ eps }), new Dense(3)];
  expect(await failure(loadKerasWeights(new Sequential(turning), bytesOf("images.npz")))).toContain(
    "a function of your own",
  );
});

class Signals extends Module {
  body = new Sequential(signals());
  head = new Dense({ units: 2, inputDim: 6 });
  forward(x: Tensor) {
    return this.head.call(this.body.call(x).reshape(x.shape[0], 6));
  }
}

it("refuses what it cannot follow, until it is told which layers take flattened images", async () => {
  const bytes = bytesOf("signals.npz");
  const layers = { "body.layers.0": "conv1d", "body.layers.1": "depthwise_conv1d", head: "dense_6" };
  const own = new Signals();
  expect(await failure(loadKerasWeights(own, bytes, { layers }))).toContain("flattened: { dense:");
  await loadKerasWeights(own, bytes, { layers, flattened: { head: [3, 2] } });
  expectSame("signals", (x) => own.call(x.permute(0, 2, 1)));
  const wrong = loadKerasWeights(own, bytes, { layers, flattened: { head: [3, 3] } });
  expect(await failure(wrong)).toContain("an image of 6 numbers");
  expect(await failure(loadKerasWeights(own, bytes, { layers, flattened: { "body.layers.0": [3, 2] } }))).toContain(
    "a Dense or Linear layer",
  );
  expect(await failure(loadKerasWeights(own, bytes, { flattened: { head: 6 } as never }))).toContain("the number 6");

  const between = new Sequential([...signals(), (x) => x.permute(0, 2, 1), new Flatten(), new Dense(2)]);
  between.predict(examples["signals.x0"].permute(0, 2, 1));
  expect(await failure(loadKerasWeights(between, bytes))).toContain("a function of your own");
  // Here they are flattened with channels last, as in Keras: nothing is in another order.
  await loadKerasWeights(between, bytes, { dataFormat: "channels_first" });
  expectSame("signals", (x) => between.predict(x.permute(0, 2, 1)));

  const alongWidth = new Sequential([...signals(), new Dense(2)]);
  expect(await failure(loadKerasWeights(alongWidth, bytes))).toContain("channels first");
});

it("takes averages over images as they are", async () => {
  const model = new Sequential([
    new Conv2d({ filters: 3, kernelSize: 1, inputShape: [2, 4, 4] }),
    new GlobalAvgPool2d(),
    new Dense(1),
  ]);
  const kernel = ones([3, 1]).cumsum(0);
  const bytes = encodeNpz({
    "m/conv/kernel": ones([1, 1, 2, 3]),
    "m/conv/bias": zeros([3]),
    "m/top/kernel": kernel,
    "m/top/bias": zeros([1]),
    "m/dropout/seed_generator/seed_generator_state": zeros([2], { dtype: "int32" }),
  });
  expect((await loadKerasWeights(model, bytes)).surplus).toEqual([]);
  expect(model.predict(ones([1, 2, 4, 4])).item()).toBe(12);
});

it("loads all or nothing, and refuses HDF5 and options that there are not", async () => {
  const model = new Sequential([new Dense({ units: 3, inputDim: 2 })]);
  const before = model.stateDict();
  const bytes = encodeNpz({ "sequential/dense/kernel": ones([2, 4]), "sequential/other/kernel": ones([1]) });
  const message = await failure(loadKerasWeights(model, bytes));
  expect(message).toContain('no "sequential/dense/bias" for layers.0.bias');
  expect(message).toContain('also "sequential/other/kernel"');
  expect(message).toContain('"sequential/dense/kernel" of shape [2, 4] in place of [2, 3]');
  expect(model.stateDict()).toEqual(before);
  expect((await loadKerasWeights(model, bytes, { partial: true })).loaded).toEqual([]);
  const hdf5 = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a);
  expect(await failure(loadKerasWeights(model, hdf5))).toContain("numpy.savez(path");
  expect(await failure(loadKerasWeights(model, bytes, { dataFormat: "NHWC" as never }))).toContain('"NHWC"');
  expect(await failure(loadKerasWeights(model, encodeSafetensors({ "a/kernel": ones([1]) })))).toContain(
    "The file has a.",
  );
});

it("knows every layer that has weights and that Keras has", () => {
  const others = [
    "Residual",
    "TimeDistributed",
    "Transformer",
    "WeightNorm",
    "TransformerEncoderLayer",
    "TransformerEncoder",
    "TransformerDecoderLayer",
    "TransformerDecoder",
  ];
  const missing = layerTable
    // Keras has recurrent layers one by one: an error says so.
    .filter(({ name }) => !name.includes("two layers"))
    .map(({ make, inputs, call }) => {
      const layer = make({ dtype: "float32", generator: new Generator(1) });
      call(layer, ...inputs.map((x) => (isFloat(x.dtype) ? x.cast("float32") : x)));
      return layer;
    })
    .filter((layer) => layer.namedParameters().size > 0 && !kerasRulesOf(layer, new Names([], "/"), ""))
    .filter((layer) => !others.includes(layer.constructor.name));
  expect(
    missing.map(({ name }) => name),
    "io/src/foreign/keras-layers.ts wants rules for each layer",
  ).toEqual([]);
});
