/**
 * Losses on differences: squared, absolute, relative, and what lies between.
 */
import { OptionError, type Tensor, where } from "@chainrule/core";
import { defineLoss } from "../definition/define-loss.ts";
import type { NoOptions } from "../definition/loss.ts";
import { clipStraightThrough, epsilon } from "../numerics/stable.ts";

/**
 * Squared error, ℓ = (prediction - target)²; its mean is the mean squared error.
 *
 * Minimising it is maximum likelihood for normal noise of constant variance.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @throws ShapeError where shapes differ: [64, 1] against [64] is not broadcast.
 *
 * @example
 * mse([1, 2], [1, 4]); // 2
 */
export const mse = defineLoss<NoOptions>("mse", (prediction, target) => prediction.sub(target).square(), {
  options: [],
  aliases: ["mse", "mean_squared_error"],
});

/**
 * Absolute error, ℓ = |prediction - target|, with derivative 0 where they are equal. Its best constant is the median.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @throws ShapeError where shapes differ.
 *
 * @example
 * mae([1, 2], [1, 4]); // 1
 */
export const mae = defineLoss<NoOptions>("mae", (prediction, target) => prediction.sub(target).abs(), {
  options: [],
  aliases: ["mae", "mean_absolute_error"],
});

/**
 * Absolute error in percent of the target, ℓ = 100 |prediction - target| / max(|target|, 1e-7).
 *
 * Shape: predictions, targets and losses the same.
 *
 * @throws ShapeError where shapes differ.
 *
 * Source: Keras's `mean_absolute_percentage_error`.
 *
 * @example
 * mape([90, 220], [100, 200]); // 10
 */
export const mape = defineLoss<NoOptions>(
  "mape",
  (prediction, target) => prediction.sub(target).abs().div(target.abs().clamp(epsilon)).mul(100),
  { options: [], aliases: ["mape", "mean_absolute_percentage_error"] },
);

/**
 * Squared error of logarithms, ℓ = (log(1 + prediction) - log(1 + target))²: relative errors of large numbers.
 *
 * Predictions below 0 are taken as 0, as in Keras, and keep their gradient.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @throws ShapeError where shapes differ; ValueError for targets below 0.
 *
 * Source: Keras's `mean_squared_logarithmic_error`.
 *
 * @example
 * msle([1], [3]); // (log 2 - log 4)² = 0.4805
 */
export const msle = defineLoss<NoOptions>(
  "msle",
  (prediction, target) => clipStraightThrough(prediction, 0).log1p().sub(target.log1p()).square(),
  {
    options: [],
    aliases: ["msle", "mean_squared_logarithmic_error"],
    inputs: { prediction: "real", target: "nonNegative" },
    // Below 0 the derivative is not the value's own, which differences would notice.
    sample: (normal) => ({ inputs: { prediction: positives(normal), target: positives(normal) } }),
  },
);

function positives(normal: () => number): number[][] {
  return Array.from({ length: 4 }, () => [normal(), normal(), normal()].map(Math.abs));
}

interface HuberOptions {
  delta?: number;
}

/**
 * Huber loss: ℓ = e²/2 for |e| ≤ δ, else δ (|e| - δ/2), with e = prediction - target. Squared near 0, absolute far out.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param options `delta` δ above 0, by default 1.
 * @throws ShapeError where shapes differ; OptionError for a delta that is not above 0.
 *
 * Source: Huber, "Robust Estimation of a Location Parameter", 1964; Keras's `huber` and PyTorch's `huber_loss`.
 *
 * @example
 * huber([0.5, 3], [0, 0]); // (0.125 + 2.5) / 2 = 1.3125
 */
export const huber = defineLoss<HuberOptions>(
  "huber",
  (prediction, target, { delta = 1 }) => {
    if (!(delta > 0)) throw new OptionError({ where: "huber", expected: "delta above 0", got: `${delta}` });
    const error = prediction.sub(target).abs();
    const near = error.lessEqual(delta);
    // The square of a huge error would overflow, and so would its slope, which counts for nothing there.
    return where(near, where(near, error, 0).square().div(2), error.sub(delta / 2).mul(delta));
  },
  { options: ["delta"], aliases: ["huber", "huber_loss"] },
);

/**
 * log cosh e for any e, exact to the last digits near 0, where it is e²/2, and far out, where it is |e| - log 2.
 *
 * Near 0 as log(1 + 2 sinh²(e/2)); far out that overflows, and |e| + softplus(-2|e|) - log 2 has lost nothing.
 */
function stableLogCosh(e: Tensor): Tensor {
  const near = e.abs().less(1);
  const small = where(near, e, 0).div(2).sinh().square().mul(2).log1p();
  const size = where(near, 1, e.abs());
  return where(near, small, size.add(size.mul(-2).softplus()).sub(Math.LN2));
}

/**
 * The logarithm of the hyperbolic cosine of the error, ℓ = log cosh(prediction - target): e²/2 for small errors,
 * |e| - log 2 for large ones, smooth everywhere.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @throws ShapeError where shapes differ.
 *
 * Source: Keras's `log_cosh`.
 *
 * @example
 * logCosh([1], [0]); // 0.4338
 */
export const logCosh = defineLoss<NoOptions>("logCosh", (prediction, target) => stableLogCosh(prediction.sub(target)), {
  options: [],
  aliases: ["log_cosh", "logcosh"],
});
