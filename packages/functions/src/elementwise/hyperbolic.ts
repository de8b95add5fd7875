/**
 * The inverse hyperbolic functions, precise near 0 and without overflow.
 */
import { log, log1p, rsqrt, type Tensor, where } from "@chainrule/core";
import { unary } from "../define/elementwise.ts";
import { hypot } from "./plane.ts";

/** From here on 1 is lost beside the square, in either dtype. */
const large = 2 ** 28;

/**
 * arsinh x = ln(x + √(x² + 1)) of each element, the inverse of sinh; derivative 1 / √(x² + 1).
 *
 * Shape: that of x; integers become floats.
 *
 * @example asinh([0, 1, -1]); // [0, 0.8814, -0.8814]
 */
export const asinh = unary({
  name: "asinh",
  f: Math.asinh,
  gradient: (g, { inputs: [x] }) => g.div(hypot(x, 1)),
  formula: { text: ["arsinh(a)", "1 / √(a² + 1)"], tex: ["\\operatorname{arsinh}(a)", "\\frac{1}{\\sqrt{a^{2} + 1}}"] },
  compose: (x) => {
    const size = x.abs();
    const near = size.minimum(large);
    const root = near.square().add(1).sqrt();
    return withSign(where(size.greater(large), logOfDouble(size), log1p(near.add(near.square().div(root.add(1))))), x);
  },
});

/**
 * arcosh x = ln(x + √(x² - 1)) of each element, the inverse of cosh from 0 on; derivative 1 / √(x² - 1), Infinity at 1. NaN below 1.
 *
 * Shape: that of x; integers become floats.
 *
 * @example acosh([1, 2]); // [0, 1.317]
 */
export const acosh = unary({
  name: "acosh",
  f: Math.acosh,
  // As a product of roots, which neither overflows nor loses digits near 1.
  gradient: (g, { inputs: [x] }) => g.mul(rsqrt(x.sub(1))).mul(rsqrt(x.add(1))),
  formula: { text: ["arcosh(a)", "1 / √(a² - 1)"], tex: ["\\operatorname{arcosh}(a)", "\\frac{1}{\\sqrt{a^{2} - 1}}"] },
  compose: (x) => {
    const above = x.minimum(large).sub(1);
    return where(x.greater(large), logOfDouble(x), log1p(above.add(above.mul(above.add(2)).sqrt())));
  },
});

/**
 * artanh x = ½ ln((1 + x) / (1 - x)) of each element, the inverse of tanh; derivative 1 / (1 - x²). ±Infinity at ±1, NaN beyond.
 *
 * Shape: that of x; integers become floats.
 *
 * @example atanh([0, 0.5, 1]); // [0, 0.5493, Infinity]
 */
export const atanh = unary({
  name: "atanh",
  f: Math.atanh,
  gradient: (g, { inputs: [x] }) => g.div(x.neg().add(1).mul(x.add(1))),
  formula: { text: ["artanh(a)", "1 / (1 - a²)"], tex: ["\\operatorname{artanh}(a)", "\\frac{1}{1 - a^{2}}"] },
  compose: (x) => {
    const size = x.abs();
    return withSign(log1p(size.mul(2).div(size.neg().add(1))).mul(0.5), x);
  },
});

/** log 2x, which does not overflow where 2x would. */
function logOfDouble(x: Tensor): Tensor {
  return log(x).add(Math.LN2);
}

/** A size with the sign of x: of 0 too, as odd functions have it. */
function withSign(size: Tensor, x: Tensor): Tensor {
  return where(x.equal(0), x, size.mul(x.sign()));
}
