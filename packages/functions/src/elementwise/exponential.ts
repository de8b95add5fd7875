/**
 * Powers and logarithms of other bases, and what is computed of logarithms.
 */
import { asTensor, maximum, pow, sigmoid, softplus, type Tensor, type TensorLike, where } from "@chainrule/core";
import { floats, promoteOperands, toFloat } from "@chainrule/core/internal";
import { binary, unary } from "../define/elementwise.ts";

/**
 * log₁₀ x of each element; derivative 1 / (x ln 10). -Infinity at 0, NaN below.
 *
 * Shape: that of x; integers become floats.
 *
 * @example log10([1, 1000]); // [0, 3]
 */
export const log10 = unary({
  name: "log10",
  f: Math.log10,
  gradient: (g, { inputs: [x] }) => g.div(x.mul(Math.LN10)),
  formula: { text: ["log₁₀(a)", "1 / (a · log(10))"], tex: ["\\log_{10}(a)", "\\frac{1}{a \\log(10)}"] },
  compose: (x) => x.log().mul(Math.LOG10E),
});

/**
 * 2ˣ of each element; derivative 2ˣ ln 2.
 *
 * Shape: that of x; integers become floats.
 *
 * @example exp2([-1, 10]); // [0.5, 1024]
 */
export function exp2(x: TensorLike): Tensor {
  return pow(2, floats(asTensor(x, "exp2")));
}

/**
 * ln(eᵃ + eᵇ), element by element, without overflow; derivatives sigmoid(a - b) and sigmoid(b - a), ½ where both are
 * the same infinity.
 *
 * Shapes broadcast; integers become floats. Along an axis it is `logSumExp`.
 *
 * @throws ShapeError for shapes that do not broadcast.
 * @example logAddExp([0, 1000], [0, 1000]); // [0.6931, 1000.6931]
 */
export const logAddExp = binary({
  name: "logAddExp",
  f: (a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))),
  operands: toFloat,
  gradient: [(g, a, b) => g.mul(sigmoid(difference(a, b))), (g, a, b) => g.mul(sigmoid(difference(b, a)))],
  formula: {
    text: ["log(exp(a) + exp(b))", "exp(a - y)", "exp(b - y)"],
    tex: ["\\log(e^{a} + e^{b})", "e^{a - y}", "e^{b - y}"],
  },
  compose: (a, b) => maximum(a, b).add(softplus(difference(a, b).abs().neg())),
});

/** a - b, 0 for two infinities that are the same. */
function difference(a: Tensor, b: Tensor): Tensor {
  const same = a.equal(b).logicalAnd(a.isInfinite());
  return where(same, 0, a.sub(where(same, 0, b)));
}

/**
 * x ln y, element by element, and 0 where x is 0, whatever y is (but NaN): the terms of an entropy. Derivatives ln y, taken
 * as 0 where x = 0 and y ≤ 0, and x / y.
 *
 * Shapes broadcast; integers become floats.
 *
 * @throws ShapeError for shapes that do not broadcast.
 * @example xlogy([0, 2], [0, 1]); // [0, 0]
 */
export function xlogy(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = promoteOperands("xlogy", x, y, toFloat);
  const without = a.equal(0).logicalAnd(b.lessEqual(0).logicalOr(b.equal(Number.POSITIVE_INFINITY)));
  return a.mul(where(without, 1, b).log());
}
