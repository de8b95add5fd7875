/**
 * Points at which the gradients of elementwise ops are checked, away from kinks and on both sides of each.
 */

import type { Tensor } from "../../src/index.ts";
import * as core from "../../src/index.ts";
import { at, type GradientCase, type GradientTable, numbers, positives } from "./case.ts";

const anywhere = [-3.1, -1.2, -0.3, 0.2, 0.7, 2.6];
const positive = [0.2, 0.9, 1.7, 3.2];
const withinOne = [-0.9, -0.35, 0.2, 0.8];

function points(f: (x: Tensor) => Tensor, x: number[]): readonly GradientCase[] {
  return [at("elements", f, x), at("a scalar", f, x[1]), at("nothing", f, [])];
}

const matrix = numbers([2, 3]);

/** Two operands in every way in which they can meet. */
function pairs(f: (a: Tensor, b: Tensor) => Tensor, make = numbers): readonly GradientCase[] {
  return [
    at("the same shape", f, make([2, 3]), make([2, 3], 1)),
    at("a row", f, make([2, 3]), make([3], 1)),
    at("a column on the left", f, make([2, 1]), make([2, 3], 1)),
    at("both broadcast", f, make([2, 1]), make([1, 3], 1)),
    at("an axis more on the right", f, make([3]), make([2, 2, 3], 1)),
    at("a scalar on the left", f, make([]), make([3], 1)),
    at("one element in three axes", f, make([3]), make([1, 1, 1], 1)),
    at("with itself", (a) => f(a, a), positives([3])),
    at("nothing", f, make([0, 3]), make([3], 1)),
  ];
}

export const elementwise: GradientTable = {
  neg: points(core.neg, anywhere),
  exp: points(core.exp, anywhere),
  expm1: points(core.expm1, anywhere),
  log: points(core.log, positive),
  log1p: points(core.log1p, [-0.6, ...positive]),
  log2: points(core.log2, positive),
  sqrt: points(core.sqrt, positive),
  rsqrt: points(core.rsqrt, [0.7, 0.9, 1.7, 3.2]),
  square: points(core.square, anywhere),
  reciprocal: points(core.reciprocal, [-3.1, -1.2, 0.7, 2.6]),
  abs: points(core.abs, anywhere),
  sign: points(core.sign, anywhere),
  floor: points(core.floor, anywhere),
  ceil: points(core.ceil, anywhere),
  round: points(core.round, anywhere),
  trunc: points(core.trunc, anywhere),
  sin: points(core.sin, anywhere),
  cos: points(core.cos, anywhere),
  tan: points(core.tan, [-1.1, -0.3, 0.2, 1]),
  asin: points(core.asin, withinOne),
  acos: points(core.acos, withinOne),
  atan: points(core.atan, anywhere),
  sinh: points(core.sinh, anywhere),
  cosh: points(core.cosh, anywhere),
  tanh: points(core.tanh, anywhere),
  erf: points(core.erf, [...anywhere, -4.5, 7]),
  clamp: [
    at("both bounds", (x) => core.clamp(x, -1, 0.5), anywhere),
    at("below", (x) => core.clamp(x, 0), anywhere),
    at("above", (x) => core.clamp(x, undefined, 0), anywhere),
    at("no bounds", (x) => core.clamp(x), anywhere),
  ],

  sigmoid: points(core.sigmoid, anywhere),
  relu: points(core.relu, anywhere),
  softplus: points(core.softplus, anywhere),
  logSigmoid: points(core.logSigmoid, anywhere),
  leakyRelu: [...points(core.leakyRelu, anywhere), at("slope 0.3", (x) => core.leakyRelu(x, 0.3), anywhere)],
  relu6: points(core.relu6, [...anywhere, 7]),
  elu: [...points(core.elu, anywhere), at("alpha 0.4", (x) => core.elu(x, 0.4), anywhere)],
  selu: points(core.selu, anywhere),
  gelu: [...points(core.gelu, anywhere), at("by tanh", (x) => core.gelu(x, { approximate: "tanh" }), anywhere)],
  silu: points(core.silu, anywhere),
  mish: points(core.mish, anywhere),
  hardtanh: points(core.hardtanh, anywhere),
  softsign: points(core.softsign, anywhere),
  hardSigmoid: points(core.hardSigmoid, [...anywhere, 3.5]),
  hardSwish: points(core.hardSwish, [...anywhere, 3.5]),
  softmax: [
    at("a vector", (x) => core.softmax(x), [0.3, -1, 0.8]),
    at("the last axis", (x) => core.softmax(x), numbers([2, 3])),
    at("the first axis", (x) => core.softmax(x, 0), numbers([3, 2])),
    at("a middle axis", (x) => core.softmax(x, 1), numbers([2, 3, 2])),
    at("logits far apart", (x) => core.softmax(x), [1000, 1001, -1000]),
    at("one impossible class", (x) => core.softmax(x), [0.5, Number.NEGATIVE_INFINITY, -0.2]),
    at("nothing", (x) => core.softmax(x), numbers([2, 0])),
  ],
  logSoftmax: [
    at("a vector", (x) => core.logSoftmax(x), [0.3, -1, 0.8]),
    at("the last axis", (x) => core.logSoftmax(x), numbers([2, 3])),
    at("the first axis", (x) => core.logSoftmax(x, 0), numbers([3, 2])),
    at("a middle axis", (x) => core.logSoftmax(x, 1), numbers([2, 3, 2])),
    at("logits far apart", (x) => core.logSoftmax(x), [10, 11, -20]),
    at("nothing", (x) => core.logSoftmax(x), numbers([2, 0])),
  ],

  add: [...pairs(core.add), at("a number", (x) => core.add(x, 2), matrix)],
  sub: [...pairs(core.sub), at("from a number", (x) => core.sub(2, x), matrix)],
  mul: [...pairs(core.mul), at("a number", (x) => core.mul(3, x), matrix)],
  div: [...pairs(core.div, positives), at("a number by it", (x) => core.div(2, x), positives([3]))],
  mod: [
    at("positive", core.mod, [0.7, 2.6, 5.2], [1.1, 0.8, 2]),
    at("of either sign", core.mod, [-0.7, 2.6, -5.2], [1.1, -0.8, 1.9]),
    at("a number", (x) => core.mod(x, 1.5), anywhere),
  ],
  pow: [
    ...pairs(core.pow, positives),
    at("a square of either sign", (x) => core.pow(x, 2), anywhere),
    at("a cube of either sign", (x) => core.pow(x, 3), anywhere),
    at("a square at 0", (x) => core.pow(x, 2), [0, 1]),
    at("a cube at 0", (x) => core.pow(x, 3), [0, 1]),
    at("exponent 1 at 0", (x) => core.pow(x, 1), [0, -2]),
    at("exponent 0 at 0", (x) => core.pow(x, 0), [0, -2]),
    at("a root", (x) => core.pow(x, 0.5), positive),
    at("a negative exponent", (x) => core.pow(x, -1.5), [0.7, 0.9, 2]),
    at("a number's power", (x) => core.pow(2, x), anywhere),
    at("exponents 0 to 3 of either sign", (x) => core.pow(x, [0, 1, 2, 3]), [-0.5, 1.5, -2, 0.7]),
  ],
  maximum: [...pairs(core.maximum), at("a number", (x) => core.maximum(x, 0.1), anywhere)],
  minimum: [...pairs(core.minimum), at("a number", (x) => core.minimum(x, 0.1), anywhere)],
  where: [
    at("the same shape", (a, b) => core.where([true, false, true], a, b), [1, 2, 3], [4, 5, 6]),
    at("a condition that broadcasts", (a, b) => core.where([[true], [false]], a, b), numbers([2, 3]), numbers([3], 1)),
    at("branches that broadcast", (a, b) => core.where(core.tensor([true, false]), a, b), numbers([]), numbers([3, 1])),
    at("a number in one branch", (a) => core.where(a.greater(0), a, 0), anywhere),
    at("one element in two axes", (a, b) => core.where([true, false, true], a, b), [[0.4]], [4, 5, 6]),
  ],
  cast: [
    {
      name: "to float32",
      f: (x) => core.cast(x, "float32"),
      inputs: [anywhere],
      options: { step: 0.01, tolerance: 1e-3 },
    },
    at("to its own dtype", (x) => core.cast(x, "float64"), anywhere),
  ],
};
