// biome-ignore-all lint/suspicious/noExplicitAny: what the compiler would refuse is what is tried.
/**
 * First guesses of three new users: one from Keras with a table in a file, one from PyTorch with a training loop, and a teacher with
 * graphs and gradients. Each works, or says what to type.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as chainrule from "chainrule";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { messageOf } from "./message-of.ts";

// Much of it is refused by types as well.
const cr = chainrule as unknown as Record<string, any>;
const { tensor, parameter, manualSeed, Sequential, Dense, Adam, SGD, Module, value } = cr;

const table = "a,b,kind\n1,2,yes\n3,4,no\n5,6,yes\n7,8,no\n";
const data = () => cr.parseCsv(table);
const x = [
  [1, 2],
  [3, 4],
  [5, 6],
  [7, 8],
];
const y = [1, 0, 1, 0];
const untrained = () => new Sequential([new Dense({ units: 2, inputDim: 2 })]);
const compiled = (options: object = {}) => untrained().compile({ optimizer: "adam", loss: "crossEntropy", ...options });
const fit = (options: object) => compiled().fit(x, y, { verbose: 0, ...options });

class Net extends Module {
  hidden = new Dense({ units: 2, inputDim: 2 });
  forward(input: any) {
    return this.hidden.call(input);
  }
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chainrule-users-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  manualSeed(1);
});

const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

type Guess = [name: string, f: () => unknown, expected: RegExp];

it.each<Guess>([
  ["the target's name alone", () => cr.parseCsv(table, "kind"), /Write a name before it, as in \{ target: … \}/],
  ["label", () => cr.parseCsv(table, { label: "kind" }), /Did you mean "target"/],
  ["sep of pandas", () => cr.parseCsv(table, { sep: ";" }), /Did you mean "delimiter"/],
  ["a column in place of a list", () => cr.parseCsv(table, { categorical: "b" }), /Write categorical: \["b"\]/],
  ["bytes as a text", () => cr.parseCsv(Buffer.from(table)), /new TextDecoder\(\)\.decode\(bytes\)/],
  ["bytes as a path", () => cr.readCsv(Buffer.from(table)), /goes to a function that parses: parseCsv/],
  [
    "a file of Excel's in UTF-16",
    () => cr.readCsv(file("wide.csv", Buffer.from(`\ufeff${table}`, "utf16le"))),
    /new TextDecoder\("utf-16le"\)/,
  ],
  ["the table whole", () => cr.trainTestSplit(data(), { testSize: 0.5 }), /data\.features and data\.target/],
  ["random_state", () => cr.trainTestSplit(x, y, { random_state: 1 }), /Did you mean "seed"/],
  ["stratify: true", () => cr.trainTestSplit(x, y, { stratify: true }), /stratify: y/],
  ["a share alone", () => cr.trainTestSplit(x, y, 0.2), /as in \{ testSize: … \}/],
  ["fit_transform", () => new cr.StandardScaler().fit_transform(x), /fitTransform\(x\)/],
  ["inverse_transform", () => new cr.MinMaxScaler().inverse_transform(x), /inverseTransform\(x\)/],
  ["mean_", () => new cr.StandardScaler().fit(x).mean_, /toJSON\(\)/],
  ["a scaler made of its data", () => new cr.StandardScaler(x), /new StandardScaler\(\)\.fit\(x\)/],
  ["a date among the features", () => compiled().fit([[new Date(0), 1]], [1]), /got a Date\.$/],
])("from Keras, in reading a table: %s", async (_name, f, expected) => {
  expect(await messageOf(f)).toMatch(expected);
});

it.each<Guess>([
  ["tf.sequential()", () => cr.sequential(), /new Sequential\(\[…\]\)/],
  ["inputShape: 3", () => new Dense({ units: 1, inputShape: 3 }), /expected a list of whole numbers/],
  [
    "input() among the layers",
    () => new Sequential([cr.input([3]), new Dense(1)]),
    /inputDim; input\(\) is for Functional/,
  ],
  ["compile's arguments one by one", () => untrained().compile("adam", "mse"), /as in \{ optimizer: … \}/],
  ["lr in compile", () => compiled({ lr: 0.1 }), /optimizer: new Adam\(\{ lr: 0\.1 \}\)/],
  ["learning_rate in compile", () => compiled({ learning_rate: 0.1 }), /optimizer: new Adam\(\{ lr: 0\.1 \}\)/],
  ["epochs in compile", () => compiled({ epochs: 3 }), /an option of fit/],
  ["an optimizer as a record", () => compiled({ optimizer: { name: "adam", lr: 1 } }), /new Adam\(\{ lr: 0\.1 \}\)/],
  ["metrics in fit", () => fit({ metrics: ["accuracy"] }), /an option of compile/],
  ["lr in fit", () => fit({ lr: 0.1 }), /The learning rate is the optimizer's/],
  ["verbose in evaluate", () => compiled().evaluate(x, y, { verbose: 0 }), /leave it out/],
  ["validationData as a record", () => fit({ validationData: { x, y } }), /expected \[x, y\]/],
  ["EarlyStopping(5)", () => new cr.EarlyStopping(5), /Write a name before it, as in \{/],
  ["ModelCheckpoint({ filepath })", () => new cr.ModelCheckpoint({ filepath: "m" }), /It comes first/],
  ["ModelCheckpoint of a file", () => new cr.ModelCheckpoint("best.h5"), /expected a folder, into which/],
  ["saveWeights", () => compiled().saveWeights("w"), /saveWeights\(model, file\)/],
  ["model.load", () => compiled().load("w"), /loadModel\(file\)/],
  ["getLayer", () => compiled().getLayer(0), /model\.layers\[0\]/],
  ["trainable_variables", () => compiled().trainable_variables, /parameters\(\)/],
  ["countParams", () => compiled().countParams(), /countParameters\(\)/],
  ["classes kept with the model", () => compiled().save(join(folder, "m"), { classes: ["a"] }), /saveAll\(file/],
  ["a table as a model", () => cr.loadModel(file("t.csv", table)), /looks like a text.*readCsv/],
  [
    "a path as a state",
    () => compiled().loadStateDict("w.safetensors"),
    /an object of values by name, [^.]*got "w\.safetensors"/,
  ],
  ["a state that is not there yet", () => compiled().loadStateDict(Promise.resolve({})), /got a promise/],
  [
    "targets before predictions",
    () => cr.metrics.accuracy(tensor([0, 1]), tensor(x).slice("0:2")),
    /Predictions come first/,
  ],
])("from Keras, in training: %s", async (_name, f, expected) => {
  expect(await messageOf(f)).toMatch(expected);
});

it.each<Guess>([
  ["a module without forward", () => new (class Half extends Module {})().call(x), /half: expected a method forward/],
  ["register_buffer", () => new Net().register_buffer("mean", 0), /this\.mean = buffer\(/],
  ["named_modules", () => new Net().named_modules(), /namedModules\(\)/],
  ["half", () => new Net().half(), /dtype: "float64"/],
  ["crossEntropy(labels, scores)", () => cr.crossEntropy([0, 1], cr.zeros([2, 3])), /Predictions come first/],
  ["retain_graph alone", () => parameter([1]).sum().backward({ retain_graph: true }), /Did you mean "retainGraph"/],
  ["backward(true)", () => parameter([1]).sum().backward(true), /as in \{ retainGraph: … \}/],
  ["mean({ dim })", () => tensor(x).mean({ dim: 1 }), /^mean: [\s\S]*mean\(1, \{ keepDims: true \}\)/],
  ["argmax({ dim })", () => tensor(x).argmax({ dim: 1 }), /The axis stands by itself/],
  ["concat(list, { axis })", () => cr.concat([tensor(x), tensor(x)], { axis: 1 }), /The axis stands by itself/],
  ["sum(1, true)", () => tensor(x).sum(1, true), /as in \{ keepDims: … \}/],
  ["numel()", () => tensor(x).numel(), /x\.size/],
  ["gt(0)", () => tensor(x).gt(0), /x\.greater\(y\)/],
  ["equals", () => tensor(x).equals(tensor(x)), /allClose\(x, y\)/],
  ["max(1).indices", () => tensor(x).max(1).indices, /argmax\(1\)/],
  ["einsum of a list", () => cr.einsum("ij->ji", [tensor(x)]), /einsum\("ij,jk->ik", a, b\)/],
  ["randn(2, 3)", () => cr.randn(2, 3), /in one array: \[2, 3\]/],
  ["rand(2, 3)", () => cr.rand(2, 3), /in one array: \[2, 3\]/],
  ["a model as a tensor", () => cr.grad(() => tensor(1))(new Net()), /got a Net\.$/],
  ["register_hook", () => parameter([1]).register_hook(() => {}), /onGradient\(hook\)/],
])("from PyTorch, of modules and tensors: %s", async (_name, f, expected) => {
  expect(await messageOf(f)).toMatch(expected);
});

it.each<Guess>([
  [
    "parameters without a call",
    () => new Adam(new Net().parameters),
    /a list of them, a module[^.]*got the function parameters/,
  ],
  ["step(closure)", () => new SGD(new Net()).step(() => tensor(1)), /no arguments[\s\S]*Call loss\.backward\(\) first/],
  ["step(loss)", () => new Adam(new Net()).step(tensor(1)), /no arguments[\s\S]*Call loss\.backward\(\) first/],
  [
    "weights that are tensors",
    () => trained(new TensorWeight()),
    /weights of a module are parameter\(…\), in fields without #/,
  ],
  [
    "weights that are private",
    () => trained(new PrivateWeight()),
    /weights of a module are parameter\(…\), in fields without #/,
  ],
  ["an MLP of Values", () => new SGD(new cr.ScalarMLP([2, 1])).step(), /expected parameters, got a Value/],
  [
    "a schedule without return",
    () => trainedWith({ lr: () => {} }),
    /schedule: expected a learning rate of at least 0, got undefined/,
  ],
  ["step_size", () => cr.stepDecay({ lr: 0.1, step_size: 10 }), /Did you mean "every"/],
  ["T_max", () => cr.cosineDecay({ lr: 0.1, T_max: 10 }), /Did you mean "steps"/],
  ["max_grad_norm", () => new SGD(new Net(), { max_grad_norm: 1 }), /Did you mean "clipNorm"/],
  ["clipGradNorm(1, parameters)", () => cr.clipGradNorm(1, new Net().parameters()), /clipGradNorm\(model, 1\)/],
  ["static_argnums", () => cr.jit((v: any) => v, { static_argnums: 1 }), /constants by themselves/],
  [
    "a loss without a name",
    () => cr.defineLoss((p: any, t: any) => p.sub(t)),
    /name, which comes first, got the function/,
  ],
  ["a loss that is async", () => cr.defineLoss("waits", async (p: any) => p)([1], [1]), /and no async/],
  [
    "a loss in the order of Keras",
    () => cr.defineLoss("turned", (yTrue: any, yPred: any) => yTrue.sub(yPred)),
    /Swap its/,
  ],
])("from PyTorch, in a training loop: %s", async (_name, f, expected) => {
  expect(await messageOf(f)).toMatch(expected);
});

class TensorWeight extends Module {
  w = tensor([1, 1], { requiresGrad: true });
  forward(input: any) {
    return input.mul(this.w);
  }
}
class PrivateWeight extends Module {
  readonly #w = parameter([1, 1]);
  forward(input: any) {
    return input.mul(this.#w);
  }
}

function trainedWith(options: object) {
  return trained(new Net(), options);
}

function trained(net: any, options: object = {}) {
  const optimizer = new SGD(net, options);
  net.call(tensor(x)).sum().backward();
  optimizer.step();
}

it.each<Guess>([
  ["plus", () => value(2).plus(1), /a\.add\(b\)/],
  ["times", () => value(2).times(1), /a\.mul\(b\)/],
  ["max", () => value(2).max(1), /a\.maximum\(b\)/],
  ["item", () => value(2).item(), /v\.data/],
  ["zeroGrad of a number", () => value(2).zeroGrad(), /v\.grad = 0/],
  ["_prev of micrograd", () => value(2)._prev, /v\.parents/],
  ["_backward of micrograd", () => value(2)._backward(), /v\.backward\(\)/],
  ["forward of an MLP", () => new cr.ScalarMLP([2, 1]).forward([1, 2]), /mlp\.call\(\[1, 2\]\)/],
  ["explain of a number", () => cr.explain(3), /^explain: /],
  ["quiz of a number", () => cr.quiz(3), /^quiz: /],
  ["tracePage of nothing", () => cr.tracePage(), /^tracePage: /],
  ["explain of a function", () => cr.explain((v: any) => v.square()), /explain\(f, \[x\]\)/],
  ["graphOf of a model", () => cr.graphOf(untrained()), /graphOf\(model, \[x, y\]\)/],
  ["a history whole", async () => cr.lineChartSvg(await fit({ epochs: 2 })), /draw history\.history/],
  ["a model's regions", () => cr.boundarySvg(untrained()), /\(points\) => model\.predict\(points\)/],
  [
    "inputs that are no list",
    () => cr.checkGradients((v: any) => v.square(), tensor([1])),
    /checkGradients\(f, \[x\]\)/,
  ],
  ["grad_fn", () => parameter([1]).square().grad_fn, /x\.tapeEntry/],
])("a teacher's: %s", async (_name, f, expected) => {
  expect(await messageOf(f)).toMatch(expected);
});

it.each<[layer: string, options: object, expected: RegExp]>([
  ["Conv2d", { in_channels: 1, out_channels: 2, kernel_size: 3 }, /size of its input at the first call/],
  ["Conv2d", { outChannels: 2, kernelSize: 3 }, /Did you mean "filters"/],
  ["Conv2d", { filters: 2, kernelSize: 3, dataFormat: "channels_first" }, /the channels are the second: leave it out/],
  ["MaxPool2d", { poolSize: 2 }, /Did you mean "kernelSize"/],
  ["Dense", { outputDim: 2 }, /Did you mean "units"/],
  ["Dense", { neurons: 2 }, /Did you mean "units"/],
  ["Dropout", { p: 0.5 }, /Did you mean "rate"/],
  ["BatchNorm", { numFeatures: 3 }, /size of its input at the first call/],
  ["BatchNorm", { epsilon: 1e-3 }, /Did you mean "eps"/],
  ["BatchNorm", { affine: false }, /scale: false/],
  ["GroupNorm", { numGroups: 2 }, /Did you mean "groups"/],
  ["LayerNorm", { normalizedShape: 3 }, /size of its input at the first call/],
  ["Embedding", { num_embeddings: 10, embedding_dim: 4 }, /Did you mean "inputDim"/],
  ["Embedding", { vocabSize: 10, outputDim: 4 }, /Did you mean "inputDim"/],
  ["Embedding", { inputDim: 10, embedding_dim: 4 }, /Did you mean "outputDim"/],
  ["LSTM", { hiddenSize: 8 }, /^LSTM: .*Did you mean "units"/s],
  ["GRU", { input_size: 3, hidden_size: 8 }, /^GRU: .*size of its input at the first call/s],
  ["SimpleRNN", { units: 8, nonlinearity: "relu" }, /Did you mean "activation"/],
  ["LSTM", { units: 8, bidirectional: true }, /new Bidirectional\(new LSTM/],
  ["LSTM", { units: 8, batch_first: true }, /The batch is the first axis/],
  ["LSTM", { units: 8, return_state: true }, /lstm\.call\(x, \{ returnState: true \}\)/],
  ["MultiHeadAttention", { embedDim: 8, numHeads: 2 }, /Did you mean "heads"/],
  ["MultiHeadAttention", { heads: 2, key_dim: 4 }, /Write embedDim/],
  ["MultiHeadAttention", { embedDim: 8, heads: 2, causal: true }, /attention\.call\(x, \{ causal: true \}\)/],
  ["Conv1d", { filters: 1, kernelSize: 2, causal: true }, /Attention takes it/],
  ["TransformerEncoder", { d_model: 8, nhead: 2, numLayers: 1 }, /Did you mean "embedDim"/],
])("options of Keras and PyTorch: %s of %o", async (layer, options, expected) => {
  expect(await messageOf(() => new cr[layer](options))).toMatch(expected);
});

it.each<[optimizer: string, options: object, expected: RegExp]>([
  ["Adam", { beta_1: 0.9 }, /Did you mean "betas"/],
  ["Adam", { momentum: 0.9 }, /Did you mean "betas"/],
  ["Adam", { l2: 0.1 }, /Did you mean "weightDecay"/],
  ["Adam", { fused: true }, /leave it out/],
  ["RMSprop", { beta_1: 0.9 }, /^(?!.*betas)/],
])("options of Keras' and PyTorch's optimizers: %s of %o", async (optimizer, options, expected) => {
  expect(await messageOf(() => new cr[optimizer](new Dense({ units: 1, inputDim: 1 }).parameters(), options))).toMatch(
    expected,
  );
});

it("options of Keras' and PyTorch's losses", async () => {
  const loss = (options: object) => messageOf(() => cr.crossEntropy(tensor([[1, 2]]), tensor([1]), options));
  expect(await loss({ from_logits: true })).toMatch(/categoricalCrossEntropy, .* probabilities/);
  expect(await loss({ size_average: true })).toMatch(/Did you mean "reduction"/);
});

it("the hints do not change what works", async () => {
  expect(new SGD(new Net(), { learning_rate: 0.5 }).lr).toBe(0.5);
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  expect((await fit({ epochs: 2 })).history.loss.length).toBe(2);
  warn.mockRestore();
  expect(
    cr
      .defineLoss("unturned", (p: any, t: any) => p.sub(t).square())([1], [3])
      .item(),
  ).toBe(4);
  expect(new cr.StandardScaler().fit(x).transform(x).shape).toEqual([4, 2]);
});
