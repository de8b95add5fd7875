// biome-ignore-all lint/suspicious/noExplicitAny: what the compiler would refuse is what is tried.
/**
 * What newcomers type first, out of habit from JavaScript, Keras, PyTorch and TensorFlow.js: it works, or the error says
 * what to type instead.
 */
import * as chainrule from "chainrule";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { messageOf } from "./message-of.ts";

// Much of it is refused by types as well.
const cr = chainrule as unknown as Record<string, any>;
const { tensor, parameter, manualSeed, Sequential, Dense, Adam, Conv2d, Embedding, EarlyStopping } = cr;

const x = [
  [0, 1],
  [1, 0],
  [1, 1],
  [0, 0],
];
const y = [[1], [0], [1], [0]];
const matrix = () =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

function compiled(options: object = {}) {
  const model = new Sequential([new Dense({ units: 1, inputDim: 2, activation: "sigmoid" })]);
  return model.compile({ optimizer: "adam", loss: "binaryCrossEntropy", metrics: ["accuracy"], ...options });
}

beforeEach(() => {
  manualSeed(1);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("what works", () => {
  it("goes through a tensor's rows, with gradients, and spreads a vector", () => {
    const w = parameter([
      [1, 2],
      [3, 4],
    ]);
    const rows = [...w];
    expect(rows.map((row: any) => row.toArray())).toEqual([
      [1, 2],
      [3, 4],
    ]);
    rows[1].square().sum().backward();
    expect(w.grad.toArray()).toEqual([
      [0, 0],
      [6, 8],
    ]);
    expect(Math.max(...[...tensor([1, 3, 2])].map((v: any) => v.item()))).toBe(3);
    expect(() => [...tensor(1)]).toThrow(TypeError);
    expect([...cr.zeros([0, 2])]).toEqual([]);
  });

  it("in a compiled function too", () => {
    const f = cr.jit((v: any) => [...v].reduce((sum: any, row: any) => sum.add(row.square())));
    expect(f(matrix()).toArray()).toEqual([17, 27, 39]);
  });

  it("leaves toEqual of tensors as it was", () => {
    expect(parameter([[1, 2]])).toEqual(parameter([[1, 2]]));
    expect(parameter([[1, 2]])).not.toEqual(parameter([[1, 3]]));
    expect(tensor(1)).not.toEqual(tensor(2));
    const w = parameter([1, 2]);
    expect([w]).toEqual([w]);
  });

  it("prints a tensor in a template", () => {
    expect(`loss ${tensor(0.5)}`).toContain("0.5");
  });

  it.each([[true], [false]])("takes verbose: %s", async (verbose) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const write = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
    await compiled().fit(x, y, { epochs: 1, verbose });
    expect(log.mock.calls.length + write.mock.calls.length > 0).toBe(verbose);
  });

  it("keeps what a parameter was by detach, as the hint for clone says", () => {
    const w = parameter([1, 2]);
    const kept = w.detach();
    w.assign([5, 6]);
    expect(kept.toArray()).toEqual([1, 2]);
  });

  it("fits on one batch, as the hint for train_on_batch says", async () => {
    const { history } = await compiled().fit([[x, y]], { verbose: 0 });
    expect(history.loss.length).toBe(1);
  });

  it("takes learning_rate", () => {
    expect(new Adam({ learning_rate: 0.5 }).lr).toBe(0.5);
  });
});

describe("what says what to type", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["slice(0, 5) of predictions", () => compiled().predict(x).slice(0, 5), /slice\(\[0, 5\]\).*rows from 0 up to 5/],
    ["slice(0, 2) of a vector", () => tensor([1, 2, 3]).slice(0, 2), /slice\("0:2"\)/],
    ["at(0) of a matrix", () => matrix().at(0), /^at: .*\[2, 3\].*\n.*slice\(0\)/],
    ["at(0, 1, 2) of a matrix", () => matrix().at(0, 1, 2), /^at: expected an index for each of the 2 axes/],
    ["at beyond", () => matrix().at(0, 3), /^at: expected an index from -3 to 2 at axis 1/],
    ["map", () => matrix().map((v: number) => v), /map\(\).*\n.*x\.mul\(2\)/],
    ["forEach", () => matrix().forEach(() => {}), /toArray\(\)/],
    ["an index in brackets", () => matrix()[0], /x\[0\].*\n.*x\.slice\(0\)/],
    ["length", () => matrix().length, /x\.shape\[0\]/],
    ["numpy", () => matrix().numpy(), /toArray\(\)/],
    ["tolist", () => matrix().tolist(), /toArray\(\)/],
    ["dataSync", () => matrix().dataSync(), /toTypedArray\(\)/],
    ["toFixed", () => tensor(1).toFixed(2), /item\(\)\.toFixed/],
    ["view", () => matrix().view(3, 2), /reshape/],
    ["cuda", () => matrix().cuda(), /one device/],
    ["clone of a parameter", () => parameter([1]).clone(), /x\.detach\(\) keeps/],
    ["dispose", () => matrix().dispose(), /nothing to move or to free/],
    ["a text and a tensor", () => ["loss ", tensor(0.5)].reduce((a: any, b: any) => a + b), /String\(x\)/],
    ["zeros(2, 3)", () => cr.zeros(2, 3), /\[2, 3\]/],
    ["randn(2)", () => cr.randn(2), /in one array/],
    ["sum({ axis: 1 })", () => matrix().sum({ axis: 1 }), /sum\(1, \{ keepDims: true \}\)/],
    ["a bigint", () => tensor([1n]), /Number\(1n\)/],
    ["texts", () => tensor(["red", "green"]), /encodeLabels/],
    ["numbers in texts", () => tensor(["1", "2"]), /Number\(text\)/],
    ["null", () => tensor([1, null]), /Missing values/],
  ])("%s of tensors", async (_name, f, expected) => {
    expect(await messageOf(f)).toMatch(expected);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['Dense(4, "relu")', () => new Dense(4, "relu"), /new Dense\(4, \{ activation: "relu" \}\)/],
    [
      "Conv2d(1, 8, 3)",
      () => new Conv2d(1, 8, 3),
      /new Conv2d\(\{ filters: …, kernelSize: …, … \}\)\. The size of the input is found/,
    ],
    [
      "Dense(784, 128)",
      () => new Dense(784, 128),
      /new Dense\(128\): the size of the input is found at the first call/,
    ],
    ["Dropout(0.1, 0.2)", () => new cr.Dropout(0.1, 0.2), /Write new Dropout\(rate, \{ … \}\)/],
    ["BatchNorm(3)", () => new cr.BatchNorm(3), /eps: …, center: …, … \}\)\. The size of the input is found/],
    ["Embedding(10, 4)", () => new Embedding(10, 4), /new Embedding\(\{ inputDim: 10, outputDim: …, … \}\)/],
    ["LSTM(8)", () => new cr.LSTM(8), /new LSTM\(\{ units: 8, /],
    ["Adam(0.1)", () => new Adam(0.1), /new Adam\(\{ lr: 0\.1 \}\)/],
    ["Adam(weights, 0.1)", () => new Adam([parameter(1)], 0.1), /\{ lr: 0\.1 \}/],
    ["Sequential(a, b)", () => new Sequential(new Dense(1), new Dense(1)), /new Sequential\(\[a, b, …\]\)/],
    ["Sequential([a], b)", () => new Sequential([new Dense(1)], new Dense(1)), /a list and another layer/],
    [
      "weights that are not made yet",
      () => new Sequential([new Dense(3)]).parameters(),
      /layer "dense".*\n.*inputDim.*new Adam\(model\)/,
    ],
    [
      "images with channels last",
      () => new Sequential([new Conv2d({ filters: 4, kernelSize: 3, inputShape: [28, 28, 1] })]),
      /\[channels, height, width\]/,
    ],
    ["a metric by half its name", () => compiled({ metrics: ["roc"] }), /Did you mean "roc_auc"/],
    [
      "a loss in the order of Keras",
      () => compiled({ loss: (yTrue: any, yPred: any) => yTrue.sub(yPred).square() }),
      /Swap its parameters: \(yPred, yTrue\)/,
    ],
    [
      "a metric in the order of Keras",
      () =>
        compiled({
          metrics: [
            function mine(y_true: any, y_pred: any) {
              return y_true.sub(y_pred);
            },
          ],
        }),
      /Swap its parameters: \(y_pred, y_true\)/,
    ],
  ])("%s in building a model", async (_name, f, expected) => {
    expect(await messageOf(f)).toMatch(expected);
  });

  it("leaves functions alone whose parameters have other names", () => {
    for (const loss of [(p: any, t: any) => p.sub(t), (yPred: any, yTrue: any) => yPred.sub(yTrue), (a: any) => a])
      expect(() => compiled({ loss })).not.toThrow();
  });

  it.each<[string, () => unknown, RegExp]>([
    ["epochs alone", () => compiled().fit(x, y, 10), /fit\(x, y, \{ epochs: 10 \}\)/],
    ["batch_size", () => compiled().fit(x, y, { batch_size: 2 }), /Did you mean "batchSize"/],
    [
      "a CSV file's data whole",
      () => compiled().fit(cr.parseCsv("a,b,label\n1,2,1\n2,3,0\n")),
      /fit\(data\.features, data\.target\)/,
    ],
    ["class names as targets", () => compiled().fit(x, ["yes", "no", "yes", "no"]), /encodeLabels/],
    [
      "labels of -1 and 1",
      () => compiled().fit(x, [[-1], [1], [1], [-1]], { verbose: 0 }),
      /hinge.*y\.add\(1\)\.div\(2\)/,
    ],
    ["bytes as targets", () => compiled().fit(x, [[255], [0], [1], [0]], { verbose: 0 }), /divide bytes by 255/],
    [
      "a monitor with a typo",
      () => compiled().fit(x, y, { verbose: 0, callbacks: [new EarlyStopping({ monitor: "valloss" })] }),
      /validationSplit or validationData/,
    ],
    ["a history's loss", async () => (await compiled().fit(x, y, { verbose: 0 })).loss, /history\.history\.loss/],
    ["train_on_batch", () => compiled().train_on_batch(x, y), /fit\(\[\[x, y\]\]\)/],
    ["state_dict of a model", () => compiled().state_dict(), /stateDict\(\)/],
    ["zero_grad of an optimizer", () => new Adam([parameter(1)]).zero_grad(), /zeroGrad\(\)/],
    ["minimize of an optimizer", () => new Adam([parameter(1)]).minimize(() => tensor(1)), /loss\.backward\(\)/],
    ["a result without await", () => compiled().fit(x, y, { verbose: 0 }).history, /await model\.fit/],
    ["a loss without await", () => compiled().evaluate(x, y).loss, /await model\.evaluate/],
  ])("%s in training", async (_name, f, expected) => {
    expect(await messageOf(f)).toMatch(expected);
  });

  it("shows in a console that await is missing", async () => {
    const { inspect } = await import("node:util");
    const promise = compiled().evaluate(x, y);
    expect(inspect(promise)).toContain("await model.evaluate(…)");
    expect(Object.keys(await promise)).toEqual(["loss", "accuracy"]);
  });

  it("shows in a summary that weights are not made yet", () => {
    const text = new Sequential([new Dense(3)]).summary({ print: () => {} });
    expect(text).toMatch(/not made yet[\s\S]*inputDim/);
  });

  it("says once why a result has no gradient in a loop that updates weights", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    let w = parameter([1, 2]);
    for (let i = 0; i < 2; i++) {
      w.square().sum().backward();
      if (i === 1) expect(w.grad).toBeNull();
      else w = w.sub(w.grad.mul(0.1));
    }
    expect(w.grad).toBeNull();
    expect(warn.mock.calls.flat().join()).toMatch(
      /first-guesses\.test\.ts:\d+.*w\.assign\(w\.sub\(w\.grad\.mul\(0\.1\)\)\)/,
    );
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it("an uncaught error prints its message once", async () => {
    const { inspect } = await import("node:util");
    const error = new chainrule.ShapeError({ where: "here", expected: "this", got: "that", hint: "Try." });
    const text = inspect(error);
    expect(text.split("expected this, got that").length).toBe(2);
    expect(text).not.toContain("hint:");
  });
});
