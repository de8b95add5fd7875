// biome-ignore-all lint/suspicious/noExplicitAny: what the compiler would refuse is what is tried.
/**
 * More of what newcomers type, out of habit from other libraries' files, arrays, optimizers and models: it says what to type.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as chainrule from "chainrule";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { messageOf } from "./message-of.ts";

// Much of it is refused by types as well.
const cr = chainrule as unknown as Record<string, any>;
const { tensor, parameter, manualSeed, Sequential, Dense, Adam, SGD } = cr;

const x = [
  [0, 1],
  [1, 0],
  [1, 1],
  [0, 0],
];
const y = [[1], [0], [1], [0]];

function compiled(options: object = {}) {
  const model = new Sequential([new Dense({ units: 1, inputDim: 2, activation: "sigmoid" })]);
  return model.compile({ optimizer: "adam", loss: "binaryCrossEntropy", ...options });
}
const fit = (options: object) => compiled().fit(x, y, { verbose: 0, ...options });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chainrule-guesses-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  manualSeed(1);
});

type Guess = [name: string, f: () => unknown, expected: RegExp];

it.each<Guess>([
  ['metrics: "accuracy"', () => compiled({ metrics: "accuracy" }), /metrics: \["accuracy"\]/],
  [
    "PyTorch's BCEWithLogitsLoss",
    () => compiled({ loss: "BCEWithLogitsLoss" }),
    /It is "binaryCrossEntropyWithLogits"/,
  ],
  ["PyTorch's CrossEntropyLoss", () => compiled({ loss: "CrossEntropyLoss" }), /It is "crossEntropy"/],
  ["PyTorch's MSELoss", () => cr.lossByName("MSELoss"), /It is "mse"/],
  ["a class as an activation", () => new Dense({ units: 3, activation: cr.ReLU }), /new Dense\(16\), new ReLU\(\)/],
  ["a layer as an activation", () => new Dense({ units: 3, activation: new cr.ReLU() }), /stands by itself/],
  ['"relu" as a layer', () => new Sequential([new Dense(3), "relu"]), /new Activation\("relu"\)/],
  ['padding: "SAME"', () => new cr.Conv2d({ filters: 1, kernelSize: 3, padding: "SAME" }), /Did you mean "same"/],
  [
    "predictions that want a Flatten",
    () => cr.crossEntropy(cr.zeros([4, 2, 6, 10]), [1, 2, 3, 4]),
    /\[batch, classes\].*Flatten/,
  ],
])("%s, in building a model", async (_name, f, expected) => {
  expect(await messageOf(f)).toMatch(expected);
});

it.each<Guess>([
  ["records as rows", () => compiled().fit([{ a: 1, b: 2 }], [[1]]), /rows\.map\(\(\{ a, b \}\) => \[a, b\]\)/],
  ["the path of a file", () => compiled().fit("data.csv", y), /await readCsv\("data\.csv"\)/],
  ["data that are not there yet", () => compiled().fit(Promise.resolve(x), y), /Wait for it: await/],
  ["inputs and targets in one object", () => compiled().fit({ x, y }), /fit\(x, y\)/],
  ["a callback alone", () => fit({ callbacks: new cr.EarlyStopping() }), /callbacks: \[callback\]/],
  ["hooks alone, as in TensorFlow.js", () => fit({ callbacks: { onEpochEnd() {} } }), /callbacks: \[callback\]/],
  ["the class of a callback", () => fit({ callbacks: [cr.EarlyStopping] }), /new EarlyStopping\(…\)/],
  ["a function as a callback", () => fit({ callbacks: [() => {}] }), /\{ onEpochEnd: \(epoch, logs\) => … \}/],
  ["getWeights", () => compiled().getWeights(), /stateDict\(\)/],
  ["predict_classes", () => compiled().predict_classes(x), /argmax\(-1\)/],
  ["score of scikit-learn", () => compiled().score(x, y), /await evaluate\(x, y\)/],
  ["to_json", () => compiled().to_json(), /save\(file\)/],
  ["parameters one by one", () => new Adam(...compiled().parameters()), /new Adam\(model\.parameters\(\)/],
  ["param_groups", () => new SGD([parameter([1])]).param_groups[0], /optimizer\.lr = 0\.01/],
])("%s, in training", async (_name, f, expected) => {
  expect(await messageOf(f)).toMatch(expected);
});

it.each<Guess>([
  ["x.requires_grad = true", () => Object.assign(tensor([1]), { requires_grad: true }), /parameter\(x\)/],
  ["requires_grad_()", () => tensor([1]).requires_grad_(), /parameter\(x\)/],
  ["add_", () => tensor([1]).add_(1), /x = x\.add\(y\).*w\.assign/],
  ["w.grad.zero_()", () => tensor([1]).zero_(), /optimizer\.zeroGrad\(\)/],
  ["x[0] = …", () => Object.assign(tensor([1, 2]), { 0: 5 }), /got 0 = ….*\n.*sliceUpdate/],
  ["set", () => tensor([1, 2]).set(0, 5), /sliceUpdate/],
  ["head", () => tensor([1, 2]).head(), /slice\("0:5"\)/],
  ["print", () => tensor([1, 2]).print(), /console\.log/],
  ["dim()", () => tensor([1, 2]).dim(), /x\.rank/],
  ["concat(a, b)", () => cr.concat(tensor([1]), tensor([2])), /concat\(\[a, b\]\)/],
  ["stack(a, b)", () => cr.stack(tensor([1]), tensor([2])), /stack\(\[a, b\]\)/],
  ['slice(":, 0") of NumPy', () => tensor([[1, 2]]).slice(":, 0"), /slice\(":", "0:2"\)/],
  ["a Value among numbers", () => tensor([cr.value(1)]), /value\.data/],
  ["a Value and a tensor", () => tensor([1]).add(cr.value(1)), /value\.data/],
  ["ScalarMLP of micrograd", () => new cr.ScalarMLP(2, [4, 1]), /new ScalarMLP\(\[2, 16, 1\]\)/],
  ["grad(f, x)", () => cr.grad((v: any) => v.square(), tensor(3)), /grad\(f\)\(x\)/],
  ["argnums of JAX", () => cr.grad((v: any) => v, { argnums: 0 }), /Did you mean "argument"/],
  ["named parameters of Normal", () => new cr.Normal({ loc: 0, scale: 1 }), /new Normal\(loc, scale\)/],
  ["a list of probabilities", () => new cr.Categorical([0.5, 0.5]), /new Categorical\(\{ probs: … \}\)/],
  ["a probability", () => new cr.Bernoulli(0.5), /new Bernoulli\(\{ probs: … \}\)/],
])("%s, of tensors and numbers", async (_name, f, expected) => {
  expect(await messageOf(f)).toMatch(expected);
});

describe("files", () => {
  it.each([
    ["m.h5", /\.npz/],
    ["m.keras", /model\.safetensors/],
    ["m.pt", /exportPyTorch\(model, path\)/],
    ["m.onnx", /exportOnnx\(model, path\)/],
    ["m.json", /model\.safetensors/],
  ])("are not written under a name that promises another format: %s", async (name, hint) => {
    const message = await messageOf(() => compiled().save(join(folder, name)));
    expect(message).toMatch(/a path that ends in \.safetensors/);
    expect(message).toMatch(hint);
    expect(readdirSync(folder)).not.toContain(name);
  });

  it.each(["localstorage://model", "indexeddb://model", "downloads://model"])("are no %s", async (path) => {
    expect(await messageOf(() => compiled().save(path))).toMatch(/the path of a file.*\n.*encodeModel\(model\)/);
  });

  it.each<[string, string | number[], RegExp]>([
    ["a.h5", [0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10, 0], /an HDF5 file.*\n.*loadKerasWeights/],
    ["a.pt", [0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0], /a ZIP archive.*\n.*loadTorchWeights/],
    ["a.pkl", [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9], /a pickle of Python/],
    ["a.npy", [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0x76], /a \.npy file.*\n.*readNpy/],
    ["a.json", "{}", /JSON/],
    ["a.onnx", [8, 7, 0x12, 5, 0x70, 0x79, 0x74, 0x6f, 0x72], /ONNX/],
  ])("of others are named by what they are: %s", async (name, bytes, expected) => {
    writeFileSync(join(folder, name), typeof bytes === "string" ? bytes : Uint8Array.from(bytes));
    expect(await messageOf(() => cr.loadModel(join(folder, name)))).toMatch(expected);
  });

  it("are waited for", async () => {
    const file = join(folder, "model.safetensors");
    await compiled().save(file);
    expect(await messageOf(() => cr.loadModel(file).predict(x))).toMatch(/await loadModel\(…\)/);
    writeFileSync(join(folder, "a.csv"), "a,b\n1,2\n");
    expect(await messageOf(() => cr.readCsv(join(folder, "a.csv")).features)).toMatch(/await readCsv\(…\)/);
    expect((await cr.readCsv(join(folder, "a.csv"))).features.toArray()).toEqual([[1]]);
    expect((await cr.loadModel(file)).predict(x).shape).toEqual([4, 1]);
  });

  it.each<Guess>([
    ["parseCsv of a path", () => cr.parseCsv("data/iris.csv"), /await readCsv\("data\/iris\.csv"\)/],
    ["loadMnist without a folder", () => cr.loadMnist(), /expected the folder.*\n.*loadMnist\("mnist"\)/],
    ["batches of one object", () => cr.batches({ x, y, batchSize: 2 }), /batches\(x, y, \{ batchSize: 32 \}\)/],
  ])("%s", async (_name, f, expected) => {
    expect(await messageOf(f)).toMatch(expected);
  });
});

it("clips a model's gradients as well as a list's", () => {
  const model = compiled();
  model.call(tensor(x)).sum().backward();
  expect(cr.clipGradNorm(model, 0.1).item()).toBeGreaterThan(0.1);
  expect(cr.clipGradNorm(model.parameters(), 1).item()).toBeCloseTo(0.1, 4);
  cr.clipGradValue(model, 0.01);
  expect(Math.max(...model.parameters().flatMap((w: any) => [...w.grad.abs().toTypedArray()]))).toBeCloseTo(0.01, 6);
});

it("says once that a step before any backward pass changes nothing", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const w = parameter([1, 2]);
  const optimizer = new SGD([w], { lr: 0.1 });
  for (let i = 0; i < 2; i++) optimizer.step();
  expect(warn.mock.calls.flat().join()).toMatch(/SGD\.step: no parameter has a gradient.*loss\.backward\(\) first/);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(w.toArray()).toEqual([1, 2]);
  warn.mockRestore();
});
