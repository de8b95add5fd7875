/**
 * The functions of one number that every field uses: powers, logarithms, rounding, angles.
 */

import { describe, OptionError } from "../errors.ts";
import * as special from "../kernels/special.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import type { Op } from "../tensor/op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { greater, greaterEqual, less, lessEqual, logicalAnd, where } from "./compare.ts";
import { floats, numbers, unary, zeroGradient } from "./define.ts";
import type { Formulas } from "./formulas.ts";
import { builtin } from "./registry.ts";

/** The negative, -x. @example neg([1, -2]); // [-1, 2] */
export const neg = unary(
  "neg",
  (x) => -x,
  (g) => neg(g),
  true,
);
/** eˣ; its own derivative. @example exp([0, 1]); // [1, 2.7183] */
export const exp = unary("exp", Math.exp, (g, { output }) => g.mul(output));
/**
 * eˣ - 1, precise near 0. Its derivative is eˣ itself, of which the value near -1, plus 1, has lost the digits.
 *
 * @example expm1([0, 1]); // [0, 1.7183]
 */
export const expm1 = unary("expm1", Math.expm1, (g, { inputs: [x] }) => g.mul(exp(x)));
/** The natural logarithm; -Infinity at 0, NaN below. @example log([0, 1, 10]); // [-Infinity, 0, 2.3026] */
export const log = unary("log", Math.log, (g, { inputs: [x] }) => g.div(x));
/** log(1 + x), precise near 0. @example log1p([0, 1]); // [0, 0.6931] */
export const log1p = unary("log1p", Math.log1p, (g, { inputs: [x] }) => g.div(x.add(1)));
/** The logarithm to base 2: nats to bits. @example log2([1, 8]); // [0, 3] */
export const log2 = unary("log2", Math.log2, (g, { inputs: [x] }) => g.div(x.mul(Math.LN2)));
/** √x; its derivative at 0 is Infinity. @example sqrt([4, 2]); // [2, 1.4142] */
export const sqrt = unary("sqrt", Math.sqrt, (g, { output }) => g.div(output.mul(2)));
/** 1 / √x. @example rsqrt([4, 2]); // [0.5, 0.7071] */
export const rsqrt = unary(
  "rsqrt",
  (x) => 1 / Math.sqrt(x),
  (g, { inputs: [x], output }) => g.mul(output.div(x).mul(-0.5)),
);
/** The square, x². @example square([-2, 3]); // [4, 9] */
export const square = unary(
  "square",
  (x) => x * x,
  (g, { inputs: [x] }) => g.mul(x.mul(2)),
  true,
  (x) => Math.imul(x, x),
);
/** 1 / x. @example reciprocal([2, -4]); // [0.5, -0.25] */
export const reciprocal = unary(
  "reciprocal",
  (x) => 1 / x,
  (g, { output }) => g.mul(square(output)).neg(),
);
/** |x|, with derivative 0 at 0. @example abs([-2, 3]); // [2, 3] */
export const abs = unary("abs", Math.abs, (g, { inputs: [x] }) => g.mul(sign(x)), true);
/** -1, 0 or 1 by the sign; derivative 0. @example sign([-2, 0, 3]); // [-1, 0, 1] */
export const sign = unary("sign", Math.sign, zeroGradient, true);
/** The whole number at or below; derivative 0. @example floor([1.5, -1.5]); // [1, -2] */
export const floor = unary("floor", Math.floor, zeroGradient, true);
/** The whole number at or above; derivative 0. @example ceil([1.5, -1.5]); // [2, -1] */
export const ceil = unary("ceil", Math.ceil, zeroGradient, true);
/** The nearest whole number, halves to the even one; derivative 0. @example round([0.5, 1.5, -1.2]); // [0, 2, -1] */
export const round = unary("round", special.roundHalfToEven, zeroGradient, true);
/** The whole number next to it towards 0; derivative 0. @example trunc([1.5, -1.5]); // [1, -1] */
export const trunc = unary("trunc", Math.trunc, zeroGradient, true);
/** The sine of an angle in radians. @example sin([0, 1]); // [0, 0.8415] */
export const sin = unary("sin", Math.sin, (g, { inputs: [x] }) => g.mul(cos(x)));
/** The cosine of an angle in radians. @example cos([0, 1]); // [1, 0.5403] */
export const cos = unary("cos", Math.cos, (g, { inputs: [x] }) => g.mul(sin(x)).neg());
/** The tangent of an angle in radians. @example tan([0, 1]); // [0, 1.5574] */
export const tan = unary("tan", Math.tan, (g, { output }) => g.mul(square(output).add(1)));
/** The angle in [-π/2, π/2] whose sine is x. @example asin([0, 1]); // [0, 1.5708] */
export const asin = unary("asin", Math.asin, (g, { inputs: [x] }) => g.mul(rsqrt(square(x).neg().add(1))));
/** The angle in [0, π] whose cosine is x. @example acos([0, 1]); // [1.5708, 0] */
export const acos = unary("acos", Math.acos, (g, { inputs: [x] }) => g.mul(rsqrt(square(x).neg().add(1))).neg());
/** The angle in (-π/2, π/2) whose tangent is x. @example atan([0, 1]); // [0, 0.7854] */
export const atan = unary("atan", Math.atan, (g, { inputs: [x] }) => g.div(square(x).add(1)));
/** (eˣ - e⁻ˣ) / 2. @example sinh([0, 1]); // [0, 1.1752] */
export const sinh = unary("sinh", Math.sinh, (g, { inputs: [x] }) => g.mul(cosh(x)));
/** (eˣ + e⁻ˣ) / 2. @example cosh([0, 1]); // [1, 1.5431] */
export const cosh = unary("cosh", Math.cosh, (g, { inputs: [x] }) => g.mul(sinh(x)));
/** sinh x / cosh x, between -1 and 1. @example tanh([0, 1]); // [0, 0.7616] */
export const tanh = unary("tanh", Math.tanh, (g, { output }) => g.mul(square(output).neg().add(1)));
/** The error function 2/√π ∫₀ˣ exp(-t²) dt. @example erf([0, 1]); // [0, 0.8427] */
export const erf = unary("erf", special.erf, (g, { inputs: [x] }) =>
  g.mul(exp(square(x).neg()).mul(2 / Math.sqrt(Math.PI))),
);

interface Bounds {
  readonly min: number;
  readonly max: number;
  /** Whether the derivative is 0 at the bounds themselves, as activations have it; else it is 1 there. */
  readonly open?: boolean;
}

export const clampOp: Op<Bounds> = builtin({
  name: "clamp",
  inferShape: ([x]) => x,
  kernel: (out, [x], { min, max }) => {
    out.storage.set(x.storage);
    for (let i = 0; i < out.storage.length; i++) {
      if (out.storage[i] < min) out.storage[i] = min;
      else if (out.storage[i] > max) out.storage[i] = max;
    }
  },
  gradient: (g, { inputs: [x], attributes: { min, max, open } }) =>
    where(open ? logicalAnd(greater(x, min), less(x, max)) : logicalAnd(greaterEqual(x, min), lessEqual(x, max)), g, 0),
  lower: { kind: "elementwise" },
});

/**
 * Each element, but no less than `min` and no more than `max`. The derivative is 1 within, bounds included, and 0 outside.
 *
 * @throws OptionError where min is above max.
 *
 * @example
 * clamp([-2, 0.5, 7], 0, 1); // [0, 0.5, 1]
 */
export function clamp(x: TensorLike, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): Tensor {
  if (typeof min !== "number" || typeof max !== "number")
    throw new OptionError({ where: "clamp", expected: "numbers", got: `${describe(min)} and ${describe(max)}` });
  if (!(min <= max)) throw new OptionError({ where: "clamp", expected: "min ≤ max", got: `${min} and ${max}` });
  return clampTo(x, { min, max });
}

/** {@link clamp} for activations, of straight lines that meet at corners: the derivative is 0 there, as relu's is. */
export function clampFlat(x: TensorLike, min: number, max: number): Tensor {
  return clampTo(x, { min, max, open: true });
}

function clampTo(x: TensorLike, bounds: Bounds): Tensor {
  const input = numbers(asTensor(x));
  const whole = (bound: number) => Number.isInteger(bound) || Math.abs(bound) === Number.POSITIVE_INFINITY;
  return applyOp(clampOp, [whole(bounds.min) && whole(bounds.max) ? input : floats(input)], bounds);
}

/** What explanations say of these ops. */
export const unaryFormulas: Formulas = {
  neg: { text: ["-a", "-1"], tex: ["-a", "-1"] },
  exp: { text: ["exp(a)", "y"], tex: ["e^{a}", "y"] },
  expm1: { text: ["exp(a) - 1", "exp(a)"], tex: ["e^{a} - 1", "e^{a}"] },
  log: { text: ["log(a)", "1 / a"], tex: ["\\log(a)", "\\frac{1}{a}"] },
  log1p: { text: ["log(1 + a)", "1 / (1 + a)"], tex: ["\\log(1 + a)", "\\frac{1}{1 + a}"] },
  log2: { text: ["log₂(a)", "1 / (a · log(2))"], tex: ["\\log_2(a)", "\\frac{1}{a \\log(2)}"] },
  sqrt: { text: ["√(a)", "1 / (2 · y)"], tex: ["\\sqrt{a}", "\\frac{1}{2 y}"] },
  rsqrt: { text: ["1 / √(a)", "-y / (2 · a)"], tex: ["\\frac{1}{\\sqrt{a}}", "-\\frac{y}{2 a}"] },
  square: { text: ["a²", "2 · a"], tex: ["a^{2}", "2 a"] },
  reciprocal: { text: ["1 / a", "-1 / a²"], tex: ["\\frac{1}{a}", "-\\frac{1}{a^{2}}"] },
  abs: { text: ["|a|", "sign(a)"], tex: ["|a|", "\\operatorname{sign}(a)"] },
  sign: { text: ["sign(a)", "0"], tex: ["\\operatorname{sign}(a)", "0"] },
  floor: { text: ["⌊a⌋", "0"], tex: ["\\lfloor a \\rfloor", "0"] },
  ceil: { text: ["⌈a⌉", "0"], tex: ["\\lceil a \\rceil", "0"] },
  round: { text: ["round(a)", "0"], tex: ["\\operatorname{round}(a)", "0"] },
  trunc: { text: ["trunc(a)", "0"], tex: ["\\operatorname{trunc}(a)", "0"] },
  sin: { text: ["sin(a)", "cos(a)"], tex: ["\\sin(a)", "\\cos(a)"] },
  cos: { text: ["cos(a)", "-sin(a)"], tex: ["\\cos(a)", "-\\sin(a)"] },
  tan: { text: ["tan(a)", "1 + y²"], tex: ["\\tan(a)", "1 + y^{2}"] },
  asin: { text: ["arcsin(a)", "1 / √(1 - a²)"], tex: ["\\arcsin(a)", "\\frac{1}{\\sqrt{1 - a^{2}}}"] },
  acos: { text: ["arccos(a)", "-1 / √(1 - a²)"], tex: ["\\arccos(a)", "-\\frac{1}{\\sqrt{1 - a^{2}}}"] },
  atan: { text: ["arctan(a)", "1 / (1 + a²)"], tex: ["\\arctan(a)", "\\frac{1}{1 + a^{2}}"] },
  sinh: { text: ["sinh(a)", "cosh(a)"], tex: ["\\sinh(a)", "\\cosh(a)"] },
  cosh: { text: ["cosh(a)", "sinh(a)"], tex: ["\\cosh(a)", "\\sinh(a)"] },
  tanh: { text: ["tanh(a)", "1 - y²"], tex: ["\\tanh(a)", "1 - y^{2}"] },
  erf: {
    text: ["erf(a)", "2 / √(π) · exp(-a²)"],
    tex: ["\\operatorname{erf}(a)", "\\frac{2}{\\sqrt{\\pi}} e^{-a^{2}}"],
  },
  clamp: (attributes) => {
    const { min, max, open } = attributes as Bounds;
    const [sign, signTex] = open ? ["<", "<"] : ["≤", "\\le"];
    return {
      text: [`min(max(a, ${min}), ${max})`, `1 if ${min} ${sign} a ${sign} ${max}, else 0`],
      tex: [
        `\\min(\\max(a, ${min}), ${max})`,
        `1 \\text{ if } ${min} ${signTex} a ${signTex} ${max} \\text{, else } 0`,
      ],
    };
  },
};
