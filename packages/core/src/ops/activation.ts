/**
 * The functions that networks put between layers, each in a form that neither overflows nor loses digits.
 */

import { checkNumber } from "../arguments.ts";
import { checkOptions, describe, OptionError, ShapeError } from "../errors.ts";
import { forEachRow, splitAtAxes } from "../kernels/reduce.ts";
import * as special from "../kernels/special.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import type { KernelOperand, Op } from "../tensor/op.ts";
import { normalizeAxis } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul, sub } from "./arithmetic.ts";
import { greater, greaterEqual, where } from "./compare.ts";
import { floats, unary } from "./define.ts";
import type { Formulas } from "./formulas.ts";
import { max } from "./reduce.ts";
import { builtin } from "./registry.ts";
import { sum } from "./sum.ts";
import { abs, clampFlat, erf, exp, expm1, log, square, tanh } from "./unary.ts";

/** 1 / (1 + e⁻ˣ): a logit becomes a probability. @example sigmoid([-2, 0, 2]); // [0.1192, 0.5, 0.8808] */
export const sigmoid = unary("sigmoid", special.sigmoid, (g, { output }) => g.mul(output).mul(sub(1, output)));
/** max(x, 0), with derivative 0 at 0. @example relu([-2, 0, 2]); // [0, 0, 2] */
export const relu = unary(
  "relu",
  (x) => (x >= 0 || Number.isNaN(x) ? x : 0),
  (g, { output }) => where(greater(output, 0), g, 0),
  true,
);
/** log(1 + eˣ): a smooth relu. @example softplus([-2, 0, 2]); // [0.1269, 0.6931, 2.1269] */
export const softplus = unary("softplus", special.softplus, (g, { inputs: [x] }) => g.mul(sigmoid(x)));

/**
 * log sigmoid(x) = -softplus(-x): the log-probability that a logit stands for.
 *
 * @example logSigmoid([-2, 0, 2]); // [-2.1269, -0.6931, -0.1269]
 */
export function logSigmoid(x: TensorLike): Tensor {
  return softplus(asTensor(x).neg()).neg();
}

/** x where positive, else `negativeSlope` · x. @example leakyRelu([-1, 2], 0.2); // [-0.2, 2] */
export function leakyRelu(x: TensorLike, negativeSlope = 0.01): Tensor {
  const input = floats(asTensor(x));
  checkNumber("leakyRelu", "negativeSlope", negativeSlope);
  return where(greater(input, 0), input, input.mul(negativeSlope));
}

/** min(max(x, 0), 6): the relu of MobileNets, with derivative 0 at 0 and 6. @example relu6([-2, 2, 8]); // [0, 2, 6] */
export function relu6(x: TensorLike): Tensor {
  return clampFlat(x, 0, 6);
}

/**
 * x where positive, else α (eˣ - 1) (Clevert, Unterthiner & Hochreiter 2016).
 *
 * @example elu([-2, 0, 2]); // [-0.8647, 0, 2]
 */
export function elu(x: TensorLike, alpha = 1): Tensor {
  const input = floats(asTensor(x));
  checkNumber("elu", "alpha", alpha);
  return where(greater(input, 0), input, expm1(where(greater(input, 0), 0, input)).mul(alpha));
}

/**
 * λ elu(x, α) with the constants under which activations keep mean 0 and variance 1 (Klambauer et al. 2017).
 *
 * @example selu([-2, 0, 2]); // [-1.5202, 0, 2.1014]
 */
export function selu(x: TensorLike): Tensor {
  return elu(x, 1.6732632423543772).mul(1.0507009873554805);
}

/**
 * x Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016).
 *
 * @param options `approximate: "tanh"` for x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))), as GPT-2 has it.
 * @throws OptionError for another approximation.
 * @example gelu([-2, 0, 2]); // [-0.0455, 0, 1.9545]
 */
export function gelu(x: TensorLike, options: { approximate?: "none" | "tanh" } = {}): Tensor {
  checkOptions("gelu", options, ["approximate"]);
  const { approximate = "none" } = options;
  const input = floats(asTensor(x));
  if (approximate === "none") return input.mul(0.5).mul(erf(input.mul(Math.SQRT1_2)).add(1));
  if (approximate !== "tanh")
    throw new OptionError({ where: "gelu", expected: 'approximate "none" or "tanh"', got: describe(approximate) });
  const inside = input.add(mul(input, square(input)).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  // (1 + tanh u) / 2 = sigmoid(2u), which keeps its digits where tanh is near -1.
  return input.mul(sigmoid(inside.mul(2)));
}

/** x sigmoid(x), also called swish (Elfwing, Uchibe & Doya 2017). @example silu([-2, 0, 2]); // [-0.2384, 0, 1.7616] */
export function silu(x: TensorLike): Tensor {
  const input = floats(asTensor(x));
  return input.mul(sigmoid(input));
}

/** x tanh(softplus(x)) (Misra 2019). @example mish([-2, 0, 2]); // [-0.2525, 0, 1.944] */
export function mish(x: TensorLike): Tensor {
  const input = floats(asTensor(x));
  return input.mul(tanh(softplus(input)));
}

/** x cut to [-1, 1], with derivative 0 at both ends. @example hardtanh([-2, 0.5, 2]); // [-1, 0.5, 1] */
export function hardtanh(x: TensorLike): Tensor {
  return clampFlat(x, -1, 1);
}

/** x / (1 + |x|). @example softsign([-2, 0, 2]); // [-0.6667, 0, 0.6667] */
export function softsign(x: TensorLike): Tensor {
  const input = floats(asTensor(x));
  return input.div(abs(input).add(1));
}

/**
 * (x + 3) / 6 cut to [0, 1]: a sigmoid of straight lines, with derivative 0 where they meet.
 *
 * @example hardSigmoid([-4, 0, 1]); // [0, 0.5, 0.6667]
 */
export function hardSigmoid(x: TensorLike): Tensor {
  return clampFlat(floats(asTensor(x)).add(3).div(6), 0, 1);
}

/**
 * x hardSigmoid(x) (Howard et al. 2019), with derivative 0 at -3 and 1 at 3.
 *
 * @example hardSwish([-4, 0, 1]); // [0, 0, 0.6667]
 */
export function hardSwish(x: TensorLike): Tensor {
  const input = floats(asTensor(x));
  // Cut where it is flat or straight, so that no infinity meets a slope of 0.
  const curved = clampFlat(input, -3, 3);
  return where(greaterEqual(input, 3), input, curved.mul(curved.add(3).div(6)));
}

export const softmaxOp: Op<number> = builtin({
  name: "softmax",
  inferShape: ([x]) => x,
  kernel: (out, [x], axis) => softmaxKernel(out.storage, x, axis),
  gradient: (g, { output, attributes: axis }) => applyOp(softmaxBackwardOp, [g, output], axis),
  lower: (axis) => ({
    kind: "compose",
    compose: ([x]) => {
      const e = exp(x.sub(max(x, axis, { keepDims: true })));
      return e.div(sum(e, axis, { keepDims: true }));
    },
  }),
});

export const logSoftmaxOp: Op<number> = builtin({
  name: "logSoftmax",
  inferShape: ([x]) => x,
  kernel: (out, [x], axis) => logSoftmaxKernel(out.storage, x, axis),
  gradient: (g, { output, attributes: axis }) => applyOp(logSoftmaxBackwardOp, [g, output], axis),
  lower: (axis) => ({
    kind: "compose",
    compose: ([x]) => {
      const below = x.sub(max(x, axis, { keepDims: true }));
      return below.sub(log(sum(exp(below), axis, { keepDims: true })));
    },
  }),
});

// What the two send back, in one pass over each line: outside of compiled functions each array that is made takes as long.

/** y (g - Σ g y), of g and softmax y. */
export const softmaxBackwardOp: Op<number> = builtin({
  name: "softmaxBackward",
  inferShape: ([g]) => g,
  kernel: (out, [g, y], axis) => {
    const round = roundingOf(out);
    eachLine(g, axis, (start, end, step) => {
      let total = 0;
      for (let i = start; i < end; i += step) total += round(g.storage[i] * y.storage[i]);
      total = round(total);
      for (let i = start; i < end; i += step)
        out.storage[i] = round(g.storage[i] * y.storage[i]) - round(y.storage[i] * total);
    });
  },
  gradient: [
    (v, { inputs: [, y], attributes: axis }) => applyOp(softmaxBackwardOp, [v, y], axis),
    (v, { inputs: [g, y], attributes: axis }) => {
      const totalOf = (x: Tensor) => sum(x.mul(y), axis, { keepDims: true });
      return v.mul(g.sub(totalOf(g))).sub(g.mul(totalOf(v)));
    },
  ],
  lower: (axis) => ({
    kind: "compose",
    compose: ([g, y]) => {
      const weighted = g.mul(y);
      return weighted.sub(y.mul(sum(weighted, axis, { keepDims: true })));
    },
  }),
});

/** g - eʸ Σ g, of g and the logarithm y of softmax. */
export const logSoftmaxBackwardOp: Op<number> = builtin({
  name: "logSoftmaxBackward",
  inferShape: ([g]) => g,
  kernel: (out, [g, y], axis) => {
    const round = roundingOf(out);
    eachLine(g, axis, (start, end, step) => {
      let total = 0;
      for (let i = start; i < end; i += step) total += g.storage[i];
      total = round(total);
      for (let i = start; i < end; i += step)
        out.storage[i] = g.storage[i] - round(round(Math.exp(y.storage[i])) * total);
    });
  },
  gradient: [
    (v, { inputs: [, y], attributes: axis }) => v.sub(sum(v.mul(exp(y)), axis, { keepDims: true })),
    (v, { inputs: [g, y], attributes: axis }) =>
      v
        .mul(exp(y))
        .mul(sum(g, axis, { keepDims: true }))
        .neg(),
  ],
  lower: (axis) => ({
    kind: "compose",
    compose: ([g, y]) => g.sub(exp(y).mul(sum(g, axis, { keepDims: true }))),
  }),
});

/** A number as the dtype has it: what overflows or vanishes on the way does so here as in operations one after another. */
function roundingOf({ dtype }: KernelOperand): (x: number) => number {
  return dtype === "float32" ? Math.fround : (x) => x;
}

/** Calls `body` with the first element of each line along the axis, what comes after its last, and the step between them. */
function eachLine(
  { shape }: KernelOperand,
  axis: number,
  body: (start: number, end: number, step: number) => void,
): void {
  const axes = { first: axis, last: axis };
  const { n } = splitAtAxes(shape, axes);
  forEachRow(shape, axes, (start, step) => body(start, start + n * step, step));
}

function softmaxKernel(to: TypedArray, x: KernelOperand, axis: number): void {
  const from = x.storage;
  eachLine(x, axis, (start, end, step) => {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i += step) if (from[i] > most) most = from[i];
    let total = 0;
    for (let i = start; i < end; i += step) {
      const e = Math.exp(from[i] - most);
      to[i] = e;
      total += e;
    }
    for (let i = start; i < end; i += step) to[i] /= total;
  });
}

function logSoftmaxKernel(to: TypedArray, x: KernelOperand, axis: number): void {
  const from = x.storage;
  eachLine(x, axis, (start, end, step) => {
    let most = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i += step) if (from[i] > most) most = from[i];
    let total = 0;
    for (let i = start; i < end; i += step) total += Math.exp(from[i] - most);
    const logTotal = Math.log(total);
    for (let i = start; i < end; i += step) to[i] = from[i] - most - logTotal;
  });
}

function alongAxis(op: Op<number>, x: TensorLike, axis: number): Tensor {
  const input = floats(asTensor(x, op.name));
  if (input.rank === 0)
    throw new ShapeError({ where: op.name, expected: "a tensor with at least one axis", got: "a scalar" });
  return applyOp(op, [input], normalizeAxis(op.name, axis, input.rank));
}

/**
 * exp(xᵢ) / Σ exp(xⱼ) along an axis: logits become probabilities. The largest is subtracted first, so nothing
 * overflows.
 *
 * @param axis the axis that will sum to 1; by default the last.
 * @throws ShapeError for a scalar.
 *
 * @example
 * softmax([0, Math.log(3)]); // [0.25, 0.75]
 */
export function softmax(x: TensorLike, axis = -1): Tensor {
  return alongAxis(softmaxOp, x, axis);
}

/**
 * log softmax = xᵢ - log Σ exp(xⱼ), without ever taking the logarithm of a number that was rounded to 0.
 *
 * @throws ShapeError for a scalar.
 *
 * @example
 * logSoftmax([0, 1000]); // [-1000, 0], where log(softmax(x)) would be [-Infinity, 0]
 */
export function logSoftmax(x: TensorLike, axis = -1): Tensor {
  return alongAxis(logSoftmaxOp, x, axis);
}

/** What explanations say of these ops. */
export const activationFormulas: Formulas = {
  sigmoid: { text: ["1 / (1 + exp(-a))", "y · (1 - y)"], tex: ["\\frac{1}{1 + e^{-a}}", "y (1 - y)"] },
  relu: { text: ["max(a, 0)", "1 if a > 0, else 0"], tex: ["\\max(a, 0)", "1 \\text{ if } a > 0 \\text{, else } 0"] },
  softplus: { text: ["log(1 + exp(a))", "1 / (1 + exp(-a))"], tex: ["\\log(1 + e^{a})", "\\frac{1}{1 + e^{-a}}"] },
  softmax: {
    text: ["exp(a[i]) / Σ exp(a[j])", "∂y[i]/∂a[j] = y[i] · (1 - y[i]) if i = j, else -y[i] · y[j]"],
    tex: ["\\frac{e^{a_i}}{\\sum_j e^{a_j}}", "\\frac{\\partial y_i}{\\partial a_j} = y_i ([i = j] - y_j)"],
    sends: { text: ["y[j] · (g[j] - Σ g[i] · y[i])"], tex: ["y_j (g_j - \\sum_i g_i y_i)"] },
  },
  logSoftmax: {
    text: ["a[i] - log(Σ exp(a[j]))", "∂y[i]/∂a[j] = 1 - exp(y[j]) if i = j, else -exp(y[j])"],
    tex: ["a_i - \\log \\sum_j e^{a_j}", "\\frac{\\partial y_i}{\\partial a_j} = [i = j] - e^{y_j}"],
    sends: { text: ["g[j] - exp(y[j]) · Σ g[i]"], tex: ["g_j - e^{y_j} \\sum_i g_i"] },
  },
  softmaxBackward: {
    text: [
      "b[j] · (a[j] - Σ a[i] · b[i])",
      "∂y[i]/∂a[j] = b[i] · (1 - b[i]) if i = j, else -b[i] · b[j]",
      "∂y[i]/∂b[j] = a[i] - Σ a[k] · b[k] - b[i] · a[i] if i = j, else -b[i] · a[j]",
    ],
    tex: [
      "b_j (a_j - \\sum_i a_i b_i)",
      "\\frac{\\partial y_i}{\\partial a_j} = b_i ([i = j] - b_j)",
      "\\frac{\\partial y_i}{\\partial b_j} = [i = j] (a_i - \\textstyle\\sum_k a_k b_k) - b_i a_j",
    ],
    sends: {
      text: ["b[j] · (g[j] - Σ g[i] · b[i])", "g[j] · (a[j] - Σ a[i] · b[i]) - a[j] · Σ g[i] · b[i]"],
      tex: ["b_j (g_j - \\sum_i g_i b_i)", "g_j (a_j - \\sum_i a_i b_i) - a_j \\sum_i g_i b_i"],
    },
  },
  logSoftmaxBackward: {
    text: [
      "a[j] - exp(b[j]) · Σ a[i]",
      "∂y[i]/∂a[j] = 1 - exp(b[i]) if i = j, else -exp(b[i])",
      "∂y[i]/∂b[j] = -exp(b[i]) · Σ a[k] if i = j, else 0",
    ],
    tex: [
      "a_j - e^{b_j} \\sum_i a_i",
      "\\frac{\\partial y_i}{\\partial a_j} = [i = j] - e^{b_i}",
      "\\frac{\\partial y_i}{\\partial b_j} = -[i = j] e^{b_i} \\textstyle\\sum_k a_k",
    ],
    sends: {
      text: ["g[j] - Σ g[i] · exp(b[i])", "-g[j] · exp(b[j]) · Σ a[i]"],
      tex: ["g_j - \\sum_i g_i e^{b_i}", "-g_j e^{b_j} \\sum_i a_i"],
    },
  },
};
