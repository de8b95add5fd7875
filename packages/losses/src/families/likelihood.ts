/**
 * Negative log-likelihoods of counts and of numbers with a predicted spread.
 */

import type { TensorLike } from "@chainrule/core";
import { where } from "@chainrule/core";
import { defineLoss } from "../definition/define-loss.ts";
import type { NoOptions } from "../definition/loss.ts";
import { clipStraightThrough, epsilon, timesLog } from "../numerics/stable.ts";

/**
 * Poisson loss of predicted rates, ℓ = λ - y log(λ + 1e-7): the negative log-likelihood of counts up to a constant.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param prediction the rate λ, 0 or more.
 * @param target the count y, 0 or more.
 * @throws ShapeError where shapes differ; ValueError for negative rates or counts.
 *
 * Source: Keras's `poisson`.
 *
 * @example
 * poisson([2], [1]); // 2 - log 2 = 1.3069
 */
export const poisson = defineLoss<NoOptions>(
  "poisson",
  (rate, count) => rate.sub(timesLog(count, rate.add(epsilon).log())),
  {
    options: [],
    inputs: { prediction: "nonNegative", target: "nonNegative" },
  },
);

interface PoissonOptions {
  logInput?: boolean;
  full?: boolean;
}

/**
 * Poisson negative log-likelihood of predicted log-rates, ℓ = e^x - y x; with `logInput: false` of rates,
 * ℓ = λ - y log(λ + 1e-8).
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param options `logInput`, by default true; `full` adds Stirling's y log y - y + log(2πy)/2 for log y! where y > 1.
 * @throws ShapeError where shapes differ; ValueError for negative counts, and negative rates.
 *
 * Source: PyTorch's `poisson_nll_loss`.
 *
 * @example
 * poissonNll([0], [3]); // 1
 */
export const poissonNll = defineLoss<PoissonOptions>(
  "poissonNll",
  (prediction, count, { logInput = true, full = false }) => {
    const cost = logInput
      ? prediction.exp().sub(timesLog(count, prediction))
      : prediction.sub(timesLog(count, prediction.add(1e-8).log()));
    if (!full) return cost;
    const many = count.greater(1);
    const y = where(many, count, 1);
    const stirling = y
      .mul(y.log())
      .sub(y)
      .add(
        y
          .mul(2 * Math.PI)
          .log()
          .div(2),
      );
    return cost.add(where(many, stirling, 0));
  },
  {
    options: ["logInput", "full"],
    aliases: ["poisson_nll", "poisson_nll_loss"],
    inputs: {
      prediction: ({ logInput = true }) => (logInput ? "logarithm" : "nonNegative"),
      target: "nonNegative",
    },
  },
);

interface GaussianOptions {
  full?: boolean;
}

/**
 * Negative log-likelihood of numbers under normal distributions with predicted mean and variance,
 * ℓ = [log σ² + (y - μ)² / σ²] / 2.
 *
 * Shape: mean, target, variance and losses the same. For `fit`, whose losses have two inputs, a loss of one's own can
 * cut the model's output into mean and log-variance, as in the example.
 *
 * @param variance σ² of 0 or more; what is below 1e-6 is taken as that, and keeps its gradient.
 * @param options `full` adds log(2π)/2.
 * @throws ShapeError where shapes differ; ValueError for a negative variance.
 *
 * Source: Nix & Weigend 1994; PyTorch's `gaussian_nll_loss`, with its order of arguments.
 *
 * @example
 * gaussianNll([1], [3], [4]); // (log 4 + 1) / 2 = 1.1931
 * const spread = defineLoss("spread", (output, target) => {
 *   const [mean, logVariance] = output.split(2, -1);
 *   return gaussianNll(mean, target, logVariance.exp(), { reduction: "none" });
 * }, { check: () => {} }); // outputs [N, 2] against targets [N, 1]
 * spread([[1, Math.log(4)]], [[3]]); // 1.1931
 */
export const gaussianNll = defineLoss<
  GaussianOptions,
  readonly [mean: TensorLike, target: TensorLike, variance: TensorLike]
>(
  "gaussianNll",
  (mean, target, variance, { full = false }) => {
    const safe = clipStraightThrough(variance, 1e-6);
    const cost = safe.log().add(target.sub(mean).square().div(safe)).div(2);
    return full ? cost.add(Math.log(2 * Math.PI) / 2) : cost;
  },
  {
    options: ["full"],
    aliases: ["gaussian_nll", "gaussian_nll_loss"],
    inputs: { mean: "real", target: "real", variance: "nonNegative" },
  },
);
