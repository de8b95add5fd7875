import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DataError, Generator, ModelError, OptionError, ones, randn, type Tensor, tensor } from "@chainrule/core";
import { BatchNorm, Dense, Dropout, Linear, LSTM, Model, Sequential } from "@chainrule/nn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeSafetensors, readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import { encodeAll, encodeModel } from "./file.ts";
import { loadWeights, saveWeights } from "./weights.ts";

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chainrule-weights-"));
  path = join(folder, "net.safetensors");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A class whose constructor nobody else can call. */
class Net extends Model {
  hidden: Linear;
  norm = new BatchNorm({ inputDim: 4 });
  out: Linear;
  constructor(classes: number, generator: Generator) {
    super();
    this.hidden = new Linear(2, 4, { generator });
    this.out = new Linear(4, classes, { generator });
  }
  forward(x: Tensor) {
    return this.out.call(this.norm.call(this.hidden.call(x).relu()));
  }
}

const net = (seed: number, classes = 3) => new Net(classes, new Generator(seed));
const names = Object.keys(net(1).stateDict());
const valuesOf = (model: Model | Sequential) =>
  Object.fromEntries(Object.entries(model.stateDict()).map(([name, x]) => [name, x.toArray()]));

describe("saveWeights and loadWeights", () => {
  it("bring weights and state from one instance to another, by path, URL and bytes", async () => {
    const model = net(1);
    model.call(randn([5, 2], { generator: new Generator(7) })); // moves the running statistics
    await saveWeights(model, path);
    expect(readdirSync(folder)).toEqual(["net.safetensors"]);
    expect(Object.keys((await readSafetensors(path)).tensors).sort()).toEqual([...names].sort());
    for (const source of [
      path,
      pathToFileURL(path),
      new Uint8Array(readFileSync(path)),
      encodeSafetensors(model.stateDict()),
    ]) {
      const other = net(2);
      const report = await loadWeights(other, source);
      expect(valuesOf(other)).toEqual(valuesOf(model));
      expect(report).toEqual({ loaded: names, missing: [], surplus: [], otherShape: [] });
    }
  });

  it("say what is missing, surplus and of another shape, and change nothing", async () => {
    const { "out.bias": _bias, "hidden.weight": _hidden, ...rest } = net(1).stateDict();
    const tensors = { ...rest, "hidden.weights": ones([2, 4]), "out.weight": ones([2, 2]) };
    await writeSafetensors(path, tensors);
    const model = net(2);
    const before = valuesOf(model);
    const refused = loadWeights(model, path);
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(
      /^net\.safetensors: expected the names and shapes of the 8 weights and buffers of "net", got no hidden\.weight, out\.bias, and also hidden\.weights, and out\.weight of shape \[2, 2\] in place of \[3, 4\]\.\n {2}Did you mean "hidden\.weight"\?.* To load what fits: \{ partial: true \}\.$/,
    );
    expect(valuesOf(model)).toEqual(before);
  });

  it("load what fits where that is asked for, and report the rest", async () => {
    await saveWeights(net(1, 5), path);
    const model = net(2);
    const before = valuesOf(model);
    const report = await loadWeights(model, path, { partial: true });
    const fitting = names.filter((name) => !name.startsWith("out."));
    expect(report).toEqual({
      loaded: fitting,
      missing: [],
      surplus: [],
      otherShape: [
        { name: "out.weight", expected: [3, 4], got: [5, 4] },
        { name: "out.bias", expected: [3], got: [5] },
      ],
    });
    const saved = valuesOf(net(1, 5));
    for (const name of names)
      expect(valuesOf(model)[name]).toEqual(fitting.includes(name) ? saved[name] : before[name]);
    const none = await loadWeights(model, encodeSafetensors({ other: ones([1]) }), { partial: true });
    expect([none.loaded, none.missing, none.surplus]).toEqual([[], names, ["other"]]);
  });

  it("read what model.save wrote, whatever else is in it", async () => {
    const layers = () => [new Dense({ units: 3, inputDim: 2 }), new Dropout(0.1), new Dense({ units: 1 })];
    const model = new Sequential(layers()).compile({ optimizer: "adam", loss: "mse" });
    await model.fit([[1, 2]], [[3]], { verbose: 0 });
    const other = new Sequential(layers());
    await loadWeights(other, encodeModel(model, { optimizerState: true }));
    expect(valuesOf(other)).toEqual(valuesOf(model));
    const parts = encodeAll({ model, mean: tensor([1, 2]) });
    await expect(loadWeights(other, parts)).rejects.toThrow(/also model\.layers\.0\.bias/);
  });

  it("keep the dtype of the model, and what is frozen frozen", async () => {
    const wide = new Sequential([new Dense({ units: 2, inputDim: 2, dtype: "float64", generator: new Generator(1) })]);
    const model = new Sequential([new Dense({ units: 2, inputDim: 2 })]).freeze();
    await loadWeights(model, encodeSafetensors(wide.stateDict()));
    const [kernel] = model.parameters();
    expect([kernel.dtype, kernel.requiresGrad]).toEqual(["float32", false]);
    expect(kernel.toArray()).toEqual(wide.parameters()[0].cast("float32").toArray());
  });

  it("refuse a model without weights, what is no model, what is no file, and options that do not exist", async () => {
    const unbuilt = new Sequential([new Dense(3)]);
    await saveWeights(net(1), path);
    await expect(loadWeights(unbuilt, path)).rejects.toThrow(
      /The model has no weights yet: give its first layer inputDim/,
    );
    await expect(loadWeights(path as never, path)).rejects.toThrow(OptionError);
    await expect(saveWeights("a" as never, path)).rejects.toThrow(/a model first, then the path/);
    await expect(loadWeights(net(1), path, { partly: true } as object)).rejects.toThrow(
      /got "partly"\.\n {2}Known: partial/,
    );
    await expect(loadWeights(net(1), path, { partial: 1 as never })).rejects.toThrow(/partial true or false/);
    await expect(loadWeights(net(1), join(folder, "nothing"))).rejects.toThrow(DataError);
    truncateSync(path, 200);
    const model = net(3);
    const before = valuesOf(model);
    await expect(loadWeights(model, path, { partial: true })).rejects.toThrow(DataError);
    expect(valuesOf(model)).toEqual(before);
  });

  it("go into a compiled model, which goes on with them", async () => {
    const x = randn([8, 2], { generator: new Generator(3) });
    const model = net(1).compile({ optimizer: "sgd", loss: "crossEntropy" });
    const labels = tensor(new Int32Array(8));
    await model.fit(x, labels, { epochs: 3, batchSize: 4, verbose: 0 });
    const other = net(2);
    await loadWeights(model, encodeSafetensors(other.stateDict()));
    expect(model.predict(x).toArray()).toEqual(other.eval().call(x).toArray());
    await model.fit(x, labels, { batchSize: 4, verbose: 0 });
    expect(model.predict(x).toArray()).not.toEqual(other.call(x).toArray());
  });
});

it("recurrent layers keep their states to themselves: weights of one go into another", async () => {
  const [a, b] = [1, 2].map(
    (seed) =>
      new Sequential([new LSTM({ units: 2, inputShape: [3, 1], stateful: true, generator: new Generator(seed) })]),
  );
  a.call(randn([2, 3, 1]));
  await loadWeights(b, encodeSafetensors(a.stateDict()));
  expect((b.layers[0] as LSTM).state).toBeNull();
});
