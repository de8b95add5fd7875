import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  abs,
  acos,
  asin,
  atan,
  ceil,
  clamp,
  cosh,
  type DType,
  erf,
  exp,
  expm1,
  floor,
  grad,
  log,
  log1p,
  log2,
  neg,
  OptionError,
  reciprocal,
  round,
  rsqrt,
  sign,
  sinh,
  sqrt,
  square,
  type Tensor,
  tan,
  tanh,
  tensor,
  trunc,
  zeros,
} from "../index.ts";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number;

function float64(data: number | number[]): Tensor {
  return tensor(data, { dtype: "float64" });
}

describe("functions of one number at the edges of their range", () => {
  const edges: [string, (x: Tensor) => Tensor, number[], number[]][] = [
    ["exp", exp, [0, minusInf, inf, 710, -746, nan], [1, 0, inf, inf, 0, nan]],
    ["expm1", expm1, [0, 1e-20, minusInf, inf, nan], [0, 1e-20, -1, inf, nan]],
    ["log", log, [1, 0, -1, inf, nan], [0, minusInf, nan, inf, nan]],
    ["log1p", log1p, [0, 1e-20, -1, -2, inf, nan], [0, 1e-20, minusInf, nan, inf, nan]],
    ["log2", log2, [8, 0.5, 0, inf], [3, -1, minusInf, inf]],
    ["sqrt", sqrt, [4, 0, -1, inf, nan], [2, 0, nan, inf, nan]],
    ["rsqrt", rsqrt, [4, 0, -1, inf], [0.5, inf, nan, 0]],
    ["reciprocal", reciprocal, [4, 0, inf, minusInf], [0.25, inf, 0, 0]],
    ["square", square, [-3, minusInf, nan], [9, inf, nan]],
    ["abs", abs, [-3, 0, minusInf, nan], [3, 0, inf, nan]],
    ["neg", neg, [-3, inf, nan], [3, minusInf, nan]],
    ["sign", sign, [-3, 0, inf, nan], [-1, 0, 1, nan]],
    ["floor", floor, [-1.5, 1.5, inf, nan], [-2, 1, inf, nan]],
    ["ceil", ceil, [-1.5, 1.5, minusInf, nan], [-1, 2, minusInf, nan]],
    ["trunc", trunc, [-1.5, 1.5, inf, nan], [-1, 1, inf, nan]],
    ["round", round, [0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6, inf, nan], [0, 2, 2, 0, -2, 2, 3, inf, nan]],
    ["tan", tan, [0, Math.PI / 4], [0, 1]],
    ["asin", asin, [1, -1, 2], [Math.PI / 2, -Math.PI / 2, nan]],
    ["acos", acos, [1, -1, 2], [0, Math.PI, nan]],
    ["atan", atan, [inf, minusInf, 1], [Math.PI / 2, -Math.PI / 2, Math.PI / 4]],
    ["sinh", sinh, [0, inf, minusInf], [0, inf, minusInf]],
    ["cosh", cosh, [0, inf, minusInf], [1, inf, inf]],
    ["tanh", tanh, [0, inf, minusInf, 400, nan], [0, 1, -1, 1, nan]],
    ["erf", erf, [0, inf, minusInf, nan], [0, 1, -1, nan]],
  ];
  it.each(edges)("%s", (_name, f, x, y) => {
    expectClose(f(float64(x)), { shape: [x.length], data: y }, { tolerance: 1e-15 });
    expect(f(zeros([0, 2])).shape).toEqual([0, 2]);
    expect(f(float64(x[0])).shape).toEqual([]);
  });
});

describe("dtypes of functions of one number", () => {
  const dtypes: [DType, DType, DType][] = [
    ["float32", "float32", "float32"],
    ["float64", "float64", "float64"],
    ["int32", "float32", "int32"],
    ["bool", "float32", "float32"],
  ];
  it.each(dtypes)("%s: exp gives %s, neg gives %s", (from, ofExp, ofNeg) => {
    const x = tensor([0, 1], { dtype: from });
    expect([exp(x).dtype, neg(x).dtype]).toEqual([ofExp, ofNeg]);
    expect(neg(x).toArray()).toEqual([-0, -1].map((n) => (from === "int32" ? n + 0 : n)));
  });

  it("keep whole numbers exact where the function does", () => {
    const x = tensor([-3, 46340], { dtype: "int32" });
    expect(square(x).toArray()).toEqual([9, 2147395600]);
    for (const f of [floor, ceil, round, trunc]) expect(f(x).toArray()).toEqual([-3, 46340]);
  });
});

describe("clamp", () => {
  it("cuts to its bounds, which may be left out, and passes NaN on", () => {
    const x = float64([-2, 0.5, 7, minusInf, inf, nan]);
    expect(clamp(x, 0, 1).toArray()).toEqual([0, 0.5, 1, 0, 1, nan]);
    expect(clamp(x, 0).toArray()).toEqual([0, 0.5, 7, 0, inf, nan]);
    expect(clamp(x, undefined, 1).toArray()).toEqual([-2, 0.5, 1, minusInf, 1, nan]);
  });

  it("has slope 1 within, bounds included, and 0 outside", () => {
    expect(grad((x) => clamp(x, 0, 1).sum())([-1, 0, 0.5, 1, 2]).toArray()).toEqual([0, 1, 1, 1, 0]);
  });

  it("keeps integers where the bounds are whole, and makes floats where they are not", () => {
    const x = tensor([0, 1, 5], { dtype: "int32" });
    const whole = clamp(x, 1, 3);
    expect([whole.dtype, whole.toArray()]).toEqual(["int32", [1, 1, 3]]);
    const between = clamp(x, 0.5, 1.5);
    expect([between.dtype, between.toArray()]).toEqual(["float32", [0.5, 1, 1.5]]);
    const truths = clamp(tensor([true, false]), 2, 3);
    expect([truths.dtype, truths.toArray()]).toEqual(["int32", [2, 2]]);
  });

  it("refuses bounds in the wrong order, and NaN", () => {
    expect(() => clamp([1], 2, 1)).toThrow(OptionError);
    expect(() => clamp([1], 2, 1)).toThrow(/min ≤ max, got 2 and 1/);
    expect(() => clamp([1], nan)).toThrow(OptionError);
  });
});

it("slopes at kinks are the ones that the docstrings name", () => {
  expect(grad((x) => abs(x).sum())([0]).toArray()).toEqual([0]);
  expect(grad((x) => sign(x).sum())([2]).toArray()).toEqual([0]);
  expect(grad((x) => sqrt(x).sum())([0]).toArray()).toEqual([inf]);
});
