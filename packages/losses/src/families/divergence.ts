/**
 * How far one distribution is from another: Kullback-Leibler and Jensen-Shannon divergences as losses.
 *
 * Losses get what the model predicts first and clip it; the measures on known distributions are in the folder information/.
 */
import { type Tensor, type TensorLike, where } from "@chainrule/core";
import { defineLoss } from "../definition/define-loss.ts";
import { axesOf } from "../inputs/left-out.ts";
import { asFloat } from "../inputs/tensors.ts";
import { clipStraightThrough, epsilon, timesLog } from "../numerics/stable.ts";

interface KlOptions {
  axis?: number;
  logInput?: boolean;
  logTarget?: boolean;
  elementwise?: boolean;
}

/** log p, and 0 in place of -Infinity where p is 0 and the logarithm is going to be multiplied by it. */
function logWherePositive(p: Tensor): Tensor {
  return where(p.equal(0), 1, p).log();
}

/**
 * Kullback-Leibler divergence of the targets from the predictions, ℓ = Σ_c p_c log(p_c / q_c), with p the target and
 * q the prediction: what q costs above the entropy of p. 0 log 0 = 0.
 *
 * Its gradient by the predictions is that of cross-entropy. For known distributions, with p as the first argument,
 * there is `information.klDivergence`.
 *
 * Shape: predictions and targets [.., C, ..]; losses: without the class axis, so that the mean is PyTorch's
 * "batchmean"; with `elementwise` the same.
 *
 * @param prediction q: probabilities, cut to 1e-7 as in Keras; with `logInput` their logarithms.
 * @param target p: probabilities; with `logTarget` their logarithms.
 * @param options `axis` (default -1), `logInput`, `logTarget`, `elementwise`: no sum over the axis (PyTorch's form).
 * @throws ShapeError where shapes differ; ValueError for what is no probability (or its logarithm).
 *
 * Source: Kullback & Leibler 1951; Keras's `kl_divergence`; PyTorch's `kl_div` with `logInput` and `elementwise`.
 *
 * @example
 * klDivergence([[0.5, 0.5]], [[0.6, 0.4]]); // 0.0201
 */
export const klDivergence = defineLoss<KlOptions>(
  "klDivergence",
  (prediction, target, { axis = -1, logInput = false, logTarget = false, elementwise = false }) => {
    const p = logTarget ? target.exp() : target;
    const logP = logTarget ? where(target.isInfinite(), 0, target) : logWherePositive(target);
    const logQ = logInput ? prediction : clipStraightThrough(prediction, epsilon).log();
    const terms = timesLog(p, logP.sub(logQ));
    return elementwise ? terms : terms.sum(axis);
  },
  {
    options: ["axis", "logInput", "logTarget", "elementwise"],
    reduces: ({ axis = -1, elementwise = false }, rank) => (elementwise ? [] : axesOf(axis, rank)),
    aliases: ["kl_divergence", "kullback_leibler_divergence", "kld", "kl_div"],
    inputs: {
      prediction: ({ logInput }) => (logInput ? "logProbability" : "probability"),
      target: ({ logTarget }) => (logTarget ? "logProbability" : "probability"),
    },
  },
);

interface AxisOption {
  axis?: number;
}

/** Below this a probability counts as this when its logarithm is taken; it is multiplied by less than that. */
const negligible = 1e-30;

/**
 * Jensen-Shannon divergence, ℓ = [KL(p ‖ m) + KL(q ‖ m)] / 2 with m = (p + q) / 2: symmetric, and at most log 2.
 *
 * Shape: predictions and targets [.., C, ..]; losses: without the class axis.
 *
 * @param prediction probabilities, which may be 0.
 * @param options `axis`, by default the last.
 * @throws ShapeError where shapes differ; ValueError for what is no probability.
 *
 * Source: Lin, "Divergence Measures Based on the Shannon Entropy", 1991.
 *
 * @example
 * jensenShannon([[1, 0]], [[0, 1]]); // log 2 = 0.6931
 */
export const jensenShannon = defineLoss<AxisOption>(
  "jensenShannon",
  (prediction, target, { axis = -1 }) => {
    const logM = clipStraightThrough(prediction.add(target).div(2), negligible).log();
    const klFromMixture = (p: Tensor) => p.mul(clipStraightThrough(p, negligible).log().sub(logM));
    return klFromMixture(prediction).add(klFromMixture(target)).div(2).sum(axis);
  },
  { options: ["axis"], inputs: { prediction: "probability", target: "probability" } },
);

interface GaussianKlOptions {
  targetMean?: TensorLike;
  targetVariance?: TensorLike;
  logVariance?: boolean;
  axis?: number;
}

/**
 * Kullback-Leibler divergence between normal distributions in closed form, summed over an axis of independent numbers:
 * ℓ = Σ [σ²/σ₀² + (μ - μ₀)²/σ₀² - 1 - log(σ²/σ₀²)] / 2, the divergence of N(μ, σ²) from N(μ₀, σ₀²).
 *
 * With the standard normal as target (the default) it is what a variational autoencoder adds to its reconstruction.
 *
 * Shape: mean and variance [.., D, ..]; losses: without the axis.
 *
 * @param variance σ² above 0; with `logVariance` its logarithm.
 * @param options `targetMean` μ₀ (default 0) and `targetVariance` σ₀² (default 1), which broadcast; `logVariance`;
 *   `axis`, by default the last.
 * @throws ShapeError where shapes differ; ValueError for a variance that is not above 0.
 *
 * Source: Kingma & Welling, "Auto-Encoding Variational Bayes", 2014, appendix B.
 *
 * @example
 * gaussianKl([[1, 0]], [[1, 1]]); // 0.5
 */
export const gaussianKl = defineLoss<GaussianKlOptions, readonly [mean: TensorLike, variance: TensorLike]>(
  "gaussianKl",
  (mean, variance, { targetMean = 0, targetVariance = 1, logVariance = false, axis = -1 }) => {
    const variance0 = asFloat(targetVariance, mean.dtype).broadcastTo(mean.shape);
    const logRatio = (logVariance ? variance : variance.log()).sub(variance0.log());
    const shift = mean.sub(asFloat(targetMean, mean.dtype).broadcastTo(mean.shape)).square().div(variance0);
    // r - 1 - log r with r = σ²/σ₀², where expm1 keeps the digits of r - 1.
    return logRatio.expm1().sub(logRatio).add(shift).div(2).sum(axis);
  },
  {
    options: ["targetMean", "targetVariance", "logVariance", "axis"],
    aliases: ["gaussian_kl", "gaussian_kl_divergence"],
    inputs: { mean: "real", variance: ({ logVariance }) => (logVariance ? "logarithm" : "positive") },
    given: [],
  },
);
