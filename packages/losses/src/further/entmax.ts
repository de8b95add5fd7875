/**
 * Sparse softmax: probabilities of which many are exactly 0, with exact gradients.
 */
import {
  arange,
  asTensor,
  getDefaultDType,
  isFloat,
  normalizeAxis,
  OptionError,
  type Tensor,
  type TensorLike,
  where,
} from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { alignToAxis } from "../families/class-losses.ts";

/** How sparse: 1 is softmax, 2 is sparsemax. */
export interface EntmaxOptions {
  /** From 1 to 2; by default 1.5. */
  alpha?: number;
}

/** Newton's steps to the threshold: 11 were the most that any of thousands of rows took to the last digit. */
const steps = 14;

/**
 * Sparsemax, the distribution that is nearest to the numbers: argmin_p |p - x|² = max(0, x - τ), with τ such that it sums to 1.
 * Small numbers get a probability of exactly 0, and a gradient of exactly 0.
 *
 * Shape: any; the axis sums to 1.
 *
 * @param axis of the classes, by default the last.
 *
 * Source: Martins & Astudillo, "From Softmax to Sparsemax", ICML 2016; Keras's `sparsemax`.
 *
 * @example
 * sparsemax([1, 0.5, -2]); // [0.75, 0.25, 0]
 */
export function sparsemax(x: TensorLike, axis = -1): Tensor {
  const { scores, along } = prepare("sparsemax", x, axis);
  const sorted = scores.detach().sort(along, { descending: true });
  const ranks = alignToAxis(arange(1, sorted.shape[along] + 1).cast(sorted.dtype), sorted.rank, along);
  const isAbove = sorted.mul(ranks).add(1).greater(sorted.cumsum(along));
  const count = isAbove.cast(scores.dtype).sum(along, { keepDims: true });
  const threshold = where(isAbove, sorted, 0).sum(along, { keepDims: true }).sub(1).div(count);
  return distributionAbove(scores, threshold, 1, along);
}

/**
 * α-entmax, argmax_p x·p + H_α(p) with Tsallis's entropy H_α: softmax for α = 1, {@link sparsemax} for α = 2, and between them
 * distributions with exact zeros that are smooth where sparsemax has corners.
 *
 * pᵢ = max(0, (α - 1) xᵢ - τ)^(1/(α - 1)), with τ such that p sums to 1.
 *
 * Shape: any; the axis sums to 1.
 *
 * @param axis of the classes, by default the last.
 * @param options `alpha` from 1 to 2, by default 1.5.
 * @throws OptionError for another alpha.
 *
 * Source: Peters, Niculae & Martins, "Sparse Sequence-to-Sequence Models", ACL 2019.
 *
 * @example
 * entmax([1, 0, -3]); // [0.8307, 0.1693, 0]
 */
export function entmax(x: TensorLike, axis = -1, options: EntmaxOptions = {}): Tensor {
  checkOptions("entmax", options, ["alpha"]);
  const { alpha = 1.5 } = options;
  checkAlpha("entmax", alpha);
  if (alpha === 2) return sparsemax(x, axis);
  const { scores, along } = prepare("entmax", x, axis);
  if (alpha === 1) return scores.softmax(along);
  const scaled = scores.mul(alpha - 1);
  const power = 1 / (alpha - 1);
  const fixed = scaled.detach();
  // The norm |max(0, z - τ)| of exponent 1/(α - 1) is convex in τ and all but straight: its root at 1 is approached from below.
  let threshold = fixed.max(along, { keepDims: true }).sub(1);
  for (let i = 0; i < steps; i++) {
    const { sum, slope } = sumsAbove(fixed, threshold, power, along);
    threshold = threshold.add(sum.sub(sum.pow(2 - alpha)).div(slope));
  }
  return distributionAbove(scaled, threshold, power, along);
}

/** @throws OptionError for an alpha outside [1, 2]. */
export function checkAlpha(where: string, alpha: unknown): void {
  if (typeof alpha === "number" && alpha >= 1 && alpha <= 2) return;
  throw new OptionError({
    where,
    expected: "alpha from 1 (softmax) to 2 (sparsemax)",
    got: describe(alpha),
  });
}

/** The numbers less their largest, as floats, and their axis. */
function prepare(name: string, x: TensorLike, axis: number): { scores: Tensor; along: number } {
  const given = asTensor(x, name);
  const scores = isFloat(given.dtype) ? given : given.cast(getDefaultDType());
  const along = normalizeAxis(name, axis, scores.rank);
  return { scores: scores.sub(scores.detach().max(along, { keepDims: true })), along };
}

/** Σ max(0, z - τ)^k, and k times less of its derivative by -τ: Σ max(0, z - τ)^(k - 1) over what is above. */
function sumsAbove(z: Tensor, threshold: Tensor, power: number, along: number): { sum: Tensor; slope: Tensor } {
  const gap = z.sub(threshold);
  const isAbove = gap.greater(0);
  const safe = where(isAbove, gap, 1);
  const sumOf = (x: Tensor) => where(isAbove, x, 0).sum(along, { keepDims: true });
  return { sum: sumOf(safe.pow(power)), slope: sumOf(safe.pow(power - 1)) };
}

/**
 * max(0, z - τ)^k with a τ that depends on z as it has to, so that all derivatives are those of the distribution: two more of
 * Newton's steps, which change no digit, are differentiated, the first for the first derivative and both for the second.
 */
function distributionAbove(z: Tensor, threshold: Tensor, power: number, along: number): Tensor {
  let moving = threshold;
  for (let i = 0; i < (power === 1 ? 1 : 2); i++) {
    const { sum, slope } = sumsAbove(z, moving, power, along);
    moving = moving.add(sum.sub(1).div(slope.mul(power)));
  }
  const gap = z.sub(moving);
  const isAbove = gap.greater(0);
  return where(isAbove, where(isAbove, gap, 1).pow(power), 0);
}
