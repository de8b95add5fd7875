/**
 * Fenchel-Young losses: what a prediction function such as softmax or sparsemax is trained with.
 */
import { OptionError, sub, type Tensor, where } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { defineLoss } from "../definition/define-loss.ts";
import { asDistribution, selectTarget } from "../families/class-losses.ts";
import { isLabels } from "../inputs/class-targets.ts";
import { checkAlpha, entmax } from "./entmax.ts";

/** Tsallis's entropy of distributions, (1 - Σ p^α) / (α (α - 1)); Shannon's for α = 1. */
function tsallisEntropy(p: Tensor, alpha: number, axis: number): Tensor {
  const safe = where(p.equal(0), 1, p);
  if (alpha === 1) return p.mul(safe.log()).sum(axis).neg();
  const powers = where(p.equal(0), 0, safe.pow(alpha));
  return sub(1, powers.sum(axis)).div(alpha * (alpha - 1));
}

/**
 * max_p x·p + H_α(p), which entmax attains. Its derivative is entmax itself: what p changes with x adds nothing where it is best.
 */
function conjugate(x: Tensor, alpha: number, axis: number): Tensor {
  if (alpha === 1) return x.logSumExp(axis);
  const p = entmax(x, axis, { alpha });
  // What has no probability adds nothing, infinitely low as it may be.
  return where(p.equal(0), 0, x)
    .mul(p)
    .sum(axis)
    .add(tsallisEntropy(p, alpha, axis));
}

/** ℓ = Ω*(x) + Ω(y) - x·y for Ω = -H_α. */
function fenchelYoungOf(scores: Tensor, target: Tensor, alpha: number, axis: number): Tensor {
  const largest = scores.detach().max(axis, { keepDims: true });
  // An infinite number stays where it is; any other may be moved, which changes no loss.
  const moved = scores.sub(where(largest.isFinite(), largest, 0));
  const reached = conjugate(moved, alpha, axis).sub(selectTarget(moved, target, axis));
  return isLabels(target) ? reached : reached.sub(tsallisEntropy(target, alpha, axis));
}

interface SparsemaxOptions {
  axis?: number;
}

/**
 * Sparsemax loss, ℓ = |x - y|²/2 - |x - p|²/2 with p = {@link sparsemax}(x): 0 as soon as the right class leads by 1, with
 * the gradient p - y.
 *
 * Shape: predictions [.., C, ..], targets labels or probabilities; losses: without the class axis.
 *
 * @param prediction scores: any numbers, no sparsemax before.
 * @param options `axis`, by default the last.
 * @throws ShapeError, and ValueError for labels that are no class.
 *
 * Source: Martins & Astudillo, "From Softmax to Sparsemax", ICML 2016; optax's `multiclass_sparsemax_loss`.
 *
 * @example
 * sparsemaxLoss([[1, 0.5, -2]], [0]); // (0² + 0.5²)/2 - (0.25² + 0.25²)/2 = 0.0625
 */
export const sparsemaxLoss = defineLoss<SparsemaxOptions>(
  "sparsemaxLoss",
  (prediction, target, { axis = -1 }) => fenchelYoungOf(prediction, target, 2, axis),
  {
    options: ["axis"],
    aliases: ["sparsemax_loss", "multiclass_sparsemax_loss"],
    inputs: { prediction: "real", target: "labelOrDistribution" },
  },
);

interface EntmaxLossOptions {
  alpha?: number;
  axis?: number;
}

/**
 * Entmax loss, ℓ = max_p [x·p + H_α(p)] - x·y - H_α(y), with the gradient {@link entmax}(x) - y: cross-entropy from logits
 * (less H(y)) for α = 1, {@link sparsemaxLoss} for α = 2. H_α is Tsallis's entropy.
 *
 * Shape: predictions [.., C, ..], targets labels or probabilities; losses: without the class axis.
 *
 * @param prediction scores: any numbers, no entmax before.
 * @param options `alpha` from 1 to 2, by default 1.5; `axis`, by default the last.
 * @throws OptionError for another alpha; ShapeError, and ValueError for labels that are no class.
 *
 * Source: Peters, Niculae & Martins, "Sparse Sequence-to-Sequence Models", ACL 2019; `entmax_loss` of the package entmax.
 *
 * @example
 * entmaxLoss([[1, 0, -3]], [0]); // 0.0617
 */
export const entmaxLoss = defineLoss<EntmaxLossOptions>(
  "entmaxLoss",
  (prediction, target, { alpha = 1.5, axis = -1 }) => {
    checkAlpha("entmaxLoss", alpha);
    return fenchelYoungOf(prediction, target, alpha, axis);
  },
  {
    options: ["alpha", "axis"],
    aliases: ["entmax_loss", "entmax15_loss"],
    inputs: { prediction: "real", target: "labelOrDistribution" },
  },
);

interface FenchelYoungOptions {
  conjugate?: (scores: Tensor, axis: number) => Tensor;
  regularizer?: (target: Tensor, axis: number) => Tensor;
  axis?: number;
}

/**
 * The Fenchel-Young loss of a regulariser Ω of one's own, ℓ = Ω*(x) + Ω(y) - x·y: never below 0, 0 where the prediction
 * ∇Ω*(x) is y, and with the gradient ∇Ω*(x) - y.
 *
 * By default Ω is the negative entropy of Shannon, Ω*(x) = log Σ eˣ, and the loss is that of softmax: the divergence
 * KL(y ‖ softmax(x)). Where only a conjugate is given, Ω(y) is left out, which changes no gradient.
 *
 * Shape: predictions [.., C, ..], targets labels or probabilities; losses: without the class axis.
 *
 * @param options `conjugate` Ω*, of scores and the class axis, which it reduces; `regularizer` Ω, the same of targets;
 *   `axis`, by default the last.
 * @throws OptionError for what is no function; ShapeError, and ValueError for labels that are no class.
 *
 * Source: Blondel, Martins & Niculae, "Learning with Fenchel-Young Losses", JMLR 2020; optax's `make_fenchel_young_loss`.
 *
 * @example
 * fenchelYoung([[2, 1, 0]], [0]); // crossEntropy: 0.4076
 * fenchelYoung([[2, 1, 0]], [0], { conjugate: (x, axis) => x.max(axis) }); // 2 - 2 = 0, a perceptron of classes
 */
export const fenchelYoung = defineLoss<FenchelYoungOptions>(
  "fenchelYoung",
  (prediction, target, { conjugate: own, regularizer, axis = -1 }) => {
    for (const [option, f] of Object.entries({ conjugate: own, regularizer }))
      if (f !== undefined && typeof f !== "function")
        throw new OptionError({
          where: "fenchelYoung",
          expected: `a function of a tensor and an axis as ${option}`,
          got: describe(f),
        });
    const reached = (own?.(prediction, axis) ?? prediction.logSumExp(axis)).sub(selectTarget(prediction, target, axis));
    if (regularizer) return reached.add(regularizer(asDistribution(target, prediction, axis), axis));
    return own || isLabels(target) ? reached : reached.sub(tsallisEntropy(target, 1, axis));
  },
  {
    options: ["conjugate", "regularizer", "axis"],
    aliases: ["fenchel_young_loss"],
    inputs: { prediction: "real", target: "labelOrDistribution" },
  },
);
