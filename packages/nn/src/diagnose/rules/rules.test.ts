/**
 * The rules from the trace: what each sees, in all the forms in which it is written, and what it leaves alone.
 */
import {
  asTensor,
  manualSeed,
  noGrad,
  type Parameter,
  parameter,
  randn,
  type Tensor,
  tensor,
  where,
  zeros,
} from "@chainrule/core";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  categoricalCrossEntropy,
  crossEntropy,
  hinge,
  klDivergence,
  mse,
  nll,
  poisson,
  sparseCategoricalCrossEntropy,
} from "@chainrule/losses";
import { beforeEach, describe, expect, it } from "vitest";
import {
  Activation,
  type ActivationName,
  Adam,
  BatchNorm,
  Dense,
  Dropout,
  diagnose,
  Flatten,
  type LossLike,
  Model,
  Sequential,
  SGD,
} from "../../index.ts";
import { traceRules } from "./index.ts";

const names = traceRules.map(({ name }) => name);
const n = 8;

beforeEach(() => {
  manualSeed(1);
});

const labels = () => tensor([0, 1, 2, 0, 1, 2, 1, 0], { dtype: "int32" });
const truth = () => tensor([0, 1, 1, 0, 1, 0, 1, 0]).reshape([n, 1]);

/** What the rules from the trace find in a model of layers. */
function ofLayers(layers: ConstructorParameters<typeof Sequential>[0], loss: LossLike, y: Tensor, x = randn([n, 4])) {
  const model = new Sequential(layers);
  model.compile({ optimizer: "adam", loss });
  return diagnose(model, [x, y], { rules: names });
}

/** What they find in a loss written by hand of weights [4, k]. */
function byHand(k: number, loss: (scores: Tensor, w: Parameter) => Tensor) {
  const w = parameter(randn([4, k]));
  const x = randn([n, 4]);
  return diagnose({ loss: () => loss(x.matmul(w), w) }, { rules: names }).rules;
}

describe("softmax-before-logits-loss", () => {
  const hidden = () => new Dense({ units: 6, inputDim: 4, activation: "relu" });
  it.each<[string, () => Tensor, LossLike, ConstructorParameters<typeof Sequential>[0]]>([
    ["softmax in the last layer", labels, "crossEntropy", [hidden(), new Dense({ units: 3, activation: "softmax" })]],
    ["softmax as a layer", labels, "crossEntropy", [hidden(), new Dense(3), new Activation("softmax")]],
    ["log-softmax", labels, crossEntropy, [hidden(), new Dense({ units: 3, activation: "log_softmax" })]],
    [
      "through dropout and reshape",
      labels,
      crossEntropy,
      [hidden(), new Dense({ units: 3, activation: "softmax" }), new Flatten()],
    ],
    ["sigmoid", truth, binaryCrossEntropyWithLogits, [hidden(), new Dense({ units: 1, activation: "sigmoid" })]],
    [
      "sigmoid, fromLogits",
      truth,
      binaryCrossEntropy.with({ fromLogits: true }),
      [hidden(), new Dense({ units: 1, activation: "sigmoid" })],
    ],
    ["in a loss of one's own", labels, (p, t) => crossEntropy(p.softmax(), t), [hidden(), new Dense(3)]],
    [
      "in a loss of one's own, written out",
      () => tensor(Array.from({ length: n }, (_, i) => [0, 1, 2].map((c) => Number(c === i % 3)))),
      (p, t) => p.logSoftmax().mul(t).sum(-1).neg().mean(),
      [hidden(), new Dense({ units: 3, activation: "softmax" })],
    ],
  ])("%s", (_name, y, loss, layers) => {
    const findings = ofLayers(layers, loss, y());
    expect(findings.rules).toEqual(["softmax-before-logits-loss"]);
    expect(findings[0].line).toMatch(/rules\.test\.ts:\d+:\d+$/);
  });

  it("says with numbers what it costs", () => {
    const [finding] = ofLayers([new Dense({ units: 3, inputDim: 4, activation: "softmax" })], "crossEntropy", labels());
    expect(finding.evidence).toContain("Of 3 classes it cannot go below 0.55.");
    expect(finding.layer).toBe('layer "dense" (Dense)');
  });

  it.each<[string, (scores: Tensor) => Tensor]>([
    ["softmax", (s) => crossEntropy(s.softmax(), labels())],
    ["written out", (s) => crossEntropy(s.exp().div(s.exp().sum(-1, { keepDims: true })), labels())],
    [
      "written out stably",
      (s) => {
        const e = s.sub(s.max(-1, { keepDims: true })).exp();
        return crossEntropy(e.div(e.sum(-1, { keepDims: true })), labels());
      },
    ],
    ["scaled and shifted", (s) => crossEntropy(s.softmax().mul(2).add(1), labels())],
    ["cast and back", (s) => crossEntropy(s.softmax().cast("float64").cast("float32").reshape([n, 3]), labels())],
    ["its logarithm", (s) => crossEntropy(s.softmax().add(1e-9).log(), labels())],
    ["log-sum-exp", (s) => crossEntropy(s.sub(s.logSumExp(-1, { keepDims: true })), labels())],
    ["sigmoid written out", (s) => binaryCrossEntropyWithLogits(asTensor(1).div(s.neg().exp().add(1)), zeros([n, 3]))],
    ["transposed", (s) => crossEntropy(s.transpose().softmax(0).transpose(), labels())],
    ["hand-written loss", (s) => s.softmax().logSoftmax().gather([0]).mean().neg()],
    ["mean of an ensemble", (s) => crossEntropy(s.softmax().add(0).unsqueeze(0).mean(0), labels())],
  ])("by hand: %s", (_name, loss) => {
    expect(byHand(3, loss)).toEqual(["softmax-before-logits-loss"]);
  });

  it.each<[string, (scores: Tensor) => Tensor]>([
    ["logits", (s) => crossEntropy(s, labels())],
    ["temperature", (s) => crossEntropy(s.div(2), labels())],
    ["a soft cap", (s) => crossEntropy(s.div(30).tanh().mul(30), labels())],
    ["probabilities into a loss of them", (s) => sparseCategoricalCrossEntropy(s.softmax(), labels())],
    ["nll of log-softmax", (s) => nll(s.logSoftmax(), labels())],
    ["attention in between", (s) => crossEntropy(s.matmul(s.transpose()).softmax().matmul(s), labels())],
    ["a gate in between", (s) => crossEntropy(s.mul(s.sigmoid()), labels())],
    ["the Brier score", (s) => mse(s.softmax(), zeros([n, 3]))],
    [
      "written out",
      (s) =>
        s
          .logSoftmax()
          .mul(zeros([n, 3]))
          .sum(-1)
          .neg()
          .mean(),
    ],
    ["entropy", (s) => s.softmax().mul(s.logSoftmax()).sum(-1).mean()],
    ["distillation", (s) => klDivergence(s.logSoftmax(), s.detach().softmax(), { logInput: true })],
  ])("is not: %s", (_name, loss) => {
    expect(byHand(3, loss)).toEqual([]);
  });
});

describe("double-softmax", () => {
  it("is seen between layers, and within one", () => {
    const twice = [new Dense({ units: 3, inputDim: 4, activation: "softmax" }), new Activation("softmax")];
    expect(ofLayers(twice, "sparse_categorical_crossentropy", labels()).rules).toEqual(["double-softmax"]);
    const mixed = [new Dense({ units: 1, inputDim: 4, activation: "sigmoid" }), new Activation("sigmoid")];
    expect(ofLayers(mixed, "binary_crossentropy", truth()).rules).toEqual(["double-softmax"]);
  });
});

describe("logits-into-probability-loss", () => {
  it.each<[string, number, (scores: Tensor) => Tensor]>([
    ["binary", 1, (s) => binaryCrossEntropy(s, truth())],
    ["classes", 3, (s) => sparseCategoricalCrossEntropy(s, labels())],
    ["one-hot", 3, (s) => categoricalCrossEntropy(s.mul(1e-3).add(0.5), zeros([n, 3]).add(1 / 3))],
    ["log-probabilities", 3, (s) => nll(s, labels())],
    ["rates", 1, (s) => poisson(s, truth())],
    [
      "a logarithm by hand",
      3,
      (s) =>
        s
          .add(1e-9)
          .log()
          .mul(zeros([n, 3]))
          .sum(-1)
          .neg()
          .mean(),
    ],
    [
      "cut off",
      3,
      (s) =>
        s
          .clamp(1e-7, 1 - 1e-7)
          .log()
          .mean()
          .neg(),
    ],
  ])("%s", (_name, k, loss) => {
    expect(byHand(k, loss)).toEqual(["logits-into-probability-loss"]);
  });

  it("is said in place of the error of the loss", () => {
    const findings = ofLayers([new Dense({ units: 1, inputDim: 4 })], "binary_crossentropy", truth());
    expect(findings.rules).toEqual(["logits-into-probability-loss"]);
  });

  it("is not: a positive rate, and the logarithm of a variance", () => {
    expect(byHand(1, (s) => poisson(s.exp(), truth()))).toEqual([]);
    expect(byHand(1, (s) => poisson(s.softplus(), truth()))).toEqual([]);
    expect(byHand(3, (s) => s.square().mean(0).add(1e-6).log().sum())).toEqual([]);
  });
});

describe("output-range", () => {
  const negative = () => randn([n, 1]).sub(1);
  it.each<[string, ActivationName, LossLike, () => Tensor]>([
    ["relu and negative targets", "relu", "mse", negative],
    ["sigmoid and targets beyond 1", "sigmoid", "mse", () => randn([n, 1]).mul(3)],
    ["tanh and targets beyond 1", "tanh", "huber", () => randn([n, 1]).mul(5)],
    ["softplus and negative targets", "softplus", "mae", negative],
    ["relu before logits", "relu", binaryCrossEntropyWithLogits, truth],
    ["tanh before logits", "tanh", binaryCrossEntropyWithLogits, truth],
    ["tanh before probabilities", "tanh", "binary_crossentropy", truth],
    ["in a loss of one's own", "relu", (p, t) => p.sub(t).square().mean(), negative],
    ["in a loss of one's own, the other way round", "sigmoid", (p, t) => t.sub(p).abs(), () => randn([n, 1]).mul(4)],
  ])("%s", (_name, activation, loss, y) => {
    const findings = ofLayers(
      [new Dense({ units: 5, inputDim: 4, activation: "tanh" }), new Dense({ units: 1, activation })],
      loss,
      y(),
    );
    expect(findings.rules).toEqual(["output-range"]);
    expect(findings[0].layer).toContain("Dense");
  });

  it("is seen where relu is written out", () => {
    const y = negative();
    expect(byHand(1, (s) => mse(where(s.greater(0), s, 0), y))).toEqual(["output-range"]);
    expect(byHand(1, (s) => mse(s.maximum(0), y))).toEqual(["output-range"]);
  });

  it("is not: targets that can be reached, and hinge of tanh", () => {
    const last = (activation: ActivationName) => [new Dense({ units: 1, inputDim: 4, activation })];
    expect(ofLayers(last("sigmoid"), "mse", truth()).rules).toEqual([]);
    expect(ofLayers(last("relu"), "mse", randn([n, 1]).abs()).rules).toEqual([]);
    expect(ofLayers(last("tanh"), "mse", randn([n, 1]).tanh()).rules).toEqual([]);
    expect(ofLayers(last("elu"), "mse", randn([n, 1]).abs()).rules).toEqual([]);
    expect(byHand(1, (s) => hinge(s, truth().mul(2).sub(1)))).toEqual([]);
  });
});

describe("softmax over the wrong axis", () => {
  it("of one unit", () => {
    const one = (activation: ActivationName) => [new Dense({ units: 1, inputDim: 4, activation })];
    expect(ofLayers(one("softmax"), "binary_crossentropy", truth()).rules).toEqual(["softmax-over-one-unit"]);
    expect(ofLayers(one("linear"), "crossEntropy", zeros([n], { dtype: "int32" })).rules).toEqual([
      "softmax-over-one-unit",
    ]);
    expect(
      ofLayers(one("sigmoid"), "categorical_crossentropy", truth().equal(1).cast("float32").mul(0).add(1)).rules,
    ).toContain("softmax-over-one-unit");
    expect(byHand(1, (s) => s.softmax().sub(truth()).square().mean())).toEqual(["softmax-over-one-unit"]);
  });

  it("is not: attention to one position", () => {
    const x = randn([n, 1, 4]);
    const w = parameter(randn([4, 4]));
    const loss = () => x.matmul(w).matmul(x.transpose(-1, -2)).softmax().matmul(x.matmul(w)).square().mean();
    expect(diagnose({ loss }, { rules: names }).rules).toEqual([]);
  });

  it("of the batch", () => {
    expect(byHand(3, (s) => sparseCategoricalCrossEntropy(s.softmax(0), labels()))).toEqual(["softmax-over-batch"]);
    expect(byHand(3, (s) => nll(s.logSoftmax(0), labels()))).toEqual(["softmax-over-batch"]);
    expect(
      byHand(3, (s) =>
        s
          .logSoftmax(0)
          .mul(zeros([n, 3]))
          .sum(-1)
          .neg()
          .mean(),
      ),
    ).toEqual(["softmax-over-batch"]);
    expect(byHand(8, (s) => crossEntropy(s, labels(), { axis: 0 }))).toEqual(["softmax-over-batch"]);
    const e = (s: Tensor) => s.exp();
    expect(
      byHand(3, (s) => sparseCategoricalCrossEntropy(e(s).div(e(s).sum(0, { keepDims: true })), labels())),
    ).toEqual(["softmax-over-batch"]);
  });

  it("is not: samples compared with each other on purpose", () => {
    expect(byHand(3, (s) => s.matmul(s.transpose()).logSoftmax(0).mean().neg())).toEqual([]);
  });
});

describe("one class or several", () => {
  it("sigmoid for classes of which one is right", () => {
    const layers = [new Dense({ units: 3, inputDim: 4, activation: "sigmoid" })];
    expect(ofLayers(layers, "sparse_categorical_crossentropy", labels()).rules).toEqual([
      "sigmoid-for-exclusive-classes",
    ]);
  });

  it("softmax for several labels", () => {
    const layers = () => [new Dense({ units: 3, inputDim: 4, activation: "softmax" })];
    const several = tensor(Array.from({ length: n }, () => [1, 1, 0]));
    const one = tensor(Array.from({ length: n }, () => [1, 0, 0]));
    expect(ofLayers(layers(), "binary_crossentropy", several).rules).toEqual(["softmax-for-several-labels"]);
    expect(ofLayers(layers(), "binary_crossentropy", one).rules).toEqual([]);
  });
});

describe("constant-loss", () => {
  it.each<[string, (scores: Tensor, w: Parameter) => Tensor, RegExp]>([
    ["argmax", (s) => s.argmax(-1).cast("float32").mean(), /ends at argmax/],
    ["rounding", (s) => s.round().sub(1).square().mean(), /ends at round/],
    ["detach", (s) => s.detach().square().mean(), /ends at detach/],
    ["item", (s) => tensor(s.mean().item()), /not computed of them/],
    ["without the tape", (s) => noGrad(() => s.square().mean()), /without the tape/],
    ["a comparison", (s) => s.greater(0).cast("float32").mean(), /ends at greater/],
  ])("%s", (_name, loss, why) => {
    const w = parameter(randn([4, 3]));
    const x = randn([n, 4]);
    const findings = diagnose({ loss: () => loss(x.matmul(w), w), parameters: { w } }, { rules: names });
    expect(findings.rules).toEqual(["constant-loss"]);
    expect(findings[0].evidence).toMatch(why);
  });

  it("is not: a quantity with a gradient of its own", () => {
    expect(byHand(3, (s) => s.add(s.round().sub(s).detach()).square().mean())).toEqual([]);
  });
});

describe("no-gradient", () => {
  it("names those that are unused, detached or behind a step", () => {
    const [a, b, c, d] = [1, 2, 3, 4].map(() => parameter(randn([4, 3])));
    const x = randn([n, 4]);
    const loss = () => x.matmul(a).add(x.matmul(b).detach()).add(x.matmul(c).floor()).square().mean();
    const findings = diagnose({ loss, parameters: { a, b, c, d } }, { rules: ["no-gradient"] });
    expect(findings.map(({ evidence }) => evidence)).toEqual([
      "1 of 4 parameters get no gradient: b. The way from them to the loss ends at detach().",
      "1 of 4 parameters get no gradient: c. The way from them to the loss ends at floor, whose derivative is 0 or does not exist.",
      "1 of 4 parameters get no gradient: d. The loss is not computed of them.",
    ]);
    expect(findings[0].line).toMatch(/rules\.test\.ts/);
  });

  it("names a layer that forward leaves out, not one that is frozen", () => {
    class Net extends Model {
      used = new Dense({ units: 3, inputDim: 4 });
      left = new Dense({ units: 3, inputDim: 4 });
      frozen = new Dense({ units: 3, inputDim: 4 }).freeze();
      forward(x: Tensor) {
        return this.used.call(x).add(this.frozen.call(x));
      }
    }
    const net = new Net();
    net.compile({ loss: "crossEntropy" });
    const [finding, ...others] = diagnose(net, [randn([n, 4]), labels()], { rules: names });
    expect(finding.evidence).toContain("left.kernel, left.bias");
    expect(others).toEqual([]);
  });

  it("names those that the optimizer was not given", () => {
    const model = new Sequential([new Dense({ units: 3, inputDim: 4 })]);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    model.add(new Dense(2));
    const x = randn([n, 4]);
    const [finding] = diagnose(
      { model, optimizer, loss: () => model.call(x).square().mean() },
      { rules: ["no-gradient"] },
    );
    expect(finding.evidence).toContain("SGD does not update them: layers.1.kernel, layers.1.bias");
  });
});

describe("accidental-broadcast", () => {
  const y = () => randn([n]);
  it("is seen in training by hand", () => {
    expect(byHand(1, (s) => s.sub(y()).square().mean())).toEqual(["accidental-broadcast"]);
    expect(
      byHand(1, (s) =>
        s
          .squeeze(-1)
          .sub(y().reshape([n, 1]))
          .abs()
          .mean(),
      ),
    ).toEqual(["accidental-broadcast"]);
    expect(byHand(1, (s) => s.square().mul(y().abs()).mean())).toEqual(["accidental-broadcast"]);
  });

  it("is seen in a loss that fit refuses", () => {
    const findings = ofLayers(
      [new Dense({ units: 1, inputDim: 4 })],
      (p, t) => p.squeeze(-1).sub(t).square(),
      randn([n, 1]),
    );
    expect(findings.rules).toEqual(["accidental-broadcast"]);
  });

  it("is not: pairs on purpose, a bias, weights of columns", () => {
    expect(byHand(1, (s) => s.sub(s.squeeze(-1)).square().mean())).toEqual([]);
    expect(byHand(1, (s) => s.squeeze(-1).unsqueeze(1).sub(y().unsqueeze(0)).abs().mean())).toEqual([]);
    expect(
      byHand(3, (s) =>
        s
          .mul(tensor([1, 2, 3]))
          .square()
          .mean(),
      ),
    ).toEqual([]);
    expect(byHand(1, (s) => s.squeeze(-1).sub(y()).square().mean())).toEqual([]);
  });
});

describe("modes and places of layers", () => {
  it("a training step in evaluation mode", () => {
    const model = new Sequential([
      new Dense({ units: 5, inputDim: 4, activation: "relu" }),
      new Dropout(0.5),
      new Dense(3),
    ]);
    const x = randn([n, 4]);
    const look = () => diagnose({ model, loss: () => crossEntropy(model.call(x), labels()) }, { rules: names });
    expect(look().rules).toEqual([]);
    model.eval();
    expect(look().rules).toEqual(["wrong-mode"]);
    model.train();
    model.modules()[2].eval();
    expect(look().rules).toEqual([]);
    const normal = new Sequential([
      new Dense({ units: 5, inputDim: 4 }),
      new BatchNorm(),
      new Activation("relu"),
      new Dense(3),
    ]).eval();
    expect(diagnose({ loss: () => crossEntropy(normal.call(x), labels()) }, { rules: names }).rules).toEqual([
      "wrong-mode",
    ]);
  });

  it("a compiled model in evaluation mode is trained in training mode", () => {
    const model = new Sequential([
      new Dense({ units: 5, inputDim: 4, activation: "relu" }),
      new Dropout(0.5),
      new Dense(3),
    ]);
    model.compile({ optimizer: new Adam(), loss: "crossEntropy" });
    model.eval();
    expect(diagnose(model, [randn([n, 4]), labels()], { rules: names }).rules).toEqual([]);
    expect(model.training).toBe(false);
  });

  it("dropout after the last layer", () => {
    const layers = () => [new Dense({ units: 6, inputDim: 4, activation: "relu" })];
    expect(ofLayers([...layers(), new Dense(3), new Dropout(0.3)], "crossEntropy", labels()).rules).toEqual([
      "dropout-on-output",
    ]);
    expect(ofLayers([...layers(), new Dropout(0.3), new Dense(3)], "crossEntropy", labels()).rules).toEqual([]);
  });

  it("an input that is not used", () => {
    class Net extends Model {
      a = new Dense({ units: 3, inputDim: 4 });
      forward(x: Tensor, z: Tensor) {
        return this.a.call(x.mul(z.shape[0] / z.shape[0]));
      }
    }
    const net = new Net();
    net.compile({ loss: "crossEntropy" });
    const findings = diagnose(net, [[randn([n, 4]), randn([n, 2])], labels()], { rules: names });
    expect(findings.rules).toEqual(["ignored-input"]);
    expect(findings[0].evidence).toContain("input 2 [8, 2]");
  });

  it("two linear layers one after another, unless the first is a bottleneck", () => {
    const wide = [new Dense({ units: 16, inputDim: 4 }), new Dense(3)];
    expect(ofLayers(wide, "crossEntropy", labels()).rules).toEqual(["missing-activation"]);
    const dropped = [new Dense({ units: 16, inputDim: 4 }), new Dropout(0.1), new Flatten(), new Dense(3)];
    expect(ofLayers(dropped, "crossEntropy", labels()).rules).toEqual(["missing-activation"]);
    const narrow = [new Dense({ units: 2, inputDim: 4 }), new Dense(4)];
    expect(ofLayers(narrow, "mse", randn([n, 4])).rules).toEqual([]);
  });
});
