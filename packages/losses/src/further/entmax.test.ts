import { jit } from "@chainrule/compiler";
import { checkGradients, grad, OptionError, type Tensor, tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkLoss, crossEntropy, entmax, entmaxLoss, fenchelYoung, sparsemax, sparsemaxLoss } from "../index.ts";

const double = (x: unknown[]) => tensor(x as number[], { dtype: "float64" });
const x = double([
  [1, 0.9, -2, 0.3],
  [0.2, 0.1, 0.15, -4],
]);
const alphas = [1, 1.01, 1.3, 1.5, 1.9, 2];

describe("entmax", () => {
  it.each(alphas)("for α = %f sums to 1, keeps the order, and has exact zeros above 1", (alpha) => {
    const p = entmax(x, -1, { alpha });
    expectClose(p.sum(-1), { shape: [2], data: [1, 1] }, { tolerance: 1e-14 });
    expect(p.argsort(-1).toArray()).toEqual(x.argsort(-1).toArray());
    if (alpha >= 1.5) expect(p.slice([1, 2], 3).item()).toBe(0);
    expectClose(entmax(x.T, 0, { alpha }).T, p);
    expectClose(jit((y: Tensor) => entmax(y, -1, { alpha }))(x), p, { tolerance: 1e-12 });
  });

  it.each(alphas)("for α = %f has its first and second derivatives", (alpha) => {
    const report = checkGradients((y: Tensor) => entmax(y, -1, { alpha }).mul(double([1, -2, 3, 0.5])), [x], {
      second: alpha > 1.01,
      tolerance: 1e-5,
    });
    expect(report.worst!.error).toBeLessThan(1e-5);
  });

  it("is softmax and sparsemax at its ends", () => {
    expectClose(entmax(x, -1, { alpha: 1 }), x.softmax(-1));
    expectClose(entmax(x, -1, { alpha: 2 }), sparsemax(x));
    expectClose(entmax(x, -1, { alpha: 1.9999999 }), sparsemax(x), { tolerance: 1e-6 });
    expectClose(entmax(x, -1, { alpha: 1 + 1e-7 }), x.softmax(-1), { tolerance: 1e-6 });
  });

  it("does not move with the numbers, takes ties, one class, ±1e4 and -Infinity", () => {
    for (const alpha of [1.2, 1.5, 2])
      for (const dtype of ["float32", "float64"] as const) {
        const of = (numbers: number[]) => entmax(tensor(numbers, { dtype }), -1, { alpha }).toArray(1);
        expect(of([7])).toEqual([1]);
        expectClose(double(of([3, 3, 3, 3])), { shape: [4], data: [0.25, 0.25, 0.25, 0.25] }, { tolerance: 1e-6 });
        expect(of([1e4, -1e4, 0])).toEqual([1, 0, 0]);
        expect(of([-1e4, Number.NEGATIVE_INFINITY, -1e4])).toEqual([expect.closeTo(0.5, 6), 0, expect.closeTo(0.5, 6)]);
        const slopes = grad((y: Tensor) =>
          entmax(y, -1, { alpha })
            .mul(double([1, 2, 3]))
            .sum(),
        );
        expect(slopes(double([1e4, -1e4, 0])).toArray()).toEqual([0, 0, 0]);
      }
    expectClose(sparsemax(x.add(100)), sparsemax(x), { tolerance: 1e-12 });
    expect(sparsemax([1, 2]).toArray()).toEqual([0, 1]);
    expect(sparsemax(tensor([2, 2], { dtype: "int32" })).toArray()).toEqual([0.5, 0.5]);
  });

  it("of many classes has the last digit too", () => {
    const many = double(Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 3));
    for (const alpha of [1.05, 1.5, 1.95, 2])
      expect(Math.abs(entmax(many, -1, { alpha }).sum().item() - 1)).toBeLessThan(1e-12);
  });

  it("refuses another α", () => {
    for (const alpha of [0.9, 2.1, Number.NaN, "1.5"])
      expect(() => entmax(x, -1, { alpha: alpha as number })).toThrow(OptionError);
    expect(() => entmax(x, -1, { beta: 1 } as object)).toThrow(/options it knows/);
    expect(() => entmaxLoss(x, [0, 1], { alpha: 3 })).toThrow(/alpha from 1/);
  });
});

describe("Fenchel-Young losses", () => {
  it("are 0 where the prediction is the target, and their gradient is the difference", () => {
    for (const alpha of alphas) {
      const p = entmax(x, -1, { alpha });
      const loss = entmaxLoss.with({ alpha, reduction: "sum" });
      expect(loss(x, p).item()).toBeCloseTo(0, 12);
      const target = [
        [0, 1, 0, 0],
        [0.5, 0, 0.5, 0],
      ];
      expectClose(grad((y: Tensor) => loss(y, target))(x), p.sub(double(target)), { tolerance: 1e-12 });
    }
  });

  it("of softmax is cross-entropy", () => {
    expectClose(fenchelYoung(x, [0, 3]), crossEntropy(x, [0, 3]));
    expectClose(entmaxLoss(x, [0, 3], { alpha: 1 }), crossEntropy(x, [0, 3]));
  });

  it("of one's own conjugate and regulariser is the same as the library's", () => {
    const own = fenchelYoung.with({
      conjugate: (scores, axis) => {
        const p = sparsemax(scores, axis);
        return p.mul(scores).sum(axis).add(1).sub(p.square().sum(axis).add(1).div(2));
      },
      regularizer: (y, axis) => y.square().sum(axis).sub(1).div(2),
    });
    for (const target of [[0, 3], x.softmax(-1)])
      expectClose(own(x, target), sparsemaxLoss(x, target), { tolerance: 1e-12 });
    expect(() => fenchelYoung(x, [0, 1], { conjugate: 3 as never })).toThrow(/a function of a tensor and an axis/);
  });

  it("sparsemax's is 0 as soon as the right class leads by 1, and grows by 1 for 1 far out", () => {
    expect(sparsemaxLoss([[2, 1, 0]], [0]).item()).toBe(0);
    expect(sparsemaxLoss([[1e4, -1e4]], [1]).item()).toBe(2e4);
    expect(() => checkLoss(entmaxLoss.with({ alpha: 1.2, axis: 0 }))).not.toThrow();
  });

  it("leave masked classes out", () => {
    const masked = double([[0, Number.NEGATIVE_INFINITY, 0.5]]);
    for (const loss of [sparsemaxLoss, entmaxLoss, fenchelYoung]) {
      expect(loss(masked, [0]).item()).toBeCloseTo(loss(double([[0, 0.5]]), [0]).item(), 12);
      expect(
        grad((y: Tensor) => loss(y, [0]))(masked)
          .slice(":", 1)
          .toArray(),
      ).toEqual([0]);
    }
  });
});
