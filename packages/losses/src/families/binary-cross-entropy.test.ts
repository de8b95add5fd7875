import { ShapeError, tensor, ValueError } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { binaryCrossEntropy, binaryCrossEntropyWithLogits, checkLoss } from "../index.ts";

const double = (x: number | number[] | number[][]) => tensor(x, { dtype: "float64" });
// The numbers of Keras's own tests, where a prediction of 1 is wrong and float32 cuts it to 1 - 1.19e-7.
const target = [
  [1, 0],
  [1, 0],
];
const prediction = [
  [1, 1],
  [1, 0],
];
const logits = [
  [100, -100, 100],
  [100, 100, -100],
];
const labels = [
  [1, 0, 1],
  [0, 1, 1],
];

describe("binaryCrossEntropy", () => {
  it("is Keras's: unweighted, with a scalar weight, with sample weights, without reduction", () => {
    expect(binaryCrossEntropy(prediction, target).item()).toBeCloseTo(3.98559, 4);
    expect(binaryCrossEntropy(prediction, target, { sampleWeight: 2.3 }).item()).toBeCloseTo(9.166857, 4);
    expect(binaryCrossEntropy(prediction, target, { sampleWeight: [1.2, 3.4] }).item()).toBeCloseTo(4.7827, 4);
    const each = binaryCrossEntropy(prediction, target, { reduction: "none" });
    expectClose(each.mean(-1), { shape: [2], data: [7.9712, 0] }, { tolerance: 1e-4 });
  });

  it("is Keras's from logits", () => {
    const options = { fromLogits: true };
    expect(binaryCrossEntropy(logits, labels, options).item()).toBeCloseTo(33.33333, 4);
    expect(binaryCrossEntropy(logits, labels, { ...options, sampleWeight: 2.3 }).item()).toBeCloseTo(76.66667, 4);
    expect(binaryCrossEntropy(logits, labels, { ...options, sampleWeight: [4, 3] }).item()).toBeCloseTo(100, 4);
    expectClose(
      binaryCrossEntropy(logits, labels, { ...options, reduction: "none" }).mean(-1),
      { shape: [2], data: [0, 66.66667] },
      { tolerance: 1e-6 },
    );
  });

  it("smooths labels as Keras does", () => {
    const loss = binaryCrossEntropy([[10, -10, -10]], [[1, 0, 1]], { fromLogits: true, labelSmoothing: 0.1 });
    expect(loss.item()).toBeCloseTo((10 + 5 * 0.1) / 3, 4);
  });

  it("moves zeros and ones towards 1/2 by half the smoothing", () => {
    const options = { labelSmoothing: 0.2, reduction: "none" } as const;
    const [p, q] = [-Math.log(0.8), -Math.log(0.2)];
    const expected = { shape: [2], data: [0.9 * p + 0.1 * q, 0.9 * q + 0.1 * p] };
    expectClose(binaryCrossEntropy(double([0.8, 0.8]), [1, 0], options), expected);
    const half = binaryCrossEntropy(double([0.8]), [1], { labelSmoothing: 1 });
    expect(half.item()).toBeCloseTo((p + q) / 2, 14);
  });

  it("is the textbook's formula between 1e-7 and 1 - 1e-7, to the last digits", () => {
    for (const p of [1.1e-7, 0.001, 0.3, 0.5, 0.999, 1 - 1.1e-7])
      for (const y of [0, 0.25, 1]) {
        const textbook = -(y * Math.log(p) + (1 - y) * Math.log1p(-p));
        expect(binaryCrossEntropy(double([p]), double([y])).item()).toBeCloseTo(textbook, 13);
      }
  });

  it("is finite at 0 and 1, where the textbook's formula is NaN, and its gradient points back", () => {
    const p = tensor([0, 1, 0, 1], { requiresGrad: true, dtype: "float64" });
    const loss = binaryCrossEntropy(p, [0, 1, 1, 0], { reduction: "none" });
    const most = -Math.log(1e-7);
    expectClose(loss, { shape: [4], data: [1e-7, 1e-7, most, most] }, { tolerance: 1e-9 });
    loss.sum().backward();
    expectClose(p.grad!, { shape: [4], data: [1, -1, -1e7, 1e7] }, { tolerance: 1e-6 });
  });

  it("is Keras's formula in float32: 1 is cut to the float32 below 1 - 1e-7", () => {
    const cut = Math.fround(1 - 1e-7);
    expect(binaryCrossEntropy([1], [0]).item()).toBeCloseTo(-Math.log(1 - cut), 4);
  });

  it("never broadcasts [64, 1] predictions against [64] targets", () => {
    const p = tensor(new Float32Array(64).fill(0.5), { shape: [64, 1] });
    const y = tensor(new Float32Array(64));
    expect(() => binaryCrossEntropy(p, y)).toThrow(ShapeError);
    expect(() => binaryCrossEntropy(p, y)).toThrow(
      /target \[64\] and prediction \[64, 1\].*\n.*target\.reshape\(\[64, 1\]\)/,
    );
  });

  it("refuses logits, targets outside [0, 1] and NaN in targets", () => {
    expect(() => binaryCrossEntropy([1.5], [1])).toThrow(ValueError);
    expect(() => binaryCrossEntropy([1.5], [1])).toThrow(/got 1\.5 at \[0\].*\n.*fromLogits: true/);
    expect(() => binaryCrossEntropy([0.5], [2])).toThrow(/targets that are probabilities.*got 2/);
    expect(() => binaryCrossEntropy([0.5], [Number.NaN])).toThrow(/got NaN at \[0\].*\n.*data/);
    expect(binaryCrossEntropy([Number.NaN], [1]).item()).toBeNaN();
  });

  it("takes truth values and whole numbers as targets", () => {
    expect(binaryCrossEntropy([0.5, 0.5], [true, false]).item()).toBeCloseTo(Math.LN2, 6);
    expect(binaryCrossEntropy([0.5], tensor([1], { dtype: "int32" })).item()).toBeCloseTo(Math.LN2, 6);
  });

  it("passes checkLoss from logits and with smoothing", () => {
    expect(() => checkLoss(binaryCrossEntropy.with({ fromLogits: true, labelSmoothing: 0.2 }))).not.toThrow();
  });
});

describe("binaryCrossEntropyWithLogits", () => {
  it("keeps its digits where the logit is large and right", () => {
    const x = double([20, -20, 40]);
    const loss = binaryCrossEntropyWithLogits(x, [1, 0, 1], { reduction: "none" }).toTypedArray();
    [2.061153620314381e-9, 2.061153620314381e-9, 4.248354255291561e-18].forEach((expected, i) => {
      expect(Math.abs(loss[i] / expected - 1)).toBeLessThan(1e-14);
    });
  });

  it("counts the ones posWeight times, by column where there are several", () => {
    const options = { posWeight: [1, 3] };
    const loss = binaryCrossEntropyWithLogits(
      [
        [0, 0],
        [0, 0],
      ],
      [
        [1, 1],
        [0, 0],
      ],
      { ...options, reduction: "none" },
    );
    expectClose(loss, { shape: [2, 2], data: [Math.LN2, 3 * Math.LN2, Math.LN2, Math.LN2] }, { dtype: "float32" });
    expect(() => binaryCrossEntropyWithLogits([[0, 0]], [[1, 1]], { posWeight: [1, 2, 3] })).toThrow(ShapeError);
    expect(() => checkLoss(binaryCrossEntropyWithLogits.with({ posWeight: 2.5 }))).not.toThrow();
  });
});
