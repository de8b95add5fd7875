import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  add,
  ChainRuleError,
  Generator,
  getDefaultDType,
  manualSeed,
  parameter,
  rand,
  randn,
  setDefaultDType,
  type Tensor,
  tensor,
} from "@chainrule/core";
import { MinMaxScaler, StandardScaler, Vocabulary } from "@chainrule/data";
import { crossEntropy } from "@chainrule/losses";
import {
  Adam,
  apply,
  BatchNorm,
  Concatenate,
  Dense,
  Dropout,
  Functional,
  input,
  Layer,
  type LayerOptions,
  LSTM,
  l2,
  Model,
  Module,
  madeBy,
  registerSerializable,
  Sequential,
  SGD,
  stepDecay,
  TopKAccuracy,
} from "@chainrule/nn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { messageOf } from "../../test/fixture.ts";
import { parseSafetensors } from "../formats/safetensors.ts";
import { encodeAll, encodeModel, loadAll, loadModel, parseAll, parseModel, saveAll } from "./file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chainrule-models-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const x = randn([12, 3], { generator: new Generator(1) });
const labels = tensor(Int32Array.from({ length: 12 }, (_, i) => i % 2));

function classifier(): Sequential {
  const generator = new Generator(2);
  return new Sequential([
    new Dense({ units: 5, inputDim: 3, activation: "relu", kernelRegularizer: l2(0.01), generator }),
    new BatchNorm(),
    new Dropout(0.3, { generator }),
    new Dense({ units: 2, generator }),
  ]);
}

function compiled(): Sequential {
  return classifier().compile({
    optimizer: new Adam({ lr: stepDecay({ lr: 0.05, every: 2 }), clipNorm: 1 }),
    loss: crossEntropy.with({ labelSmoothing: 0.1 }),
    metrics: ["accuracy", new TopKAccuracy(1)],
  });
}

describe("a model that was saved and loaded", () => {
  it("predicts and evaluates the same, bit by bit", async () => {
    const model = compiled();
    await model.fit(x, labels, { epochs: 2, batchSize: 4, verbose: 0 });
    const own = mkdtempSync(join(folder, "own-"));
    const path = join(own, "model.safetensors");
    await model.save(path);
    const told: unknown[] = [];
    const onProgress = (...progress: unknown[]) => told.push(progress);
    await model.save(path, { onProgress });
    const loaded = await loadModel(path, { onProgress });
    const size = statSync(path).size;
    expect(told).toEqual([
      [size, size],
      [size, size],
    ]);
    expect(loaded).toBeInstanceOf(Sequential);
    expect(loaded.toString()).toBe(model.toString());
    expect(loaded.predict(x).toTypedArray()).toEqual(model.predict(x).toTypedArray());
    expect(await loaded.evaluate(x, labels)).toEqual(await model.evaluate(x, labels));
    expect(readdirSync(own)).toEqual(["model.safetensors"]);
  });

  it("goes on training where it was, with the optimizer's state and its layers' random numbers", async () => {
    const options = { epochs: 2, batchSize: 12, verbose: 0, shuffle: false, jit: false } as const;
    const model = compiled();
    await model.fit(x, labels, options);
    const loaded = parseModel(encodeModel(model, { optimizerState: true }));
    expect(loaded.optimizer.iterations).toBe(2);
    await model.fit(x, labels, options);
    await loaded.fit(x, labels, options);
    expect(loaded.stateDict()).toEqual(model.stateDict());
    expect(loaded.optimizer.stateDict()).toEqual(model.optimizer.stateDict());
  });

  it("goes on with what layers remember besides their weights", () => {
    const sequences = randn([4, 3, 2], { generator: new Generator(5) });
    const model = new Sequential([
      new LSTM({ units: 3, stateful: true }),
      new Dropout({ rate: 0.5, seed: 4 }),
      new Dense({ units: 1, inputDim: 3 }),
    ]);
    for (let i = 0; i < 3; i++) model.call(sequences);
    const [going, anew] = [true, false].map((optimizerState) => parseModel(encodeModel(model, { optimizerState })));
    const expected = model.call(sequences).toArray();
    expect(going.call(sequences).toArray()).toEqual(expected);
    expect(anew.call(sequences).toArray()).not.toEqual(expected);
  });

  it("has the learning rate that it had, and its optimizer by name", () => {
    const model = classifier().compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
    model.optimizer.lr = 0.0123;
    const loaded = parseModel(encodeModel(model));
    expect([loaded.optimizer.name, loaded.optimizer.lr, loaded.optimizer.iterations]).toEqual(["Adam", 0.0123, 0]);
    expect(loaded.optimizer.options).toEqual(model.optimizer.options);
    expect(parseModel(encodeModel(classifier())).compileOptions).toBeNull();
  });

  it("has groups of weights with rates of their own", () => {
    const model = classifier();
    const [first, , , last] = model.layers;
    const optimizer = new SGD(
      [
        { params: first, lr: 0.1 },
        { params: last.parameters(), weightDecay: 0.3 },
      ],
      { lr: 0.7 },
    );
    model.compile({ optimizer, loss: "cross_entropy" });
    const loaded = parseModel(encodeModel(model));
    const settings = (each: Model) => each.optimizer.groups.map(({ lr, hyper }) => [lr.item(), hyper.weightDecay]);
    expect(settings(loaded)).toEqual(settings(model));
    expect(settings(loaded)).toEqual([
      [0.1, 0],
      [0.7, 0.3],
    ]);
  });

  it("has frozen weights frozen, and modes as they were", () => {
    const model = classifier();
    for (const weight of model.layers[0].parameters()) weight.requiresGrad = false;
    model.layers[2].eval();
    const loaded = parseModel<Sequential>(encodeModel(model));
    expect(loaded.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual([false, false, true, true, true, true]);
    expect(loaded.layers.map(({ training }) => training)).toEqual([true, true, false, true]);
  });

  it("draws no random numbers, and leaves the default dtype", () => {
    setDefaultDType("float64");
    const bytes = encodeModel(new Sequential([new Dense({ units: 2, inputDim: 3 }), new BatchNorm()]));
    setDefaultDType("float32");
    manualSeed(3);
    const [wanted] = rand([1]).toTypedArray();
    manualSeed(3);
    const model = parseModel(bytes);
    expect(rand([1]).item()).toBe(wanted);
    expect(getDefaultDType()).toBe("float32");
    expect(model.parameters().map(({ dtype }) => dtype)).toEqual(new Array(4).fill("float64"));
  });

  it("is the same before it has weights", () => {
    const model = new Sequential([new Dense(4), new Dense(2)], { name: "late" });
    const loaded = parseModel<Sequential>(encodeModel(model));
    expect([loaded.name, loaded.namedParameters().size]).toEqual(["late", 0]);
    expect(loaded.call(x).shape).toEqual([12, 2]);
  });

  it("is a safetensors file with the names of stateDict", () => {
    const model = classifier();
    const { tensors, metadata } = parseSafetensors(encodeModel(model));
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(model.stateDict()).sort());
    expect(JSON.parse(metadata.chainrule)).toMatchObject({ format: 1, version: "0.1.0" });
  });
});

describe("a functional model that was saved and loaded", () => {
  it("has shared layers, several inputs and outputs by name, options of calls, constants and nested models", () => {
    const left = input([4, 3], { name: "left" });
    const right = input([4, 3]);
    const mask = input([4], { name: "mask", dtype: "bool" });
    const shared = new LSTM({ units: 2 });
    const inner = new Sequential([new Dense(3, { activation: "tanh" }), new Dense(2)], { name: "inner" });
    const [a, b] = [shared.call(left, { mask }), shared.call(right)];
    const scale = parameter([2, 3]);
    const scaled = apply(add, inner.call(a), scale);
    const both = new Concatenate().call(inner.call(b), scaled, apply(add, a, tensor([1, 2])));
    const model = new Functional({ inputs: { l: left, r: right, m: mask }, outputs: { both, scaled }, name: "towers" });
    const values = [
      randn([2, 4, 3]),
      randn([2, 4, 3]),
      tensor([
        [true, true, false, false],
        [true, true, true, true],
      ]),
    ];
    const loaded = parseModel<typeof model>(encodeModel(model));
    expect(loaded.toString()).toBe(model.toString());
    expect([loaded.name, loaded.inputNames, loaded.outputNames]).toEqual([
      "towers",
      ["l", "r", "m"],
      ["both", "scaled"],
    ]);
    const [wanted, found] = [model, loaded].map((each) => each.call(...values));
    expect([found.both.toArray(), found.scaled.toArray()]).toEqual([wanted.both.toArray(), wanted.scaled.toArray()]);
    expect(loaded.countParameters()).toEqual(model.countParameters());
  });

  it("may stand in others, and share layers with another one in the same file", () => {
    const image = input([6]);
    const code = new Dense(2).call(image);
    const encoder = new Functional({ inputs: image, outputs: code });
    const autoencoder = new Functional({ inputs: image, outputs: new Dense(6).call(code) });
    const outer = new Sequential([encoder as never, new Dense(1)]);
    outer.call(randn([1, 6]));
    const parts = parseAll<{ encoder: typeof encoder; autoencoder: typeof encoder; outer: Sequential }>(
      encodeAll({ encoder, autoencoder, outer }),
    );
    const [weight] = parts.encoder.parameters();
    expect([parts.autoencoder.parameters()[0], parts.outer.parameters()[0]]).toEqual([weight, weight]);
    expect(parts.autoencoder.parameters()[0]).toBe(weight);
    expect(parts.outer.parameters()[0]).toBe(weight);
    const example = randn([2, 6]);
    expect(parts.autoencoder.call(example).toArray()).toEqual(autoencoder.call(example).toArray());
    expect(parts.outer.call(example).toArray()).toEqual(outer.call(example).toArray());
  });
});

class Scale extends Layer {
  readonly factor: number;
  constructor(factor: number, options: LayerOptions = {}) {
    super(options);
    this.factor = factor;
  }
  protected override constructorArguments() {
    return [this.factor, ...super.constructorArguments()];
  }
  forward(x: Tensor) {
    return x.mul(this.factor);
  }
}
class Net extends Model {
  hidden = new Dense(4);
  out = new Dense(1);
  forward(x: Tensor) {
    return this.out.call(this.hidden.call(x).relu());
  }
}

describe("classes and functions of one's own", () => {
  const swish3 = (t: Tensor) => t.mul(t.mul(3).sigmoid());
  const ownLoss = (p: Tensor, t: Tensor) => p.sub(t).abs();
  const model = () =>
    new Sequential([
      new Dense({ units: 2, inputDim: 3, activation: swish3 }),
      new Scale(2.5, { name: "half" }),
    ]).compile({
      loss: ownLoss,
    });

  it("are given when loading", () => {
    const saved = model();
    const loaded = parseModel<Sequential>(encodeModel(saved), { custom: { Scale, swish3, ownLoss } });
    expect(loaded.call(x).toArray()).toEqual(saved.call(x).toArray());
    expect([(loaded.layers[1] as Scale).factor, loaded.layers[1].name]).toEqual([2.5, "half"]);
    expect(loaded.compileOptions!.loss).toBe(ownLoss);
  });

  it("are missed by name, with how to give them", () => {
    const bytes = encodeModel(model());
    expect(messageOf(() => parseModel(bytes, { custom: { Scale, ownLoss } }, "m.safetensors"))).toBe(
      'm.safetensors: expected the function "swish3", which the model was saved with, got no such name.\n' +
        "  Give it when loading, { custom: { swish3 } }, or where it is defined: registerSerializable({ swish3 }).",
    );
    expect(messageOf(() => parseModel(bytes, { custom: { swish3, ownLoss } }))).toContain('the layer or model "Scale"');
    expect(messageOf(() => parseModel(bytes, { custom: { Scale: 3 } }))).toContain('a class or a function as "Scale"');
    expect(messageOf(() => parseModel(bytes, { custom: { Scale: swish3, swish3 } }))).toContain("the class of a layer");
  });

  it("are registered by name, once for a program, also what makes functions", () => {
    const scaledTanh = (factor: number) => madeBy(scaledTanh, [factor], (t: Tensor) => t.tanh().mul(factor));
    registerSerializable({ "my/scaledTanh": scaledTanh });
    const saved = new Sequential([new Dense({ units: 2, inputDim: 3, activation: scaledTanh(3) })]);
    expect(parseModel(encodeModel(saved)).call(x).toArray()).toEqual(saved.call(x).toArray());
    expect(() => registerSerializable({ "my/scaledTanh": swish3 })).toThrow("a name that nothing else has");
    expect(() => registerSerializable({ three: 3 })).toThrow('a class or a function as "three"');
  });

  it("do not take the place of the library's, whatever they are called", () => {
    const relu = (t: Tensor) => t.mul(7);
    const saved = new Sequential([new Dense({ units: 2, inputDim: 3, activation: relu })]);
    expect(() => parseModel(encodeModel(saved))).toThrow('the function "relu"');
    expect(parseModel(encodeModel(saved), { custom: { relu } }).call(x).toArray()).toEqual(saved.call(x).toArray());
  });

  it("are refused before anything is written where they have no name, or do not say how they are made", async () => {
    const anonymous = new Sequential([new Dense({ units: 2, inputDim: 3 }), (t: Tensor) => t.mul(2)]);
    const path = join(folder, "refused.safetensors");
    await expect(anonymous.save(path)).rejects.toThrow(
      /^save, model "sequential", model, "sequential" \(Sequential\), 0, 1, "lambda" \(Lambda\), .*: expected functions that have names, got \(\(t\) => t\.mul\(2\)\)\.\n {2}A file can hold only the name/,
    );
    class Silent extends Module {
      readonly factor: number;
      constructor(factor: number) {
        super();
        this.factor = factor;
      }
      forward(t: Tensor) {
        return t.mul(this.factor);
      }
    }
    expect(messageOf(() => encodeModel(new Sequential([new Silent(2)])))).toContain(
      "Write in class Silent: constructorArguments()",
    );
    expect(readdirSync(folder)).not.toContain("refused.safetensors");
  });

  it("may be whole models", () => {
    const net = new Net();
    net.call(x);
    const loaded = parseModel<Net>(encodeModel(net), { custom: { Net } });
    expect(loaded.call(x).toArray()).toEqual(net.call(x).toArray());
  });
});

describe("models with what belongs to them", () => {
  it("are one file", () => {
    const model = classifier();
    const given = {
      model,
      classes: ["no", "yes"],
      limits: [0, Number.POSITIVE_INFINITY],
      bias: tensor([1, 2]),
      note: null,
    };
    const found = parseAll<typeof given>(encodeAll(given));
    expect([found.classes, found.limits, found.note, found.bias.toArray()]).toEqual([
      ["no", "yes"],
      [0, Number.POSITIVE_INFINITY],
      null,
      [1, 2],
    ]);
    expect(found.model.eval().call(x).toArray()).toEqual(model.eval().call(x).toArray());
    expect(parseModel(encodeAll(given)).call(x).toArray()).toEqual(model.call(x).toArray());
  });

  it("keep what prepares the data, so that predicting the next day takes two lines", async () => {
    const words = (text: string) => text.split("|");
    const raw = randn([9, 3], { generator: new Generator(3) }).mul(100);
    const scaler = new StandardScaler().fit(raw);
    const range = new MinMaxScaler({ featureRange: [-1, 1] }).fit(raw);
    const vocabulary = new Vocabulary(["a|b", "b"], { tokenize: words });
    const model = classifier();
    const path = join(folder, "prepared.safetensors");
    await saveAll(path, { model, scaler, rest: [range, { vocabulary }] });
    const custom = { words };
    const loaded = await loadAll<{ model: Sequential; scaler: StandardScaler; rest: never[] }>(path, { custom });
    expect(loaded.model.predict(loaded.scaler.transform(raw)).toArray()).toEqual(
      model.predict(scaler.transform(raw)).toArray(),
    );
    const [sameRange, other] = loaded.rest as unknown as [MinMaxScaler, { vocabulary: Vocabulary }];
    expect(sameRange.transform(raw)).toEqual(range.transform(raw));
    expect(other.vocabulary.encode("b|c")).toEqual(vocabulary.encode("b|c"));
    await expect(loadAll(path)).rejects.toThrow('the function "words"');
    registerSerializable({ "my/words": words });
    await expect(loadAll(path)).resolves.toBeTruthy();
    expect(() => encodeAll({ scaler: new StandardScaler() })).toThrow("a scaler that was fitted");
  });

  it("stand by themselves in it", () => {
    const model = classifier();
    expect(() => encodeAll({ all: [model] })).toThrow("models by themselves: { model, … }");
    expect(() => encodeAll({ "a.b": model })).toThrow("names without dots");
    expect(() => parseModel(encodeAll({ a: model, b: classifier() }))).toThrow('expected one model, got "a", "b"');
    expect(() => parseModel(encodeAll({ a: 1 }))).toThrow("expected one model, got none");
  });
});

describe("a file of a model that is damaged or hostile", () => {
  /** The file with the JSON of its model changed. */
  function changed(change: (json: string) => string, bytes = encodeModel(compiled())): () => unknown {
    const text = new TextDecoder().decode(bytes.subarray(8));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(
      text.slice(0, text.indexOf("\u0000") < 0 ? length : Math.min(length, text.length)).trimEnd(),
    );
    header.__metadata__.chainrule = change(header.__metadata__.chainrule);
    const encoded = new TextEncoder().encode(JSON.stringify(header));
    const made = new Uint8Array(8 + encoded.length + bytes.length - 8 - length);
    new DataView(made.buffer).setBigUint64(0, BigInt(encoded.length), true);
    made.set(encoded, 8);
    made.set(bytes.subarray(8 + length), 8 + encoded.length);
    return () => parseModel(made, {}, "m");
  }

  it.each<[string, (json: string) => string, string]>([
    ["another version", (json) => json.replace('"format":1', '"format":2'), "Update chainrule"],
    ["no JSON", () => "{", "expected JSON"],
    ["a class that is none", (json) => json.replace('"Dropout"', '"Dropoot"'), 'Did you mean "Dropout"?'],
    ["a class of another kind", (json) => json.replace('"Dropout"', '"Adam"'), "the class of a layer or model"],
    ["a name that objects have", (json) => json.replace('"Dropout"', '"constructor"'), 'got "constructor"'],
    ["weights of another size", (json) => json.replace('"units":5', '"units":6'), "in place of [3, 6]"],
    [
      "weights beyond memory",
      (json) => json.replace('"units":5', '"units":1000000000'),
      "as many as there are to load",
    ],
    [
      "a layer that it has no weights for",
      (json) => json.replace('"units":5', '"units":5,"useBias":false'),
      "layers.0.bias",
    ],
    ["options that do not exist", (json) => json.replace('"units":5', '"unit":5'), 'Did you mean "units"?'],
    ["a reference to nothing", (json) => json.replace('"$":"generator"', '"$":"ref"'), "what stands before, as number"],
    ["a kind of value that there is not", (json) => json.replace('"$":"generator"', '"$":"eval"'), '"eval"'],
    ["a kind of value that objects have", (json) => json.replace('"$":"generator"', '"$":"toString"'), '"toString"'],
    ["a loss that there is not", (json) => json.replace('"crossEntropy"', '"crossWords"'), 'the loss "crossWords"'],
  ])("is an error: %s", (_name, change, message) => {
    const load = changed(change);
    expect(load).toThrow(ChainRuleError);
    expect(messageOf(load)).toContain(message);
  });

  it.each<[string, (json: string) => string]>([
    ["a schedule without options", (json) => json.replace(/("by":"stepDecay","args":)\[[^\]]*\]/, "$1[]")],
    ["a metric of what is no number", (json) => json.replace('"args":[1]', '"args":[{"toString":1}]')],
    ["options of a loss that are none", (json) => json.replace('{"labelSmoothing":0.1}', '{"$":"undefined"}')],
    ["nothing to compile with", (json) => json.replace(/"given":\{.*\},"lr":null/, '"given":{"$":"undefined"},"lr":1')],
  ])("is an error where what it was compiled with is damaged: %s", (_name, change) => {
    const load = changed((json) => {
      const found = change(json);
      expect(found).not.toBe(json);
      return found;
    });
    expect(load).toThrow(ChainRuleError);
  });

  it("says what to do with a file of tensors alone", () => {
    expect(() => parseModel(new Uint8Array(0))).toThrow("expected a safetensors file");
    const bytes = encodeModel(classifier());
    const at = new TextDecoder("latin1").decode(bytes).indexOf("chainrule");
    const other = bytes.slice();
    other[at] = 0x78;
    expect(() => parseModel(other)).toThrow("await loadWeights(model, path)");
  });
});

describe("a model that does not know how to write files", () => {
  it("says what to import", () => {
    const program = `
      import { Sequential } from "@chainrule/nn";
      new Sequential().save("a").catch((error) => console.log(error.message));`;
    const options = { cwd: new URL("../..", import.meta.url), encoding: "utf8" } as const;
    const said = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], options);
    expect(said).toContain('Import it: import "@chainrule/io";');
  });
});
