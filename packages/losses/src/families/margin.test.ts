import { ShapeError, tensor, ValueError } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { categoricalHinge, checkLoss, contrastive, hinge, squaredHinge, triplet } from "../index.ts";

const double = (x: number[] | number[][]) => tensor(x, { dtype: "float64" });

describe("hinge and squaredHinge", () => {
  // The numbers of Keras's own tests, with 0 and 1 for targets.
  const target = [
    [0, 1, 0, 1],
    [0, 0, 1, 1],
  ];
  const prediction = double([
    [-0.3, 0.2, -0.1, 1.6],
    [-0.25, -1, 0.5, 0.6],
  ]);

  it("are Keras's: unweighted, with a scalar weight, with sample weights, without reduction", () => {
    expect(hinge(prediction, target).item()).toBeCloseTo(0.50625, 14);
    expect(hinge(prediction, target, { sampleWeight: 2.3 }).item()).toBeCloseTo(1.164375, 14);
    expect(hinge(prediction, target, { sampleWeight: [1.5, 2.5] }).item()).toBeCloseTo(0.965625, 14);
    expectClose(hinge(prediction, target, { reduction: "none" }).mean(-1), { shape: [2], data: [0.6, 0.4125] });
    expect(squaredHinge(prediction, target).item()).toBeCloseTo(0.3640625, 14);
    expect(squaredHinge(prediction, target, { sampleWeight: [1.5, 2.5] }).item()).toBeCloseTo(0.66765625, 14);
  });

  it("take -1 and 1 as well, and nothing else", () => {
    const signs = target.map((row) => row.map((y) => 2 * y - 1));
    expectClose(hinge(prediction, signs), hinge(prediction, target));
    expect(() => hinge([1], [0.5])).toThrow(/targets that are -1 or 1.*got 0\.5/);
    expect(() => squaredHinge([1], [2])).toThrow(ValueError);
  });
});

describe("categoricalHinge", () => {
  const prediction = double([
    [0.3, 0.6, -0.2],
    [1, -2, 0.25],
  ]);

  it("asks the right class to lead the best wrong one, and 0, by 1", () => {
    const expected = { shape: [2], data: [1.3, 1.75] };
    expectClose(categoricalHinge(prediction, [0, 2], { reduction: "none" }), expected);
    expectClose(
      categoricalHinge(
        prediction,
        [
          [1, 0, 0],
          [0, 0, 1],
        ],
        { reduction: "none" },
      ),
      expected,
    );
    expect(categoricalHinge(double([[3, -5]]), [0]).item()).toBe(0);
    expect(categoricalHinge(double([[0.5, -5]]), [0]).item()).toBe(0.5);
  });
});

describe("triplet", () => {
  it("is max(0, |a - p| - |a - n| + margin)", () => {
    const [a, p, n] = [[[0, 0]], [[3, 4]], [[6, 8]]];
    expect(triplet(a, p, n, { margin: 6 }).item()).toBe(1);
    expect(triplet(a, p, n).item()).toBe(0);
    expect(triplet(a, n, p).item()).toBe(6);
    expect(triplet(a, n, p, { p: 1 }).item()).toBe(14 - 7 + 1);
  });

  it("with swap, takes the distance from positive to negative where it is smaller", () => {
    expect(triplet([[0, 0]], [[3, 0]], [[4, 0]], { swap: true }).item()).toBe(3 - 1 + 1);
    expect(() => checkLoss(triplet.with({ swap: true, margin: 3 }))).not.toThrow();
  });

  it("has a gradient of 0, not NaN, where anchor and positive are the same", () => {
    const a = tensor([[1, 2]], { requiresGrad: true });
    triplet(a, [[1, 2]], [[1, 2]]).backward();
    expect(a.grad!.toArray()).toEqual([[0, 0]]);
  });

  it("measures both distances from the anchor, wherever it lies", () => {
    expect(triplet([[1, 2]], [[4, 6]], [[1, 5]], { margin: 1 }).item()).toBe(5 - 3 + 1);
    expect(contrastive([[1, 2]], [[4, 6]], [1]).item()).toBe(25 / 2);
  });

  it("needs three inputs of one shape", () => {
    // @ts-expect-error: the negatives are missing
    expect(() => triplet([[1]], [[1]])).toThrow(/3 tensors \(anchor, positive, negative\).*got no negative/);
    // @ts-expect-error: the negatives are missing
    expect(() => triplet([[1]], [[1]], { margin: 2 })).toThrow(/an object with keys margin as negative/);
    expect(() => triplet([[1]], [[1]], [[1, 2]])).toThrow(/negative \[1, 2\] and anchor \[1, 1\]/);
  });
});

describe("contrastive", () => {
  it("pulls pairs together and pushes others a margin apart", () => {
    const first = [
      [0, 0],
      [0, 0],
      [0, 0],
    ];
    const second = [
      [0, 2],
      [0, 0.5],
      [0, 3],
    ];
    const each = contrastive(first, second, [1, 0, 0], { reduction: "none" });
    expectClose(each, { shape: [3], data: [2, 0.125, 0] }, { dtype: "float32" });
    expect(contrastive(first, second, [1, 0, 0], { sampleWeight: [1, 8, 1] }).item()).toBeCloseTo(1, 6);
  });

  it("takes vectors along another axis", () => {
    const [first, second] = [
      [
        [0, 1, 0],
        [0, 2, 0],
      ],
      [
        [3, 1, 1],
        [4, 2, 0],
      ],
    ];
    const each = contrastive(first, second, [1, 1, 0], { axis: 0, reduction: "none" });
    expectClose(each, { shape: [3], data: [25 / 2, 0, 0] }, { dtype: "float32" });
    expect(() => contrastive(first, second, [1, 1], { axis: 0 })).toThrow(/one number for each pair, \[3\]/);
  });

  it("refuses labels other than 0 and 1, and shapes that do not belong together", () => {
    expect(() => contrastive([[1]], [[1]], [2])).toThrow(/0 or 1, got 2/);
    expect(() => contrastive([[1]], [[1]], [[1]])).toThrow(ShapeError);
    expect(() => contrastive([[1]], [[1, 2]], [1])).toThrow(/second \[1, 2\] and first \[1, 1\]/);
    expect(() => contrastive(1, 1, 1)).toThrow(ShapeError);
  });
});
