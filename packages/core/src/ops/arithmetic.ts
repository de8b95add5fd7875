/**
 * Arithmetic on pairs of elements, with NumPy's broadcasting.
 *
 * The four that carry most of the work have their loops written out, so that the engine compiles each by itself.
 */
import { type PairLoop, pairLoop } from "../kernels/elementwise.ts";
import * as special from "../kernels/special.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { toFloat, toNumeric } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { equal, greater, greaterEqual, logicalAnd, where } from "./compare.ts";
import { binary, floats } from "./define.ts";
import type { Formulas } from "./formulas.ts";
import { log, neg } from "./unary.ts";

const addLoop: PairLoop = (to, at, a, ia, sa, b, ib, sb, n) => {
  for (let k = 0; k < n; k++) to[at + k] = a[ia + k * sa] + b[ib + k * sb];
};
const subLoop: PairLoop = (to, at, a, ia, sa, b, ib, sb, n) => {
  for (let k = 0; k < n; k++) to[at + k] = a[ia + k * sa] - b[ib + k * sb];
};
const mulLoop: PairLoop = (to, at, a, ia, sa, b, ib, sb, n) => {
  // A product of doubles would lose the lowest bits of large ones, which are those that an int32 keeps.
  if (to instanceof Int32Array) for (let k = 0; k < n; k++) to[at + k] = Math.imul(a[ia + k * sa], b[ib + k * sb]);
  else for (let k = 0; k < n; k++) to[at + k] = a[ia + k * sa] * b[ib + k * sb];
};
const divLoop: PairLoop = (to, at, a, ia, sa, b, ib, sb, n) => {
  for (let k = 0; k < n; k++) to[at + k] = a[ia + k * sa] / b[ib + k * sb];
};

/**
 * a + b, element by element, broadcast.
 * @throws ShapeError for shapes that do not broadcast.
 * @example add([[1], [2]], [10, 20]); // [[11, 21], [12, 22]]
 */
export const add = binary("add", { loop: addLoop, operands: toNumeric, gradient: [(g) => g, (g) => g] });

/**
 * a - b, element by element, broadcast.
 * @throws ShapeError for shapes that do not broadcast.
 * @example sub(1, [0.25, 0.5]); // [0.75, 0.5]
 */
export const sub = binary("sub", { loop: subLoop, operands: toNumeric, gradient: [(g) => g, (g) => neg(g)] });

/**
 * a · b, element by element, broadcast. For the matrix product see {@link matmul}.
 * @throws ShapeError for shapes that do not broadcast.
 * @example mul([1, 2], 3); // [3, 6]
 */
export const mul = binary("mul", {
  loop: mulLoop,
  operands: toNumeric,
  gradient: [(g, _a, b) => mul(g, b), (g, a) => mul(g, a)],
});

/**
 * a / b, element by element, broadcast; in floats, and x / 0 is ±Infinity or NaN as IEEE 754 says.
 * @throws ShapeError for shapes that do not broadcast.
 * @example div([1, 2], 4); // [0.25, 0.5]
 */
export const div = binary("div", {
  loop: divLoop,
  operands: toFloat,
  gradient: [(g, _a, b) => div(g, b), (g, _a, b, output) => neg(div(mul(g, output), b))],
});

/**
 * The remainder of a / b with the sign of b, a - b ⌊a / b⌋, as in Python.
 * @throws ShapeError for shapes that do not broadcast.
 * @example mod([-1, 4], 3); // [2, 1]
 */
export const mod = binary("mod", {
  loop: pairLoop((x, y) => {
    // JavaScript's remainder is exact and has the sign of x.
    const rest = x % y;
    return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
  }),
  operands: toNumeric,
  gradient: [(g) => g, (g, a, b) => neg(mul(g, div(a, b).floor()))],
});

const powLoop = pairLoop(special.pow);
const wholePowLoop = pairLoop(special.wholePow);
const anyPowLoop: PairLoop = (to, ...rest) => (to instanceof Int32Array ? wholePowLoop : powLoop)(to, ...rest);
anyPowLoop.scalar = special.pow;

/** The op behind {@link pow}, for operands of one dtype. */
export const power = binary("pow", {
  loop: anyPowLoop,
  operands: toNumeric,
  gradient: [
    // With exponent 0 the factor b makes the derivative 0; the exponent b - 1 is kept at 0 there, lest 0 · ∞ be NaN.
    (g, a, b) => mul(mul(g, b), power(a, sub(where(equal(b, 0), 1, b), 1))),
    (g, a, b, output) => mul(mul(g, output), log(where(logicalAnd(equal(a, 0), greaterEqual(b, 0)), 1, a))),
  ],
});

/**
 * aᵇ, element by element, broadcast.
 *
 * 1 to any power is 1, and -1 to an infinite one. The derivatives b aᵇ⁻¹ and aᵇ log a are taken as 0 where b = 0 and
 * where a = 0 ≤ b, as PyTorch does. Integers keep their low 32 bits; to a negative power they become floats where the exponent is a plain number; in a tensor of integer exponents, fractions are cut off.
 *
 * @throws ShapeError for shapes that do not broadcast.
 * @example pow([1, 2, 3], 2); // [1, 4, 9]
 */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  return power(typeof b === "number" && b < 0 ? floats(asTensor(a, "pow")) : a, b);
}

/**
 * The larger of a and b, broadcast; NaN where either is. At a tie both get half of the gradient.
 * @throws ShapeError for shapes that do not broadcast.
 * @example maximum([-1, 2], 0); // [0, 2]
 */
export const maximum = binary("maximum", {
  loop: pairLoop(Math.max),
  gradient: [(g, a, b) => mul(g, share(a, b)), (g, a, b) => mul(g, share(b, a))],
});

/**
 * The smaller of a and b, broadcast; NaN where either is. At a tie both get half of the gradient.
 * @throws ShapeError for shapes that do not broadcast.
 * @example minimum([-1, 2], 0); // [-1, 0]
 */
export const minimum = binary("minimum", {
  loop: pairLoop(Math.min),
  gradient: [(g, a, b) => mul(g, share(b, a)), (g, a, b) => mul(g, share(a, b))],
});

/** How much of the gradient goes to `a` when the larger of both is taken: 1, 0, or at a tie 1/2. */
function share(a: Parameters<typeof add>[0], b: Parameters<typeof add>[0]) {
  return add(greater(a, b), mul(equal(a, b), 0.5));
}

const ifLarger = "1 if a > b, ½ if a = b, else 0";
const ifSmaller = "1 if a < b, ½ if a = b, else 0";
const ifLargerTex = "1 \\text{ if } a > b \\text{, } \\tfrac{1}{2} \\text{ if } a = b \\text{, else } 0";
const ifSmallerTex = "1 \\text{ if } a < b \\text{, } \\tfrac{1}{2} \\text{ if } a = b \\text{, else } 0";

/** What explanations say of these ops. */
export const arithmeticFormulas: Formulas = {
  add: { text: ["a + b", "1", "1"], tex: ["a + b", "1", "1"] },
  sub: { text: ["a - b", "1", "-1"], tex: ["a - b", "1", "-1"] },
  mul: { text: ["a · b", "b", "a"], tex: ["a \\cdot b", "b", "a"] },
  div: { text: ["a / b", "1 / b", "-a / b²"], tex: ["\\frac{a}{b}", "\\frac{1}{b}", "-\\frac{a}{b^{2}}"] },
  mod: {
    text: ["a - b · ⌊a / b⌋", "1", "-⌊a / b⌋"],
    tex: ["a - b \\lfloor \\frac{a}{b} \\rfloor", "1", "-\\lfloor \\frac{a}{b} \\rfloor"],
  },
  pow: { text: ["a^b", "b · a^(b - 1)", "y · log(a)"], tex: ["a^{b}", "b a^{b - 1}", "y \\log(a)"] },
  maximum: {
    text: ["max(a, b)", ifLarger, ifSmaller],
    tex: ["\\max(a, b)", ifLargerTex, ifSmallerTex],
  },
  minimum: {
    text: ["min(a, b)", ifSmaller, ifLarger],
    tex: ["\\min(a, b)", ifSmallerTex, ifLargerTex],
  },
};
