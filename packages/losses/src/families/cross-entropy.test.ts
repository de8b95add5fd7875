import { logSoftmax, ShapeError, tensor, ValueError, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  categoricalCrossEntropy,
  checkLoss,
  crossEntropy,
  generalizedCrossEntropy,
  nll,
  sparseCategoricalCrossEntropy,
} from "../index.ts";

const double = (x: number[] | number[][]) => tensor(x, { dtype: "float64" });
const oneHots = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
// The numbers of Keras's own tests; the second row sums to 1.99, which Keras divides by.
const probabilities = [
  [0.9, 0.05, 0.05],
  [0.5, 0.89, 0.6],
  [0.05, 0.01, 0.94],
];
const logits = [
  [8, 1, 1],
  [0, 9, 1],
  [2, 3, 5],
];

describe("categoricalCrossEntropy", () => {
  it("is Keras's: unweighted, with a scalar weight, with sample weights, without reduction", () => {
    expect(categoricalCrossEntropy(probabilities, oneHots).item()).toBeCloseTo(0.3239, 3);
    expect(categoricalCrossEntropy(probabilities, oneHots, { sampleWeight: 2.3 }).item()).toBeCloseTo(0.7449, 3);
    const sampleWeight = [1.2, 3.4, 5.6];
    expect(categoricalCrossEntropy(probabilities, oneHots, { sampleWeight }).item()).toBeCloseTo(1.0696, 3);
    const each = categoricalCrossEntropy(probabilities, oneHots, { reduction: "none" });
    expectClose(each, { shape: [3], data: [0.10536, 0.80467, 0.06188] }, { tolerance: 1e-5 });
  });

  it("is Keras's from logits", () => {
    const options = { fromLogits: true };
    expect(categoricalCrossEntropy(logits, oneHots, options).item()).toBeCloseTo(0.057376, 5);
    expect(categoricalCrossEntropy(logits, oneHots, { ...options, sampleWeight: 2.3 }).item()).toBeCloseTo(0.131964, 5);
    const sampleWeight = [1.2, 3.4, 5.6];
    expect(categoricalCrossEntropy(logits, oneHots, { ...options, sampleWeight }).item()).toBeCloseTo(0.31829, 4);
    const each = categoricalCrossEntropy(logits, oneHots, { ...options, reduction: "none" });
    expectClose(each, { shape: [3], data: [0.001822, 0.000459, 0.169846] }, { tolerance: 1e-5 });
  });

  it("smooths labels as Keras does", () => {
    const loss = categoricalCrossEntropy([[100, -100, -100]], [[1, 0, 0]], { fromLogits: true, labelSmoothing: 0.1 });
    expect(loss.item()).toBeCloseTo((400 * 0.1) / 3, 4);
  });

  it("cuts a probability of 1 to 1 - 1e-7 as well", () => {
    expect(categoricalCrossEntropy(double([[1, 0]]), [[1, 0]]).item() / 1e-7).toBeCloseTo(1, 6);
  });

  it("stays finite where a probability is 0, and pulls it up", () => {
    const p = tensor([[0, 1]], { requiresGrad: true, dtype: "float64" });
    const loss = categoricalCrossEntropy(p, [[1, 0]]);
    expect(loss.item()).toBeCloseTo(-Math.log(1e-7), 9);
    loss.backward();
    expect(p.grad!.at(0, 0)).toBeLessThan(-1e6);
    expect(categoricalCrossEntropy([[0, 0]], [[1, 0]]).item()).toBeCloseTo(-Math.log(1e-7), 4);
  });

  it("sends class indices to the losses that take them", () => {
    expect(() => categoricalCrossEntropy(probabilities, [0, 1, 2])).toThrow(ShapeError);
    expect(() => categoricalCrossEntropy(probabilities, [0, 1, 2])).toThrow(/sparseCategoricalCrossEntropy/);
  });

  it("refuses logits that are taken for probabilities", () => {
    expect(() => categoricalCrossEntropy(logits, oneHots)).toThrow(ValueError);
    expect(() => categoricalCrossEntropy(logits, oneHots)).toThrow(/from 0 to 1, got 8 at \[0, 0\].*\n.*fromLogits/);
  });

  it("refuses several labels at once", () => {
    expect(() => categoricalCrossEntropy(probabilities, [[1, 1, 0], ...oneHots.slice(1)])).toThrow(
      /sum to 1, got 2 at \[0\].*\n.*binaryCrossEntropy/,
    );
  });
});

describe("sparseCategoricalCrossEntropy", () => {
  it("is categoricalCrossEntropy with labels", () => {
    const labels = [0, 1, 2];
    const each = sparseCategoricalCrossEntropy(probabilities, labels, { reduction: "none" });
    expectClose(each, categoricalCrossEntropy(probabilities, oneHots, { reduction: "none" }));
    expect(sparseCategoricalCrossEntropy(logits, labels, { fromLogits: true }).item()).toBeCloseTo(0.057376, 5);
  });

  it("leaves out ignored labels", () => {
    const some = sparseCategoricalCrossEntropy(probabilities, [0, -1, 2], { ignoreIndex: -1 });
    expect(some.item()).toBeCloseTo((0.10536 + 0.06188) / 2, 4);
  });

  it("sends one-hot targets to the losses that take them", () => {
    expect(() => sparseCategoricalCrossEntropy(probabilities, oneHots)).toThrow(/One-hot.*categoricalCrossEntropy/);
  });

  it("refuses a column of labels, and says how to make it a vector", () => {
    expect(() => sparseCategoricalCrossEntropy(probabilities, [[0], [1], [2]])).toThrow(/squeeze\(-1\)/);
  });
});

describe("crossEntropy", () => {
  it("is -log softmax at the label", () => {
    expect(crossEntropy([[2, 1, 0]], [0]).item()).toBeCloseTo(Math.log(1 + Math.exp(-1) + Math.exp(-2)), 6);
    expect(crossEntropy([2, 1, 0], 0).item()).toBeCloseTo(0.40761, 5);
  });

  it("is log 2 = 1 bit for q = (0.5, 0.5) whatever p: H(p, q) is not 0, and not negative", () => {
    expect(crossEntropy(double([[0, 0]]), [[0.6, 0.4]]).item()).toBeCloseTo(Math.LN2, 15);
  });

  it("is the entropy of the target where the prediction is right", () => {
    const p = [0.6, 0.4];
    const loss = crossEntropy(double([p.map(Math.log)]), double([p]));
    expect(loss.item()).toBeCloseTo(0.6730116670092565, 14);
  });

  it("passes checkLoss with labels, distributions, weights, smoothing, ignored labels and another axis", () => {
    const prediction = [
      [0.3, -1.2, 2],
      [1, 0.5, -0.7],
      [0.1, 0.2, -2],
    ];
    const target = [2, 0, -100];
    expect(() => checkLoss(crossEntropy)).not.toThrow();
    expect(() => checkLoss(crossEntropy.with({ axis: 0 }))).not.toThrow();
    const options = { classWeight: [1, 2, 0.5], labelSmoothing: 0.1, ignoreIndex: -100 };
    expect(() => checkLoss(crossEntropy.with(options), { prediction, target })).not.toThrow();
    expect(() =>
      checkLoss(crossEntropy, {
        prediction,
        target: [
          [1, 0, 0],
          [0.2, 0.3, 0.5],
          [0, 0.5, 0.5],
        ],
      }),
    ).not.toThrow();
  });

  it("costs nothing, and not NaN, for classes that are masked by -Infinity and do not occur", () => {
    const x = tensor([[0, 1, Number.NEGATIVE_INFINITY]], { requiresGrad: true, dtype: "float64" });
    for (const target of [[0], [[1, 0, 0]]]) {
      x.zeroGrad();
      const loss = crossEntropy(x, target);
      loss.backward();
      expect(loss.item()).toBeCloseTo(Math.log(1 + Math.E), 14);
      expectClose(x.grad!, { shape: [1, 3], data: [-0.731058578630005, 0.731058578630005, 0] });
    }
  });

  it("weighs the classes of a distribution, and divides by the number of samples", () => {
    const logits = double([
      [2, 1, 0],
      [0, 3, 1],
    ]);
    const target = [
      [0.5, 0.5, 0],
      [0, 0.25, 0.75],
    ];
    const classWeight = [1, 2, 4];
    const logP = logits.logSoftmax().toArray(2);
    const each = target.map((row, i) => -row.reduce((sum, y, c) => sum + classWeight[c] * y * logP[i][c], 0));
    expectClose(crossEntropy(logits, target, { classWeight, reduction: "none" }), { shape: [2], data: each });
    expect(crossEntropy(logits, target, { classWeight }).item()).toBeCloseTo((each[0] + each[1]) / 2, 14);
  });

  it("forgets the label where it is smoothed all the way", () => {
    const logits = double([[2, 1, 0]]);
    const mean = -logits.logSoftmax().mean().item();
    for (const label of [0, 1, 2])
      expect(crossEntropy(logits, [label], { labelSmoothing: 1 }).item()).toBeCloseTo(mean, 14);
    expect(() => crossEntropy(logits, [0], { labelSmoothing: 1.1 })).toThrow(/a number from 0 to 1/);
  });

  it("is 0, and its gradient 0, where every label is ignored", () => {
    const x = tensor([[1, 2]], { requiresGrad: true });
    const loss = crossEntropy(x, [-100], { ignoreIndex: -100 });
    loss.backward();
    expect(loss.item()).toBe(0);
    expectClose(x.grad!.abs(), { shape: [1, 2], data: [0, 0] });
  });

  it("divides the mean by the weights of the labels that count", () => {
    const options = { classWeight: [1, 3], ignoreIndex: 9 };
    const loss = crossEntropy(
      double([
        [0, 0],
        [0, 0],
        [5, 1],
      ]),
      [0, 1, 9],
      options,
    );
    expect(loss.item()).toBeCloseTo((Math.LN2 + 3 * Math.LN2) / 4, 14);
    const weighted = crossEntropy(
      double([
        [0, 0],
        [0, 0],
        [5, 1],
      ]),
      [0, 1, 9],
      { ...options, sampleWeight: [2, 0, 5] },
    );
    expect(weighted.item()).toBeCloseTo((2 * Math.LN2) / 4, 14);
  });

  it("tells a fractional label, a label too large and a negative one apart", () => {
    expect(() => crossEntropy([[1, 2]], [0.5])).toThrow(/0\.5 at \[0\].*\n.*class indices/);
    expect(() => crossEntropy([[1, 2]], [2])).toThrow(/from 0 to 1, got 2.*\n.*count from 0/);
    expect(() => crossEntropy([[1, 2]], [7])).toThrow(ValueError);
    expect(() => crossEntropy([[1, 2]], [-100])).toThrow(/ignoreIndex: -100/);
    expect(() => crossEntropy([[1, 2]], [Number.NaN])).toThrow(ValueError);
  });

  it("says which shapes it takes, and finds a class axis that is not the last", () => {
    expect(() => crossEntropy([[1, 2]], [0, 1])).toThrow(ShapeError);
    expect(() => crossEntropy(5, [0])).toThrow(/a class axis, got a scalar/);
    expect(() =>
      crossEntropy(tensor(new Float32Array(24), { shape: [2, 3, 4] }), [
        [0, 1, 2, 0],
        [0, 1, 2, 0],
      ]),
    ).toThrow(/axis: 1/);
    expect(() => crossEntropy([[1, 2]], [0], { classWeight: [1, 2, 3] })).toThrow(/each of the 2 classes/);
    expect(() => crossEntropy([[1, 2]], [0], { labelSmoothing: 2 })).toThrow(
      /labelSmoothing.*from 0 to 1, got the number 2/,
    );
    expect(() => crossEntropy([[1, 2]], [0], { ignoreIndex: 0.5 })).toThrow(/whole number as ignoreIndex/);
    expect(() => crossEntropy([[1, 2]], [0], { axis: 2 })).toThrow(/axis from -2 to 1/);
  });

  it("says which targets it takes, and what to do with others", () => {
    const logits = zeros([2, 3, 4]);
    expect(() => sparseCategoricalCrossEntropy(logits.softmax(), zeros([2, 4]))).toThrow(
      /targets that are class indices of shape \[2, 3\], got \[2, 4\].*\n.*Is the class axis another one/,
    );
    expect(() => categoricalCrossEntropy(logits.softmax(), zeros([2, 4]))).toThrow(
      /targets that are probabilities of the predictions' shape, \[2, 3, 4\], got.*\n.*Is the class axis another one/,
    );
    expect(() => categoricalCrossEntropy(logits.softmax(), zeros([2, 3]))).toThrow(/oneHot\(target, classes\)/);
    expect(() => crossEntropy(logits, zeros([2, 4]))).toThrow(
      /class indices of shape \[2, 3\] or probabilities of the predictions' shape, \[2, 3, 4\]/,
    );
    expect(() => crossEntropy(logits, zeros([2, 3, 1]))).toThrow(/target\.squeeze\(-1\)/);
    expect(() => crossEntropy(logits, zeros([2, 3, 2]))).toThrow(/bring them to one of these shapes/);
    expect(() => crossEntropy(logits, zeros([1]))).toThrow(/does the model lack a Flatten/);
    expect(() => crossEntropy(zeros([2, 3]), zeros([3]))).toThrow(/bring them to one of these shapes/);
  });

  it("says what may be wrong with a label, and where a number is missing", () => {
    expect(() => crossEntropy([[0, 0, 0]], [3])).toThrow(/Labels count from 0: subtract 1/);
    expect(() => crossEntropy([[0, 0, 0]], [7])).toThrow(/Has the model one output for each class\? It has 3/);
    expect(() => crossEntropy([[0, 0]], [[Number.NaN, 1]])).toThrow(/got NaN at \[0, 0\]/);
  });

  it("lets NaN predictions through, so that training sees a NaN loss", () => {
    expect(crossEntropy([[Number.NaN, 1]], [1]).item()).toBeNaN();
    expect(sparseCategoricalCrossEntropy([[Number.NaN, 1]], [1]).item()).toBeNaN();
  });
});

describe("nll", () => {
  it("is crossEntropy of log-probabilities", () => {
    const x = double([
      [2, 1, 0],
      [0, 3, 1],
    ]);
    const options = { classWeight: [1, 2, 3] };
    expect(nll(logSoftmax(x), [0, 2], options).item()).toBeCloseTo(crossEntropy(x, [0, 2], options).item(), 14);
  });

  it("refuses logits", () => {
    expect(() => nll([[2, 1, 0]], [0])).toThrow(/log-probabilities, 0 or less, got 2.*\n.*logSoftmax/);
  });
});

describe("generalizedCrossEntropy", () => {
  it("is (1 - p^q) / q", () => {
    for (const [q, expected] of [
      [0.5, 0.2679491924311228],
      [0.7, 0.2605660454614096],
      [1, 0.25],
    ])
      expect(generalizedCrossEntropy(double([[0.25, 0.75]]), [1], { q }).item()).toBeCloseTo(expected, 14);
  });

  it("is cross-entropy for q = 0", () => {
    expect(generalizedCrossEntropy(double([[0.25, 0.75]]), [1], { q: 0 }).item()).toBeCloseTo(-Math.log(0.75), 14);
  });

  it("keeps its digits where the label is nearly certain", () => {
    const x = double([[0, Math.log(0.9999999 / 0.0000001)]]);
    const loss = generalizedCrossEntropy(x, [1], { fromLogits: true }).item();
    expect(Math.abs(loss / 1.000000025e-7 - 1)).toBeLessThan(1e-8);
  });

  it("takes distributions, logits and no q above 1", () => {
    expect(() => checkLoss(generalizedCrossEntropy.with({ fromLogits: true, q: 0.7 }))).not.toThrow();
    const soft = generalizedCrossEntropy(double([[0.25, 0.75]]), [[0.5, 0.5]], { q: 1 });
    expect(soft.item()).toBeCloseTo(0.5 * 0.75 + 0.5 * 0.25, 14);
    expect(() => generalizedCrossEntropy([[0.25, 0.75]], [1], { q: 2 })).toThrow(/q from 0 to 1, got 2/);
  });
});
