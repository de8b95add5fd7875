import { type Tensor, tensor, where } from "@chainrule/core";
import { describe, it } from "vitest";
import { elementwise } from "../../core/test/gradients/elementwise.ts";
import { movement } from "../../core/test/gradients/movement.ts";
import { matrices, reductions, windows } from "../../core/test/gradients/reductions.ts";
import { jit } from "../src/index.ts";
import { checkCompiled, expectSame } from "./same.ts";

const table = { ...elementwise, ...reductions, ...matrices, ...windows, ...movement };

for (const [op, cases] of Object.entries(table))
  describe(`${op} compiled is ${op}`, () => {
    it.each(cases)("$name", ({ f, inputs, options }) => {
      checkCompiled(f, inputs, "float32");
      // Where an op rounds to float32 in between, so does the comparison.
      checkCompiled(f, inputs, "float64", options ? 1e-6 : 0);
    });
  });

/** Everything that treats such numbers in its own way. */
const wild: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  relu: (x) => x.relu(),
  abs: (x) => x.abs(),
  sign: (x) => x.sign(),
  clamp: (x) => x.clamp(-1, 2),
  maximum: (x) => x.maximum(0.5),
  minimum: (x) => x.minimum(x.neg()),
  mul: (x) => x.mul(10),
  "division by 0": (x) => x.div(0),
  sqrt: (x) => x.sqrt(),
  rsqrt: (x) => x.rsqrt(),
  reciprocal: (x) => x.reciprocal(),
  square: (x) => x.square(),
  max: (x) => x.max(),
  min: (x) => x.min(),
  sum: (x) => x.sum(),
  isNaN: (x) => x.isNaN(),
  isFinite: (x) => x.isFinite(),
  isInfinite: (x) => x.isInfinite(),
  "cast to bool": (x) => x.cast("bool"),
  "cast to int32": (x) => x.cast("int32"),
  less: (x) => x.less(0),
  notEqual: (x) => x.notEqual(x),
  logicalNot: (x) => x.logicalNot(),
  where: (x) => where(x.greater(0), x, 0),
  floor: (x) => x.floor(),
  round: (x) => x.round(),
  exp: (x) => x.exp(),
  expm1: (x) => x.expm1(),
  log: (x) => x.log(),
  log1p: (x) => x.log1p(),
  log2: (x) => x.log2(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  atan: (x) => x.atan(),
  sinh: (x) => x.sinh(),
  cosh: (x) => x.cosh(),
  tanh: (x) => x.tanh(),
  erf: (x) => x.erf(),
  sigmoid: (x) => x.sigmoid(),
  softplus: (x) => x.softplus(),
  softmax: (x) => x.softmax(0),
  logSoftmax: (x) => x.logSoftmax(0),
  logSumExp: (x) => x.logSumExp(),
  "a square": (x) => x.pow(2),
  "a root": (x) => x.pow(0.5),
  "an inverse square": (x) => x.pow(-2),
  "powers of the sign": (x) => x.sign().pow(x),
  mod: (x) => x.mod(3),
};

describe("NaN, infinities and the smallest numbers travel alike through", () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const rows: readonly (readonly number[])[] = [
    [nan, inf, -inf, 0, -0, 1e38, -1e-40, 5, -200, 100, 0.5],
    [2e19, 3e13, -4e12],
    [1e-40, -90, -3e-7, 87.9, 88.9, -87.5, -103.5, 1e10, -1e10],
    [-inf, -inf, -inf, -inf, -inf],
    [inf, inf, 1, 2],
    [-inf, 3, 2, -1, 0],
  ];
  it.each(Object.entries(wild))("%s", (_name, f) => {
    for (const row of rows) {
      const x = tensor(row);
      expectSame(jit(f)(x), f(x), `${row}`);
    }
  });
});
