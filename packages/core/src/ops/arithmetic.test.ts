import { describe, expect, it } from "vitest";
import {
  add,
  type DType,
  div,
  equal,
  grad,
  maximum,
  minimum,
  mod,
  mul,
  pow,
  ShapeError,
  setDefaultDType,
  sub,
  type Tensor,
  type TensorLike,
  tensor,
  zeros,
} from "../index.ts";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number;
const gradient = (f: (x: Tensor) => Tensor, x: TensorLike) => grad((t) => f(t).sum())(x).toArray();

describe("arithmetic on pairs", () => {
  it("broadcasts rows, columns, scalars and new axes", () => {
    expect(add([[1], [2]], [10, 20]).toArray()).toEqual([
      [11, 21],
      [12, 22],
    ]);
    expect(sub(1, [0.25, 0.5]).toArray()).toEqual([0.75, 0.5]);
    expect(mul(tensor([1, 2]), tensor([[[3]]])).toArray()).toEqual([[[3, 6]]]);
    expect(div(tensor(1), 4).toArray()).toBe(0.25);
  });

  it("makes nothing of nothing, and broadcasts to it", () => {
    expect(add(zeros([0, 3]), [1, 2, 3]).shape).toEqual([0, 3]);
    expect(add(zeros([2, 0]), zeros([2, 1])).shape).toEqual([2, 0]);
    expect(() => add(zeros([0]), zeros([2]))).toThrow(ShapeError);
  });

  it("follows IEEE 754 at zero and infinity", () => {
    expect(div([1, -1, 0], 0).toArray()).toEqual([inf, minusInf, nan]);
    expect(add([inf, inf, nan], [1, minusInf, 1]).toArray()).toEqual([inf, nan, nan]);
    expect(mul([0, inf], [inf, minusInf]).toArray()).toEqual([nan, minusInf]);
  });

  it("names both shapes where they do not fit, and what to try", () => {
    const a = zeros([64, 10]);
    expect(() => a.add(zeros([64]))).toThrow(/add: .*got \[64, 10\] and \[64\]\.\n.*axis 0.*reshape it to \[64, 1\]/s);
    expect(() => a.mul(zeros([10, 64]))).toThrow(/Did you mean to transpose/);
    expect(() => a.sub(zeros([3, 3, 3]))).toThrow(/Reshape one of them/);
  });
});

describe("dtypes of arithmetic", () => {
  const met: [DType, DType, DType][] = [
    ["float32", "float32", "float32"],
    ["float32", "float64", "float64"],
    ["int32", "float32", "float32"],
    ["int32", "float64", "float64"],
    ["int32", "int32", "int32"],
    ["bool", "int32", "int32"],
    ["bool", "bool", "int32"],
    ["bool", "float32", "float32"],
  ];
  it.each(met)("%s and %s meet in %s", (a, b, both) => {
    const x = tensor([1], { dtype: a });
    const y = tensor([1], { dtype: b });
    for (const f of [add, sub, mul, pow, mod]) expect([f(x, y).dtype, f(y, x).dtype]).toEqual([both, both]);
    expect(div(x, y).dtype).toBe(both === "int32" ? "float32" : both);
  });

  it("lets a number take the tensor's dtype where it fits", () => {
    const int = tensor([1, 2], { dtype: "int32" });
    expect([int.add(1).dtype, int.add(0.5).dtype, int.mul(2 ** 40).dtype]).toEqual(["int32", "float32", "float32"]);
    expect(add(1, int).dtype).toBe("int32");
    expect(tensor([true]).add(1).toArray()).toEqual([2]);
    const double = tensor([1], { dtype: "float64" });
    expect(double.add(0.1).item()).toBe(1.1);
    expect(sub(0.1, double).item()).toBe(0.1 - 1);
  });

  it("does not round an array to float32 before it meets a float64 tensor", () => {
    const double = tensor([0], { dtype: "float64" });
    expect(double.add([0.1]).item()).toBe(0.1);
    expect(add([[0.1]], double).item()).toBe(0.1);
    expect(double.maximum([0.3]).item()).toBe(0.3);
  });

  it("makes floats of the default dtype out of integers", () => {
    setDefaultDType("float64");
    try {
      expect(div(tensor([1], { dtype: "int32" }), 3).item()).toBe(1 / 3);
    } finally {
      setDefaultDType("float32");
    }
  });
});

describe("mod", () => {
  it("has the sign of the divisor, as in Python", () => {
    expect(mod([-1, 4, -4, 5.5], 3).toArray()).toEqual([2, 1, 2, 2.5]);
    expect(mod([5, -5], -3).toArray()).toEqual([-1, -2]);
    expect(mod(tensor([-7, 7], { dtype: "int32" }), 3).toArray()).toEqual([2, 1]);
  });

  it("is exact, and right at infinity", () => {
    expect(mod(tensor([5, -5, 1e16], { dtype: "float64" }), [inf, inf, 3]).toArray()).toEqual([5, inf, 1]);
    expect(mod([1, inf], [0, 2]).toArray()).toEqual([nan, nan]);
  });
});

describe("pow", () => {
  it("follows IEEE 754", () => {
    expect(pow([0, 0, -8, nan, inf], [0, -1, 1 / 3, 0, -1]).toArray()).toEqual([1, inf, nan, 1, 0]);
    expect(pow([-2, -3], [3, 2]).toArray()).toEqual([-8, 9]);
    expect(pow([1, 1, 1, -1, -1, -1], [inf, minusInf, nan, inf, minusInf, nan]).toArray()).toEqual([
      1,
      1,
      1,
      1,
      1,
      nan,
    ]);
  });

  it("has finite slopes at base 0 and exponent 0", () => {
    expect(gradient((x) => pow(x, 2), [0, 3])).toEqual([0, 6]);
    expect(gradient((x) => pow(x, -1), [0, -0, 2])).toEqual([minusInf, minusInf, -0.25]);
    expect(gradient((b) => pow([0, -0, 0, 1, 0], b), [-1, -1, minusInf, inf, 0])).toEqual([
      minusInf,
      inf,
      minusInf,
      0,
      0,
    ]);
    expect(gradient((x) => pow(x, 1), [0])).toEqual([1]);
    expect(gradient((x) => pow(x, 0), [0, 3])).toEqual([0, 0]);
    expect(gradient((x) => pow(x, [0, 1, 2]), [0, 0, 0])).toEqual([0, 1, 0]);
    expect(gradient((b) => pow([0, 1, 2], b), [2, 5, 1])).toEqual([0, 0, Math.fround(2 * Math.LN2)]);
  });

  it("keeps integers, but for a negative exponent", () => {
    const x = tensor([2, 3], { dtype: "int32" });
    expect([pow(x, 3).dtype, pow(x, 3).toArray()]).toEqual(["int32", [8, 27]]);
    const whole = tensor([2 ** 31 - 1, -(2 ** 31), 123456789, 46341], { dtype: "int32" });
    expect(pow(whole, 2).toArray()).toEqual([1, 0, -1757895751, -2147479015]);
    expect(pow(whole, 5).toArray()).toEqual([2 ** 31 - 1, 0, -962395515, -1737259723]);
    const inverse = pow(
      tensor([2, 1, -1, 0, -1], { dtype: "int32" }),
      tensor([-1, -1, -1, -1, -2], { dtype: "int32" }),
    );
    expect(inverse.toArray()).toEqual([0, 1, -1, 0, 1]);
    expect([pow(x, -1).dtype, pow(x, -2).at(0)]).toEqual(["float32", 0.25]);
  });
});

describe("maximum and minimum", () => {
  it("pass NaN on from either side", () => {
    expect(maximum([1, nan, 3], [nan, 2, 4]).toArray()).toEqual([nan, nan, 4]);
    expect(minimum([1, nan, minusInf], [nan, 2, 4]).toArray()).toEqual([nan, nan, minusInf]);
  });

  it("share the gradient at a tie", () => {
    expect(gradient((x) => maximum(x, [1, 1, 1]), [0, 1, 2])).toEqual([0, 0.5, 1]);
    expect(gradient((x) => minimum(x, [1, 1, 1]), [0, 1, 2])).toEqual([1, 0.5, 0]);
  });

  it("keep bool and int32", () => {
    expect(maximum([true, false], [false, false]).toArray()).toEqual([true, false]);
    expect(minimum(tensor([3], { dtype: "int32" }), 2).dtype).toBe("int32");
  });
});

it("gradients come back in each input's own dtype and shape", () => {
  const a = tensor([[1], [2]], { requiresGrad: true });
  const b = tensor([3, 4], { dtype: "float64", requiresGrad: true });
  mul(a, b).sum().backward();
  expect([a.grad?.dtype, a.grad?.toArray()]).toEqual(["float32", [[7], [7]]]);
  expect([b.grad?.dtype, b.grad?.toArray()]).toEqual(["float64", [3, 3]]);
  expect(equal(a, a).requiresGrad).toBe(false);
});

it("numbers beyond 32 bits make floats of whole numbers", () => {
  const whole = tensor([1], { dtype: "int32" });
  expect(whole.add(2 ** 31 - 1).dtype).toBe("int32");
  for (const large of [2 ** 31, 3e9, -3e9, 2 ** 40, 0.5]) expect(whole.mul(large).dtype).toBe("float32");
});
