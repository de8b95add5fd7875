import { describe, expect, it } from "vitest";
import {
  allClose,
  equal,
  grad,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
  ShapeError,
  tensor,
  where,
  zeros,
} from "../index.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe("comparisons", () => {
  const a = [1, 2, 3, nan, inf];
  const b = [2, 2, 2, nan, inf];
  it.each([
    ["equal", equal, [false, true, false, false, true]],
    ["notEqual", notEqual, [true, false, true, true, false]],
    ["less", less, [true, false, false, false, false]],
    ["lessEqual", lessEqual, [true, true, false, false, true]],
    ["greater", greater, [false, false, true, false, false]],
    ["greaterEqual", greaterEqual, [false, true, true, false, true]],
  ])("%s, false for NaN but where it says not", (_name, f, expected) => {
    expect(f(a, b).toArray()).toEqual(expected);
    expect(f(a, b).dtype).toBe("bool");
    expect(f(zeros([0]), 1).shape).toEqual([0]);
  });

  it("broadcast and compare across dtypes", () => {
    expect(less([[1], [3]], [2, 4]).toArray()).toEqual([
      [true, true],
      [false, true],
    ]);
    expect(equal(tensor([1, 2], { dtype: "int32" }), 1.5).toArray()).toEqual([false, false]);
    expect(equal(tensor([true, false]), 1).toArray()).toEqual([true, false]);
    expect(() => equal([1, 2], [1, 2, 3])).toThrow(ShapeError);
  });
});

describe("logic", () => {
  it("takes everything but 0 as true", () => {
    const a = [0, 0, 2, nan];
    const b = [0, -1, 0, 1];
    expect(logicalAnd(a, b).toArray()).toEqual([false, false, false, true]);
    expect(logicalOr(a, b).toArray()).toEqual([false, true, true, true]);
    expect(logicalXor(a, b).toArray()).toEqual([false, true, true, false]);
    expect(logicalNot(a).toArray()).toEqual([true, true, false, false]);
    expect(logicalAnd([2, 0.5], 3).toArray()).toEqual([true, true]);
  });
});

it("isNaN, isFinite and isInfinite tell the special numbers apart", () => {
  const x = tensor([1, nan, inf, -inf]);
  expect(x.isNaN().toArray()).toEqual([false, true, false, false]);
  expect(x.isFinite().toArray()).toEqual([true, false, false, false]);
  expect(x.isInfinite().toArray()).toEqual([false, false, true, true]);
});

describe("where", () => {
  it("chooses element by element, all three broadcast", () => {
    expect(where([true, false], [1, 2], [3, 4]).toArray()).toEqual([1, 4]);
    expect(where([[true], [false]], [1, 2], 0).toArray()).toEqual([
      [1, 2],
      [0, 0],
    ]);
    expect(where(true, [[1]], [2, 3, 4]).toArray()).toEqual([[1, 1, 1]]);
    expect(where(zeros([0, 2]), 1, 2).shape).toEqual([0, 2]);
  });

  it("takes any number but 0 as a condition that holds", () => {
    expect(where([0, 2, -1], 1, 0).toArray()).toEqual([0, 1, 1]);
  });

  it("brings both branches to one dtype", () => {
    const whole = tensor([1], { dtype: "int32" });
    expect([where(true, whole, 0).dtype, where(true, whole, 0.5).dtype]).toEqual(["int32", "float32"]);
    expect(where([false], tensor([1], { dtype: "float64" }), [0.1]).item()).toBe(0.1);
  });

  it("sends the gradient only to the branch that was chosen, with a harmless value in the other", () => {
    const safeLog = grad((x) => where(x.greater(0), log(where(x.greater(0), x, 1)), 0).sum());
    expect(safeLog([2, 0, -1]).toArray()).toEqual([0.5, 0, 0]);
  });

  it("refuses shapes that do not broadcast", () => {
    expect(() => where([true, false, true], [1, 2], 0)).toThrow(ShapeError);
    expect(() => where([true, false, true], [1, 2], 0)).toThrow(/^where: /);
  });
});

describe("allClose", () => {
  it("is true within the tolerances, and false for NaN", () => {
    expect(allClose([1, 2], [1, 2 + 1e-6])).toBe(true);
    expect(allClose([1, 2], [1, 2.1])).toBe(false);
    expect(allClose([1, 2], [1, 2.1], { rtol: 0.1 })).toBe(true);
    expect(allClose([inf], [inf])).toBe(true);
    expect([allClose([inf], [1]), allClose([1], [inf]), allClose([-inf], [inf])]).toEqual([false, false, false]);
    expect(allClose([nan], [nan])).toBe(false);
    expect(allClose(zeros([0]), zeros([0]))).toBe(true);
  });

  it("does not broadcast", () => {
    expect(() => allClose([1, 1], 1)).toThrow(/two tensors of the same shape, got \[2\] and \[\]/);
  });
});

describe("truth values", () => {
  it("are stored as 0 and 1", () => {
    const [a, b] = [tensor([true, true, false]), tensor([true, false, false])];
    expect([...logicalAnd(a, b).toTypedArray()]).toEqual([1, 0, 0]);
    expect([...equal(a, b).toTypedArray()]).toEqual([1, 0, 1]);
    expect([...logicalNot(b).toTypedArray()]).toEqual([0, 1, 1]);
    expect([...tensor([0, 0.5, -2]).cast("bool").toTypedArray()]).toEqual([0, 1, 1]);
  });

  it("of allClose count the tolerance in, from the second operand's size", () => {
    expect(allClose([1.5], [1], { atol: 0.5, rtol: 0 })).toBe(true);
    expect(allClose([3], [2], { atol: 0, rtol: 0.5 })).toBe(true);
    expect(allClose([3.25], [2], { atol: 0, rtol: 0.5 })).toBe(false);
    expect([allClose([0.99e-8], [0]), allClose([1.01e-8], [0])]).toEqual([true, false]);
    expect([allClose([1 + 0.9e-5], [1]), allClose([1 + 1.2e-5], [1])]).toEqual([true, false]);
  });
});
