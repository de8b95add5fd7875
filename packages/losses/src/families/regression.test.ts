import { ShapeError, tensor, ValueError, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { huber, type Loss, logCosh, mae, mape, mse, msle } from "../index.ts";

const double = (x: number[] | number[][]) => tensor(x, { dtype: "float64" });
// The numbers of Keras's own tests.
const target = double([
  [1, 9, 2],
  [-5, -2, 6],
]);
const prediction = double([
  [4, 8, 12],
  [8, 1, 3],
]);
const above0 = double([
  [1, 9, 2],
  [5, 2, 6],
]);

/** Unweighted, with the scalar weight 2.3, with sample weights (1.2, 3.4), and the mean of each sample. */
const known: [Loss, typeof target, number, number, number[]][] = [
  [mse, target, 49.5, 127.96667, [36.666667, 62.333333]],
  [mae, target, 5.5, 13.566667, [4.666667, 6.333333]],
  [mape, target, 211.851852, 422.888889, [270.37037, 153.333333]],
  [msle, above0, 0.607134613, 0.963951907, [1.00027798, 0.21399125]],
];

describe("regression losses", () => {
  it.each(known.map((row) => [row[0].lossName, ...row] as const))(
    "%s is Keras's",
    (_, loss, y, mean, weighted, samples) => {
      expect(loss(prediction, y).item()).toBeCloseTo(mean, 5);
      expect(loss(prediction, y, { sampleWeight: 2.3 }).item()).toBeCloseTo(2.3 * mean, 4);
      expect(loss(prediction, y, { sampleWeight: [1.2, 3.4] }).item()).toBeCloseTo(weighted, 4);
      expect(loss(prediction, y, { reduction: "sum" }).item()).toBeCloseTo(6 * mean, 4);
      expectClose(
        loss(prediction, y, { reduction: "none" }).mean(-1),
        { shape: [2], data: samples },
        { tolerance: 1e-6 },
      );
    },
  );

  it("never broadcast predictions against targets, as PyTorch's mse does", () => {
    for (const loss of [mse, mae, mape, msle, huber, logCosh] as Loss[])
      expect(() => loss(tensor(new Float32Array(64), { shape: [64, 1] }), new Float32Array(64))).toThrow(ShapeError);
  });

  it("say at which place a number is missing, whatever the rank", () => {
    const target = Array.from({ length: 12 }, (_, i) => (i === 10 ? Number.NaN : i));
    expect(() => mse(zeros([2, 3, 2]), tensor(target).reshape(2, 3, 2))).toThrow(/got NaN at \[1, 2, 0\]/);
    expect(() => mse(zeros([3, 4]), tensor(target).reshape(3, 4))).toThrow(/got NaN at \[2, 2\]/);
  });

  it("say how to bring shapes together only where that would help", () => {
    expect(() => mse(zeros([2, 3]), zeros([3]))).toThrow(/Look at what the last layer returns/);
    expect(() => mse(zeros([2, 3, 4]), zeros([2, 9]))).toThrow(/Look at what the last layer returns/);
    expect(() => mse(zeros([2, 3]), zeros([2]))).toThrow(/class indices/);
  });

  it("send one-hot business elsewhere: predictions [3, 2] against labels [3]", () => {
    expect(() =>
      mse(
        [
          [1, 2],
          [1, 2],
          [1, 2],
        ],
        [0, 1, 0],
      ),
    ).toThrow(/class indices, use crossEntropy/);
    expect(() =>
      mse(
        [
          [1, 2],
          [1, 2],
          [1, 2],
        ],
        [[1, 2, 3]],
      ),
    ).toThrow(/as many outputs/);
  });

  it("refuse NaN in targets and give NaN for NaN in predictions", () => {
    expect(() => mse([1], [Number.NaN])).toThrow(ValueError);
    expect(mse([Number.NaN], [1]).item()).toBeNaN();
    expect(mse([Number.POSITIVE_INFINITY], [1]).item()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("mape", () => {
  it("divides by 1e-7 where the target is 0", () => {
    expect(mape(double([1e-9]), double([0])).item()).toBeCloseTo(1, 10);
  });
});

describe("msle", () => {
  it("takes predictions below 0 as 0, and still pulls them up", () => {
    const p = tensor([-3], { requiresGrad: true });
    const loss = msle(p, [1]);
    loss.backward();
    expect(loss.item()).toBeCloseTo(Math.LN2 ** 2, 6);
    expect(p.grad!.item()).toBeCloseTo(-2 * Math.LN2, 6);
  });

  it("refuses targets below 0", () => {
    expect(() => msle([1], [-1])).toThrow(/targets of 0 or more, got -1/);
  });
});

describe("huber", () => {
  it("is square within delta and straight beyond", () => {
    const each = huber(double([0.5, -0.5, 1, 3, -3]), [0, 0, 0, 0, 0], { reduction: "none" });
    expectClose(each, { shape: [5], data: [0.125, 0.125, 0.5, 2.5, 2.5] });
    expect(huber(double([3]), [0], { delta: 2 }).item()).toBe(2 * (3 - 1));
  });

  it("is Keras's", () => {
    const y = [
      [0.9, 0.2, 0.2],
      [0.8, 0.4, 0.6],
    ];
    const p = double([
      [1, 0, 1],
      [1, 0, 0],
    ]);
    expect(huber(p, y).item()).toBeCloseTo(0.625 / 6, 7);
    expect(huber(p, y, { sampleWeight: 2.3 }).item()).toBeCloseTo(1.4375 / 6, 7);
    expect(huber(p, y, { sampleWeight: [1.2, 3.4] }).item()).toBeCloseTo(1.366 / 6, 7);
  });

  it("refuses a delta of 0", () => {
    expect(() => huber([1], [0], { delta: 0 })).toThrow(/delta above 0, got 0/);
  });
});

describe("logCosh", () => {
  it("is right to the last digits from 1e-8 to 1000", () => {
    const exact = [
      [1e-8, 5.0000000000000024e-17],
      [1e-4, 4.999999991666667e-9],
      [0.3, 0.04434076992594032],
      [1, 0.4337808304830272],
      [3, 2.309328504577785],
      [50, 49.30685281944005],
      [1000, 999.30685281944],
    ];
    for (const [e, expected] of exact)
      for (const sign of [-1, 1]) {
        const loss = logCosh(double([sign * e]), [0]).item();
        expect(Math.abs(loss / expected - 1)).toBeLessThan(4e-16);
      }
    expect(logCosh([1e-4], [0]).item() / 4.999999991666667e-9).toBeCloseTo(1, 6);
  });

  it("has the slope tanh e", () => {
    for (const e of [-40, -1, -0.2, 0, 0.7, 1, 1000]) {
      const x = tensor([e], { requiresGrad: true, dtype: "float64" });
      logCosh(x, [0]).backward();
      expect(x.grad!.item()).toBeCloseTo(Math.tanh(e), 14);
    }
  });
});
