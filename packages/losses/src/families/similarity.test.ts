import { jit } from "@chainrule/compiler";
import { concat, grad, OptionError, ShapeError, type Tensor, tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkLoss, cosineSimilarity, infoNCE } from "../index.ts";

const double = (x: number[] | number[][]) => tensor(x, { dtype: "float64" });

describe("cosineSimilarity", () => {
  const target = [
    [1, 9, 2],
    [-5, -2, 6],
  ];
  const prediction = double([
    [4, 8, 12],
    [8, 1, 3],
  ]);

  it("is Keras's: unweighted, with a scalar weight, with sample weights, without reduction", () => {
    expect(cosineSimilarity(prediction, target).item()).toBeCloseTo(-0.18721907084660513, 14);
    expect(cosineSimilarity(prediction, target, { sampleWeight: 2.3 }).item()).toBeCloseTo(-0.4306038629471918, 14);
    expect(cosineSimilarity(prediction, target, { sampleWeight: [1.2, 3.4] }).item()).toBeCloseTo(
      0.1559919834648657,
      14,
    );
    const each = cosineSimilarity(prediction, target, { reduction: "none" });
    expectClose(each, { shape: [2], data: [-0.72048802, 0.34604988] }, { tolerance: 1e-8 });
  });

  it("takes vectors along another axis", () => {
    expectClose(cosineSimilarity(prediction.T, double(target).T, { axis: 0 }), cosineSimilarity(prediction, target));
  });

  it("brings vectors to length 1 from a length of 1e-6 on", () => {
    expect(cosineSimilarity(double([[2e-6, 0]]), [[1, 0]]).item()).toBeCloseTo(-1, 12);
    expect(cosineSimilarity(double([[1e-7, 0]]), [[1, 0]]).item()).toBeCloseTo(-0.1, 12);
  });

  it.each([
    ["float32", 1e30, 1e-6],
    ["float64", 1e200, 1e-14],
  ] as const)("in %s is right for vectors whose squares overflow, eagerly and compiled", (dtype, size, tolerance) => {
    const x = tensor([[3 * size, 4 * size]], { dtype });
    const y = tensor([[4 * size, 3 * size]], { dtype });
    const key = tensor([[4, 3]], { dtype });
    const loss = (p: Tensor, t: Tensor) => cosineSimilarity(p, t);
    for (const f of [loss, jit(loss)])
      for (const t of [y, key]) expect(Math.abs(f(x, t).item() + 24 / 25)).toBeLessThan(tolerance);
    const slope = grad(loss);
    // Across the vector, as long as 1 / |x| says: (cos x - y / |y|) / |x|.
    for (const f of [slope, jit(slope)])
      (f(x, key) as Tensor).toTypedArray().forEach((found, i) => {
        const expected = ((24 / 25) * [0.6, 0.8][i] - [0.8, 0.6][i]) / (5 * size);
        expect(Math.abs(found / expected - 1)).toBeLessThan(20 * tolerance);
      });
    const both = concat([x, y], 0);
    expect(infoNCE(both, both, { temperature: 1 }).item()).toBeCloseTo(Math.log(1 + Math.exp(24 / 25 - 1)), 5);
  });

  it("is 0 for the zero vector, with a finite gradient", () => {
    const x = tensor([[0, 0]], { requiresGrad: true });
    const loss = cosineSimilarity(x, [[1, 0]]);
    loss.backward();
    expect(Math.abs(loss.item())).toBe(0);
    expect(x.grad!.isFinite().all().item()).toBe(1);
  });
});

describe("infoNCE", () => {
  const query = double([
    [1, 2],
    [3, -1],
    [0.5, 0.5],
  ]);
  const key = double([
    [1, 1],
    [2, -2],
    [-1, 0.5],
  ]);

  it("is cross-entropy of each query's own key among all keys", () => {
    const each = infoNCE(query, key, { temperature: 0.5, reduction: "none" });
    expectClose(each, { shape: [3], data: [0.20671836, 0.35901797, 2.82078979] }, { tolerance: 1e-8 });
    const both = infoNCE(query, key, { temperature: 0.5, symmetric: true, reduction: "none" });
    expectClose(both, { shape: [3], data: [0.5564561, 0.29345781, 1.98284545] }, { tolerance: 1e-8 });
    expect(infoNCE(query, key, { temperature: 0.5, reduction: "sum", sampleWeight: [0, 0, 2] }).item()).toBeCloseTo(
      2 * 2.82078979,
      7,
    );
  });

  it("has a temperature of 0.1 unless told otherwise", () => {
    expectClose(infoNCE(query, key), infoNCE(query, key, { temperature: 0.1 }));
  });

  it("is log n where all keys are the same", () => {
    const same = [
      [1, 1],
      [1, 1],
      [1, 1],
    ];
    expect(infoNCE(query, double(same)).item()).toBeCloseTo(Math.log(3), 14);
  });

  it("passes checkLoss in both directions", () => {
    expect(() => checkLoss(infoNCE.with({ symmetric: true, temperature: 0.5 }))).not.toThrow();
  });

  it("refuses other shapes and a temperature of 0", () => {
    expect(() => infoNCE([1, 2], [1, 2])).toThrow(/\[N, D\], got \[2\]/);
    expect(() =>
      infoNCE(
        [[1, 2]],
        [
          [1, 2],
          [3, 4],
        ],
      ),
    ).toThrow(ShapeError);
    expect(() => infoNCE(query, key, { temperature: 0 })).toThrow(OptionError);
  });
});
