import { all, any, argmax, argmin, cumsum, dot, max, min, prod, sum, type Tensor, tensor } from "@chainrule/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jit } from "../src/index.ts";
import { expectIdentical } from "./same.ts";

/** The same to the last bit, and not by a kernel in JavaScript. */
function check(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): void {
  const compiled = jit(f);
  expectIdentical(compiled(...inputs), f(...inputs));
  expect(compiled.explain(...inputs).kernels.map(({ kind }) => kind)).not.toContain("host");
}

const least = -(2 ** 31);
const most = 2 ** 31 - 1;

describe("a cast to int32 is JavaScript's", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const edges = [31, 32, 33, 53, 63, 64, 80, 100].flatMap((power) => {
    const x = 2 ** power;
    return [x, -x, x * 1.5, -x * 1.25, x - 1, 1 - x, x + 0.5];
  });
  const list = [nan, infinity, -infinity, 0, -0, 0.5, -0.5, 1.99, -1.99, 1e-40, most, least, least - 1, ...edges];

  it.each(["float32", "float64"] as const)("from %s, at the edges", (dtype) => {
    // 61 numbers: four at a time, and some left over.
    check((x) => x.cast("int32"), tensor(list, { dtype }));
  });

  it.each(["float32", "float64"] as const)("from %s, whatever the number", (dtype) => {
    const numbers = dtype === "float32" ? fc.float() : fc.double();
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1, maxLength: 9 }), (x) => {
        check((y) => y.cast("int32"), tensor(x, { dtype }));
      }),
      { numRuns: 30 },
    );
  });
});

describe("int32 wraps around", () => {
  const x = tensor([most, least, 65537, -7, 3, 0, 2 ** 30], { dtype: "int32" });
  const y = tensor([most, -1, 65539, 2 ** 29, -5, least, 12345], { dtype: "int32" });

  it.each(
    Object.entries({
      mul: (a: Tensor, b: Tensor) => a.mul(b),
      square: (a: Tensor) => a.square(),
      prod: (a: Tensor) => prod(a),
      maximum: (a: Tensor, b: Tensor) => a.maximum(b),
      minimum: (a: Tensor, b: Tensor) => a.minimum(b),
      neg: (a: Tensor) => a.neg(),
      abs: (a: Tensor) => a.abs(),
      sign: (a: Tensor) => a.sign(),
      sum: (a: Tensor) => sum(a),
      cumsum: (a: Tensor) => cumsum(a, 0),
      "cumsum from behind": (a: Tensor) => cumsum(a, 0, { reverse: true }),
    }),
  )("in %s", (_name, f) => {
    check(f, x, y);
    check(f, x.slice([0, 1]), y.slice([0, 1]));
    check((a, b) => f(a.cast("float64").cast("int32"), b), x, y);
  });

  it("in kernels that are run as they are", () => {
    for (const f of [(a: Tensor) => a.pow(5), (a: Tensor, b: Tensor) => a.pow(b), (a: Tensor, b: Tensor) => dot(a, b)])
      expectIdentical(jit(f)(x, y), f(x, y));
  });

  it("so that a product keeps its lowest bits", () => {
    expect([...x.mul(y).toTypedArray()].slice(0, 3)).toEqual([1, least, 65537 * 65539 - 2 ** 32]);
  });
});

it("truth values compare as 0 and 1", () => {
  const a = tensor([false, false, true, true, true]);
  const b = tensor([false, true, false, true, false]);
  check((p, q) => p.equal(q), a, b);
  check((p, q) => p.notEqual(q), a, b);
  check((p, q) => p.less(q), a, b);
  check((p, q) => p.lessEqual(q), a, b);
  check((p, q) => p.greater(q), a, b);
  check((p, q) => p.greaterEqual(q), a, b);
  // One element at a time.
  check((p, q) => p.less(q).logicalOr(tensor(1, { dtype: "float64" }).greater(2)), a.slice([0, 1]), b.slice([0, 1]));
});

describe("along lines, compiled, on every axis and of every dtype:", () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const numbers = [3, -1, 4, 1, -5, 9, 2, -6, 5, 3, 5, 8, 9, -7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4, 3, 3, 8, 3, 2, 7];
  const wild = numbers.with(3, nan).with(7, nan).with(12, infinity).with(20, -infinity).with(25, -0);
  const lines = {
    argmax: (x: Tensor, axis: number) => argmax(x, axis),
    argmin: (x: Tensor, axis: number) => argmin(x, axis, { keepDims: true }),
    "argmax of all": (x: Tensor) => argmax(x),
    cumsum: (x: Tensor, axis: number) => cumsum(x, axis),
    "cumsum from behind": (x: Tensor, axis: number) => cumsum(x, axis, { reverse: true }),
    prod: (x: Tensor, axis: number) => prod(x, axis),
    "prod of all": (x: Tensor) => prod(x),
    any: (x: Tensor, axis: number) => any(x, axis),
    all: (x: Tensor, axis: number) => all(x, axis),
    "any and all of everything": (x: Tensor) => any(x.equal(0)).logicalAnd(all(x)),
  };
  const whole = {
    ...lines,
    sum: (x: Tensor, axis: number) => sum(x, axis),
    max: (x: Tensor, axis: number) => max(x, axis),
    min: (x: Tensor, axis: number) => min(x, axis, { keepDims: true }),
    "sum of all": (x: Tensor) => sum(x),
  };
  it.each(Object.entries(whole))("%s", (name, f) => {
    for (const dtype of ["float32", "float64", "int32", "bool"] as const) {
      if (!(name in lines) && dtype.startsWith("float")) continue;
      for (const data of [numbers, wild]) {
        const x = tensor(data, { dtype: "float64" }).cast(dtype).reshape([2, 5, 3]);
        for (const axis of [0, 1, 2]) check((a) => f(a, axis), x);
        check((a) => f(a.transpose(), 1), x);
      }
    }
  });
});
