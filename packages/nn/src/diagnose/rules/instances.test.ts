/**
 * More instances of what the rules from the trace are about, and more programs that look alike and are sound.
 */
import { concat, manualSeed, noGrad, parameter, pow, randn, type Tensor, tensor, where, zeros } from "@chainrule/core";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  categoricalCrossEntropy,
  crossEntropy,
  gaussianNll,
  hinge,
  infoNCE,
  klDivergence,
  mse,
  nll,
  sparseCategoricalCrossEntropy,
} from "@chainrule/losses";
import { beforeEach, describe, expect, it } from "vitest";
import {
  Activation,
  BatchNorm,
  Conv2d,
  Dense,
  Dropout,
  diagnose,
  Flatten,
  Functional,
  GlobalAvgPool2d,
  input,
  LayerNorm,
  LSTM,
  Module,
  MultiHeadAttention,
  Sequential,
} from "../../index.ts";
import { traceRules } from "./index.ts";

const rules = traceRules.map(({ name }) => name);
const n = 8;
const labels = () => tensor([0, 1, 2, 0, 1, 2, 1, 0], { dtype: "int32" });
const truth = () => tensor([0, 1, 1, 0, 1, 0, 1, 0]).reshape([n, 1]);

beforeEach(() => {
  manualSeed(1);
});

/** What is found in a loss of the scores x w, w [4, k]. */
function of(k: number, loss: (scores: Tensor, x: Tensor) => Tensor): string {
  const [w, x] = [parameter(randn([4, k])), randn([n, 4])];
  return diagnose({ loss: () => loss(x.matmul(w), x), parameters: { w }, x }, { rules }).rules.join();
}

const softmaxOf = (e: Tensor, axis = -1) => e.div(e.sum(axis, { keepDims: true }));

describe("what is wrong", () => {
  it.each<[rule: string, what: string, k: number, loss: (s: Tensor, x: Tensor) => Tensor]>([
    [
      "softmax-before-logits-loss",
      "side by side",
      3,
      (s) => crossEntropy(concat([s.softmax(), s.neg().softmax()], -1), labels()),
    ],
    [
      "softmax-before-logits-loss",
      "a mean of two",
      3,
      (s) => crossEntropy(s.softmax().add(s.neg().softmax()).div(2), labels()),
    ],
    ["softmax-before-logits-loss", "a mask", 3, (s) => crossEntropy(s.softmax().mul(tensor([[1, 1, 0]])), labels())],
    [
      "softmax-before-logits-loss",
      "a class cut off",
      4,
      (s) => crossEntropy(s.softmax().slice(null, [0, 3]), labels()),
    ],
    ["softmax-before-logits-loss", "powers of e", 3, (s) => crossEntropy(softmaxOf(pow(Math.E, s)), labels())],
    [
      "softmax-before-logits-loss",
      "sigmoid by tanh",
      1,
      (s) => binaryCrossEntropyWithLogits(s.sigmoid().clamp(0.01, 0.99), truth()),
    ],
    [
      "softmax-before-logits-loss",
      "by places",
      6,
      (s) =>
        crossEntropy(s.reshape([n, 2, 3]).softmax().permute([0, 2, 1]), zeros([n, 2], { dtype: "int32" }), { axis: 1 }),
    ],
    ["double-softmax", "by hand", 3, (s) => nll(s.softmax().softmax().log(), labels())],
    ["logits-into-probability-loss", "probabilities into nll", 3, (s) => nll(s.softmax(), labels())],
    [
      "logits-into-probability-loss",
      "logarithms into a loss of probabilities",
      3,
      (s) => sparseCategoricalCrossEntropy(s.logSoftmax(), labels()),
    ],
    [
      "logits-into-probability-loss",
      "a product of embeddings",
      4,
      (s, x) => binaryCrossEntropy(s.mul(x).sum(-1, { keepDims: true }), truth()),
    ],
    [
      "logits-into-probability-loss",
      "logits into a divergence",
      3,
      (s) => klDivergence(s, s.detach().softmax(), { logInput: true }),
    ],
    ["output-range", "sigmoid and hinge", 1, (s) => hinge(s.sigmoid(), truth())],
    ["output-range", "relu6 before logits", 1, (s) => binaryCrossEntropyWithLogits(s.clamp(0, 6), truth())],
    ["output-range", "an absolute value", 1, (s) => mse(s.abs(), randn([n, 1]).sub(2))],
    [
      "output-range",
      "a square of a difference, by hand",
      1,
      (s) =>
        s
          .tanh()
          .sub(randn([n, 1]).mul(9))
          .pow(2)
          .mean(),
    ],
    [
      "softmax-over-batch",
      "places rather than classes",
      6,
      (s) => sparseCategoricalCrossEntropy(s.reshape([n, 2, 3]).softmax(1), zeros([n, 2], { dtype: "int32" })),
    ],
    [
      "softmax-over-batch",
      "by hand",
      3,
      (s) =>
        softmaxOf(s.exp(), 0)
          .log()
          .mul(zeros([n, 3]).add(1))
          .sum(-1)
          .neg()
          .mean(),
    ],
    ["constant-loss", "the same twice", 3, (s) => mse(s, s)],
    ["constant-loss", "the largest class", 3, (s) => s.argmax(-1).equal(labels()).cast("float32").mean().neg()],
    [
      "accidental-broadcast",
      "weights of samples",
      1,
      (s) =>
        s
          .sub(truth())
          .square()
          .mul(randn([n]).abs())
          .mean(),
    ],
    [
      "accidental-broadcast",
      "a row of targets",
      1,
      (s) => mse(s.squeeze(-1), truth().squeeze(-1)).add(s.sub(truth().transpose()).abs().mean()),
    ],
  ])("%s: %s", (rule, _what, k, loss) => {
    expect(of(k, loss)).toBe(rule);
  });

  it("tensors that are no parameters but require a gradient are weights as well", () => {
    const w = tensor(randn([4, 3]), { requiresGrad: true });
    const x = randn([n, 4]);
    const look = (loss: (s: Tensor) => Tensor) => diagnose({ loss: () => loss(x.matmul(w)) }, { rules }).rules.join();
    expect(look((s) => crossEntropy(s, labels()))).toBe("");
    expect(look((s) => crossEntropy(s.softmax(), labels()))).toBe("softmax-before-logits-loss");
    expect(look((s) => crossEntropy(s.detach(), labels()))).toBe("constant-loss");
  });

  it("an evaluation by hand in training mode", () => {
    const model = new Sequential([
      new Dense({ units: 5, inputDim: 4, activation: "relu" }),
      new Dropout(0.5),
      new Dense(3),
    ]);
    const x = randn([n, 4]);
    const look = () =>
      diagnose({ model, loss: () => noGrad(() => crossEntropy(model.call(x), labels())) }, { rules: ["wrong-mode"] });
    expect(look().rules).toEqual(["wrong-mode"]);
    model.eval();
    expect(look().rules).toEqual([]);
  });

  it("in functional models, and behind normalisation", () => {
    const x = input([4]);
    const hidden = new Dense({ units: 6, activation: "relu" }).call(x);
    const model = new Functional({ inputs: x, outputs: new Activation("softmax").call(new Dense(3).call(hidden)) });
    model.compile({ loss: "crossEntropy" });
    expect(diagnose(model, [randn([n, 4]), labels()], { rules }).rules).toEqual(["softmax-before-logits-loss"]);
    const normal = new Sequential([new Dense({ units: 3, inputDim: 4 }), new LayerNorm()]);
    normal.compile({ loss: "sparse_categorical_crossentropy" });
    expect(diagnose(normal, [randn([n, 4]), labels()], { rules }).rules).toEqual(["logits-into-probability-loss"]);
  });
});

describe("what is sound", () => {
  it.each<[what: string, k: number, loss: (s: Tensor, x: Tensor) => Tensor]>([
    [
      "a mixture's likelihood",
      3,
      (s, x) =>
        s
          .logSoftmax()
          .add(x.slice(null, [0, 3]).sub(s).square().neg())
          .logSumExp(-1)
          .mean()
          .neg(),
    ],
    ["the probability of some classes", 3, (s) => s.logSoftmax().slice(null, [0, 2]).logSumExp(-1).mean().neg()],
    [
      "sharpened probabilities",
      3,
      (s) => categoricalCrossEntropy(s.logSoftmax().div(0.5).softmax(), zeros([n, 3]).add(1 / 3)),
    ],
    [
      "an expectation by softmax",
      3,
      (s) =>
        mse(
          s
            .softmax()
            .mul(tensor([[0, 1, 2]]))
            .sum(-1),
          randn([n]).abs(),
        ),
    ],
    ["attention over the batch's positions", 4, (s, x) => mse(x.matmul(s.transpose()).softmax().matmul(x), x)],
    ["contrast", 4, (s, x) => infoNCE(s, x)],
    [
      "a matrix of topics",
      3,
      (s) =>
        s
          .softmax()
          .matmul(parameter(randn([3, 5])).softmax())
          .log()
          .mean()
          .neg(),
    ],
    ["a variance of its own", 2, (s) => gaussianNll(s.slice(null, [0, 1]), truth(), s.slice(null, [1, 2]).softplus())],
    [
      "policy gradient",
      3,
      (s) =>
        s
          .logSoftmax()
          .gather([0], 1)
          .squeeze(-1)
          .mul(randn([n]))
          .mean()
          .neg(),
    ],
    ["the probability of a class", 3, (s) => binaryCrossEntropy(s.softmax().slice(null, [0, 1]), truth())],
    [
      "half the classes",
      4,
      (s) => binaryCrossEntropy(s.softmax().slice(null, [0, 2]).sum(-1, { keepDims: true }), truth()),
    ],
    ["leaky relu and negative targets", 1, (s) => mse(where(s.greater(0), s, s.mul(0.1)), randn([n, 1]).sub(1))],
    ["a penalty", 3, (s) => crossEntropy(s, labels()).add(s.softmax().square().sum(-1).mean())],
    [
      "entropy",
      3,
      (s) => crossEntropy(s, labels()).sub(s.softmax().mul(s.softmax().add(1e-9).log()).sum(-1).mean().mul(0.01)),
    ],
    [
      "focal loss by hand",
      1,
      (s) => {
        const p = s.sigmoid();
        const t = truth();
        return t
          .mul(p.log())
          .add(t.neg().add(1).mul(p.neg().add(1).log()))
          .mul(p.sub(t).square())
          .mean()
          .neg();
      },
    ],
    ["a soft label of itself", 3, (s) => crossEntropy(s, s.detach().softmax())],
    ["pairs of scores", 1, (s) => s.sub(s.transpose()).neg().exp().add(1).log().mean()],
    ["centred", 1, (s) => s.sub(s.mean()).square().mean().sub(1).square()],
    [
      "outputs and quantiles",
      3,
      (s) => {
        const e = truth().sub(s);
        return e
          .mul(tensor([0.1, 0.5, 0.9]))
          .maximum(e.mul(tensor([-0.9, -0.5, -0.1])))
          .mean();
      },
    ],
  ])("%s", (_what, k, loss) => {
    expect(of(k, loss)).toBe("");
  });

  it.each<[what: string, layers: () => ConstructorParameters<typeof Sequential>[0], x: () => Tensor]>([
    [
      "relu before a mean over places",
      () => [
        new Conv2d({ filters: 3, kernelSize: 3, inputShape: [1, 6, 6], activation: "relu" }),
        new GlobalAvgPool2d(),
      ],
      () => randn([n, 1, 6, 6]),
    ],
    [
      "convolutions",
      () => [
        new Conv2d({ filters: 4, kernelSize: 3, inputShape: [1, 6, 6], activation: "relu" }),
        new BatchNorm({ axis: 1 }),
        new Flatten(),
        new Dropout(0.2),
        new Dense(3),
      ],
      () => randn([n, 1, 6, 6]),
    ],
    ["recurrence", () => [new LSTM({ units: 5 }), new Dense(3)], () => randn([n, 4, 2])],
    [
      "attention to one position",
      () => [new MultiHeadAttention({ embedDim: 4, heads: 2, inputShape: [1, 4] }), new Flatten(), new Dense(3)],
      () => randn([n, 1, 4]),
    ],
    [
      "normalised",
      () => [new Dense({ units: 6, inputDim: 4 }), new LayerNorm(), new Activation("gelu"), new Dense(3)],
      () => randn([n, 4]),
    ],
  ])("a model: %s", (_what, layers, x) => {
    const model = new Sequential(layers());
    model.compile({ optimizer: "adam", loss: "crossEntropy" });
    expect(diagnose(model, [x(), labels()], { rules }).rules).toEqual([]);
  });

  it("a network that a frozen one judges", () => {
    class Judged extends Module {
      maker = new Sequential([new Dense({ units: 4, inputDim: 2, activation: "tanh" })]);
      judge = new Sequential([new Dense({ units: 1, inputDim: 4 })]).freeze();
      forward(z: Tensor) {
        return this.judge.call(this.maker.call(z));
      }
    }
    const model = new Judged();
    const z = randn([n, 2]);
    const loss = () => binaryCrossEntropyWithLogits(model.call(z), zeros([n, 1]).add(1));
    expect(diagnose({ model, loss }, { rules }).rules).toEqual([]);
  });
});
