/**
 * The complementary error function, and the inverse of the error function.
 */
import { exp, square } from "@chainrule/core";
import { unary } from "../define/elementwise.ts";
import { erfcOfNumber, erfinvOfNumber } from "./erfc-kernel.ts";

/**
 * 1 - erf(x) = 2/√π ∫ₓ^∞ exp(-t²) dt of each element, with all digits where it is small; derivative -2/√π exp(-x²).
 *
 * Shape: that of x; integers become floats.
 *
 * @example erfc([0, 1]); // [1, 0.1573]
 */
export const erfc = unary({
  name: "erfc",
  f: erfcOfNumber,
  gradient: (g, { inputs: [x] }) => g.mul(exp(square(x).neg()).mul(-2 / Math.sqrt(Math.PI))),
  formula: {
    text: ["erfc(a)", "-2 / √(π) · exp(-a²)"],
    tex: ["\\operatorname{erfc}(a)", "-\\frac{2}{\\sqrt{\\pi}} e^{-a^{2}}"],
  },
});

/**
 * The y with erf(y) = x, of each element in [-1, 1]; derivative √π/2 exp(y²). ±Infinity at ±1, NaN beyond.
 *
 * √2 erfinv(2p - 1) is the quantile of the normal distribution. Shape: that of x; integers become floats.
 *
 * @example erfinv([0, 0.5]); // [0, 0.4769]
 */
export const erfinv = unary({
  name: "erfinv",
  f: erfinvOfNumber,
  gradient: (g, { output }) => g.mul(exp(square(output)).mul(Math.sqrt(Math.PI) / 2)),
  formula: {
    text: ["erfinv(a)", "√(π) / 2 · exp(y²)"],
    tex: ["\\operatorname{erf}^{-1}(a)", "\\frac{\\sqrt{\\pi}}{2} e^{y^{2}}"],
  },
});
