/**
 * What the callbacks write while a model trains, read back from their files.
 */
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arange, manualSeed, randn, type Tensor } from "@chainrule/core";
import { BatchNorm, Dense, Dropout, Functional, type Hooks, input, Linear, Module, Sequential } from "@chainrule/nn";
import { PbfReader } from "pbf";
import { afterAll, expect, it } from "vitest";
import { messageOf } from "../../test/fixture.ts";
import "../index.ts";
import { JSONLLogger } from "./jsonl-logger.ts";
import { layerGraph } from "./layer-graph.ts";
import { TensorBoard, type TensorBoardOptions } from "./tensorboard.ts";

const folder = mkdtempSync(join(tmpdir(), "loggers-"));
afterAll(() => rmSync(folder, { recursive: true }));
let runs = 0;
const newPath = (name = "run") => join(folder, `${name}-${runs++}`);

const x = randn([12, 3]);
const y = x.sum(1, { keepDims: true });

function newModel() {
  manualSeed(3);
  const model = new Sequential([
    new Dense({ units: 4, inputDim: 3, activation: "tanh" }),
    new BatchNorm(),
    new Dropout(0.3),
    new Dense(1),
  ]);
  model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
  return model;
}

const train = (model: Sequential, callbacks: Hooks[], options = {}) =>
  model.fit(x, y, { epochs: 3, batchSize: 3, verbose: 0, jit: false, validationSplit: 0.25, callbacks, ...options });

interface Value {
  readonly step: number;
  readonly tag: string;
  readonly kind: number;
  readonly scalar: number;
  readonly bytes: Uint8Array;
}

/** The summaries of all event files in a folder, and how many graphs they have. */
function read(path: string): { values: Value[]; graphs: number; files: number } {
  const [values, names]: [Value[], string[]] = [[], existsSync(path) ? readdirSync(path).sort() : []];
  let graphs = 0;
  for (const name of names) {
    const bytes = new Uint8Array(readFileSync(join(path, name)));
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length; ) {
      const length = Number(view.getBigUint64(at, true));
      let step = 0;
      new PbfReader(bytes.subarray(at + 12, at + 12 + length)).readFields((tag, _, event) => {
        if (tag === 2) step = event.readVarint();
        if (tag === 4) graphs++;
        if (tag !== 5) return;
        event.readMessage((_value, _2, summary) => {
          let value: Value = { step, tag: "", kind: 0, scalar: Number.NaN, bytes: new Uint8Array(0) };
          summary.readMessage((field: number, _3: unknown, pbf: PbfReader) => {
            if (field === 1) value = { ...value, tag: pbf.readString() };
            else if (field === 2) value = { ...value, kind: 2, scalar: pbf.readFloat() };
            else value = { ...value, kind: field, bytes: pbf.readBytes() };
          }, null);
          values.push(value);
        }, null);
      }, null);
      at += 16 + length;
    }
  }
  return { values, graphs, files: names.length };
}

const scalars = (values: readonly Value[], tag: string) =>
  values.filter((value) => value.tag === tag).map(({ step, scalar }) => [step, scalar]);

it("writes the numbers of epochs as Keras does: train and validation apart, with the learning rate", async () => {
  const logDir = newPath();
  const { history } = await train(newModel(), [new TensorBoard({ logDir })]);
  const [trained, validated] = [read(join(logDir, "train")), read(join(logDir, "validation"))];
  const float = (numbers: readonly number[]) => numbers.map((n, i) => [i, Math.fround(n)]);
  expect(scalars(trained.values, "epoch_loss")).toEqual(float(history.loss));
  expect(scalars(trained.values, "epoch_mae")).toEqual(float(history.mae));
  expect(scalars(validated.values, "epoch_loss")).toEqual(float(history.val_loss));
  expect(scalars(trained.values, "epoch_learning_rate")).toEqual(float([0.001, 0.001, 0.001]));
  expect(trained.values).toHaveLength(9);
  expect([trained.graphs, validated.graphs]).toEqual([1, 0]);
});

it("writes no validation where there is none, and the loss of batches where asked", async () => {
  const logDir = newPath();
  const board = new TensorBoard({ logDir, updateFreq: 2, graph: false });
  await train(newModel(), [board], { validationSplit: undefined, epochs: 2 });
  expect(existsSync(join(logDir, "validation"))).toBe(false);
  const { values, graphs } = read(join(logDir, "train"));
  expect(scalars(values, "batch_loss").map(([step]) => step)).toEqual([2, 4, 6, 8]);
  expect(graphs).toBe(0);
});

it("writes histograms of weights and gradients every so many epochs, without changing what is trained", async () => {
  const logDir = newPath();
  const seen: (Tensor | null)[] = [];
  const look: Hooks = { onEpochEnd: () => void seen.push(model.parameters()[0].grad) };
  const model = newModel();
  await train(model, [new TensorBoard({ logDir, histograms: 2 }), look], { jit: true });
  const { values } = read(join(logDir, "train"));
  const histograms = values.filter(({ kind }) => kind === 5);
  expect([...new Set(histograms.map(({ step }) => step))]).toEqual([0, 2]);
  expect(histograms.filter(({ step }) => step === 2).map(({ tag }) => tag)).toEqual(
    ["dense/kernel", "dense/bias", "batch_norm/gamma", "batch_norm/beta", "dense_1/kernel", "dense_1/bias"].flatMap(
      (name) => [`${name}/histogram`, `${name}/gradient`],
    ),
  );
  expect(seen.map((gradient) => gradient?.shape ?? null)).toEqual([[3, 4], null, [3, 4]]);
  const plain = newModel();
  await train(plain, [], { jit: true });
  expect(model.stateDict()).toEqual(plain.stateDict());
});

it("goes on in a new file where training goes on", async () => {
  const logDir = newPath();
  const model = newModel();
  await train(model, [new TensorBoard({ logDir, updateFreq: "batch" })], { epochs: 2 });
  await train(model, [new TensorBoard({ logDir, updateFreq: "batch" })], { initialEpoch: 2, epochs: 4 });
  const { values, files } = read(join(logDir, "train"));
  expect(files).toBe(2);
  expect(scalars(values, "epoch_loss").map(([step]) => step)).toEqual([0, 1, 2, 3]);
  expect(scalars(values, "batch_loss").map(([step]) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
});

it("goes on with a training that is resumed", async () => {
  const [logDir, checkpoint, log] = [newPath(), newPath("checkpoint"), newPath("log")];
  const both = () => [new TensorBoard({ logDir, histograms: 1 }), new JSONLLogger(log, { append: true })];
  await train(newModel(), both(), { checkpoint, epochs: 2 });
  await train(newModel(), both(), { checkpoint, epochs: 4 });
  const { values, files } = read(join(logDir, "train"));
  expect(files).toBe(2);
  expect(scalars(values, "epoch_loss").map(([step]) => step)).toEqual([0, 1, 2, 3]);
  expect(linesOf(log).map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3]);
});

it("has in its files what was trained before an error, and can be used again", async () => {
  const logDir = newPath();
  const board = new TensorBoard({ logDir });
  const failing: Hooks = {
    onEpochBegin(epoch) {
      if (epoch === 2) throw new Error("out of paper");
    },
  };
  await expect(train(newModel(), [board, failing])).rejects.toThrow("out of paper");
  expect(scalars(read(join(logDir, "train")).values, "epoch_loss").map(([step]) => step)).toEqual([0, 1]);
  await train(newModel(), [board], { epochs: 1 });
  expect(read(join(logDir, "train")).files).toBe(2);
});

it("writes pictures", async () => {
  const logDir = newPath();
  const images: TensorBoardOptions["images"] = (epoch, { name }) => ({
    [name]: arange(6).reshape(2, 3),
    map: { pixels: [[epoch, 1]], colors: "viridis" },
  });
  await train(newModel(), [new TensorBoard({ logDir, images })], { epochs: 2 });
  const pictures = read(join(logDir, "train")).values.filter(({ kind }) => kind === 4);
  expect(pictures.map(({ step, tag }) => [step, tag])).toEqual([
    [0, "sequential"],
    [0, "map"],
    [1, "sequential"],
    [1, "map"],
  ]);
  // Height, width, channels.
  expect([...pictures[0].bytes.subarray(0, 6)]).toEqual([8, 2, 16, 3, 24, 1]);
  expect([...pictures[1].bytes.subarray(0, 6)]).toEqual([8, 1, 16, 2, 24, 3]);
  const wrong = new TensorBoard({ logDir: newPath(), images: () => ({ bad: [1] }) });
  await expect(train(newModel(), [wrong])).rejects.toThrow('image "bad"');
});

class Net extends Module {
  first = new Linear(2, 2);
  forward(input: Tensor) {
    return this.first.call(input).relu();
  }
}

it("draws models within models as boxes, graphs with their branches, and classes of one's own with their parts", () => {
  const inner = new Sequential([new Dense({ units: 2, inputDim: 3 }), new Net() as never], { name: "inner" });
  const model = new Sequential([inner, (z) => z.square()], { name: "outer" });
  expect(layerGraph(model)).toEqual([
    { name: "input", op: "Input", inputs: [], shape: [null, 3] },
    { name: "outer/inner/dense", op: "Dense", inputs: ["input"], shape: [null, 2] },
    { name: "outer/inner/net", op: "Net", inputs: ["outer/inner/dense"], shape: null },
    { name: "outer/inner/net/linear", op: "Linear", inputs: ["outer/inner/net"], shape: null },
    { name: "outer/lambda", op: "Lambda", inputs: ["outer/inner/net"], shape: null },
  ]);
  const [a, b] = [input([3], { name: "left side" }), input([3], { name: "right" })];
  const shared = new Dense({ units: 2, name: "shared" });
  const graph = new Functional({ inputs: [a, b], outputs: [shared.call(a), shared.call(b)], name: "twins" });
  expect(layerGraph(graph).map(({ name, inputs }) => [name, ...inputs])).toEqual([
    ["left_side"],
    ["right"],
    ["twins/shared", "left_side"],
    ["twins/shared_1", "right"],
  ]);
});

it("refuses options and folders that cannot be, before training begins", async () => {
  const make = (options: object) => messageOf(() => new TensorBoard(options as TensorBoardOptions));
  expect(make({})).toContain("logDir");
  expect(make({ logdir: "a" })).toContain('Did you mean "logDir"?');
  expect(make({ logDir: "a", histograms: -1 })).toContain("histograms");
  expect(make({ logDir: "a", images: {} })).toContain("images");
  expect(make({ logDir: "a", graph: 1 })).toContain("graph");
  expect(make({ logDir: "a", updateFreq: 0 })).toContain("updateFreq");
  const file = newPath();
  writeFileSync(file, "");
  await expect(train(newModel(), [new TensorBoard({ logDir: join(file, "runs") })])).rejects.toThrow("can be written");
  expect(messageOf(() => new JSONLLogger(""))).toContain("a file name");
  expect(messageOf(() => new JSONLLogger("a", { append: 1 as never }))).toContain("append");
  await expect(train(newModel(), [new JSONLLogger(join(newPath(), "log.jsonl"))])).rejects.toThrow("can be written");
});

const linesOf = (path: string) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

it("writes a line of JSON for each epoch, and replaces a file or goes on with it", async () => {
  const path = newPath("log");
  const { history } = await train(newModel(), [new JSONLLogger(path)]);
  const lines = linesOf(path);
  expect(lines.map(({ epoch, loss, val_mae }) => [epoch, loss, val_mae])).toEqual(
    history.loss.map((loss, i) => [i, loss, history.val_mae[i]]),
  );
  expect(new Date(lines[0].time).toISOString()).toBe(lines[0].time);
  await train(newModel(), [new JSONLLogger(path, { append: true })], { initialEpoch: 3, epochs: 5 });
  expect(linesOf(path).map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3, 4]);
  await train(newModel(), [new JSONLLogger(path)], { epochs: 1 });
  expect(linesOf(path).map(({ epoch }) => epoch)).toEqual([0]);
});

it("cuts off a line that a killed process left unfinished, and ends one that only lacks its end", async () => {
  const cases: [end: string, epochs: unknown[]][] = [
    ['{"epoch": 1, "lo', [0, 3]],
    ['{"epoch": 1}', [0, 1, 3]],
    ["", [0, 3]],
    [`{"epoch": 1, "text": "${"ü".repeat(100_000)}`, [0, 3]],
    ["7", [0, 3]],
  ];
  for (const [end, epochs] of cases) {
    const path = newPath("log");
    writeFileSync(path, '{"epoch": 0}\n');
    appendFileSync(path, end);
    await train(newModel(), [new JSONLLogger(path, { append: true })], { initialEpoch: 3, epochs: 4 });
    expect(
      linesOf(path).map(({ epoch }) => epoch),
      end.slice(0, 20),
    ).toEqual(epochs);
  }
  const empty = newPath("log");
  writeFileSync(empty, "half");
  await train(newModel(), [new JSONLLogger(empty, { append: true })], { epochs: 1 });
  expect(linesOf(empty)).toHaveLength(1);
});

it("writes what is no number as a text", async () => {
  const path = newPath("log");
  const worse: Hooks = {
    onEpochEnd(_epoch, logs) {
      Object.assign(logs, { a: Number.NaN, b: Number.NEGATIVE_INFINITY });
    },
  };
  await train(newModel(), [worse, new JSONLLogger(path)], { epochs: 1 });
  expect(linesOf(path)[0]).toMatchObject({ a: "NaN", b: "-Infinity" });
});
