/**
 * Losses of rankings: lists of scores against lists of relevances.
 */
import { type Tensor, type TensorLike, where } from "@chainrule/core";
import { defineLoss } from "../definition/define-loss.ts";
import { asFloat } from "../inputs/tensors.ts";
import { timesLog } from "../numerics/stable.ts";

interface RankingOptions {
  axis?: number;
  mask?: TensorLike;
}

/** -Σ y log softmax(s) over the items that are there; 0 for a list that has none. */
function listLoss(
  scores: Tensor,
  relevance: Tensor,
  { axis = -1, mask }: RankingOptions,
  weightsOf: (relevance: Tensor) => Tensor,
): Tensor {
  if (mask === undefined) return timesLog(weightsOf(relevance), scores.logSoftmax(axis)).sum(axis).neg();
  const isThere = asFloat(mask, scores.dtype).equal(0).logicalNot().broadcastTo(scores.shape);
  const isEmpty = isThere.any(axis, { keepDims: true }).logicalNot();
  const masked = (x: Tensor) => where(isThere, x, where(isEmpty, 0, Number.NEGATIVE_INFINITY));
  const logP = masked(scores).logSoftmax(axis);
  const weights = where(isThere, weightsOf(masked(relevance)), 0);
  return timesLog(weights, where(isThere, logP, 0))
    .sum(axis)
    .neg();
}

/**
 * ListNet's loss of a ranking, ℓ = -Σᵢ softmax(y)ᵢ log softmax(s)ᵢ: the cross-entropy between who comes first by the relevances
 * y and who comes first by the scores s.
 *
 * Shape: predictions and targets [.., n, ..], an axis for the items of a list; losses: without it.
 *
 * @param prediction scores s: any numbers. @param target relevances y: any numbers, more is better.
 * @param options `axis`, by default the last; `mask`, 0 for items that are not there, in the predictions' shape.
 * @throws ShapeError where shapes differ.
 *
 * Source: Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", ICML 2007.
 *
 * @example
 * listNet([[0, 0]], [[0, 0]]); // log 2 = 0.6931
 */
export const listNet = defineLoss<RankingOptions>(
  "listNet",
  (scores, relevance, options) => listLoss(scores, relevance, options, (y) => y.softmax(options.axis ?? -1)),
  { options: ["axis", "mask"], aliases: ["list_net", "listnet_loss"] },
);

/**
 * Softmax loss of a ranking, ℓ = -Σᵢ yᵢ log softmax(s)ᵢ: {@link listNet} with the relevances as they are.
 *
 * Shape: predictions and targets [.., n, ..], an axis for the items of a list; losses: without it.
 *
 * @param prediction scores s: any numbers. @param target relevances y of 0 or more.
 * @param options `axis`, by default the last; `mask`, 0 for items that are not there, in the predictions' shape.
 * @throws ShapeError where shapes differ; ValueError for relevances below 0.
 *
 * Source: optax's (and Rax's) `ranking_softmax_loss`, whose mean leaves lists without items out.
 *
 * @example
 * rankingSoftmax([[2, 1, 0]], [[1, 0, 2]]); // 0.4076 + 2 · 2.4076 = 5.2228
 */
export const rankingSoftmax = defineLoss<RankingOptions>(
  "rankingSoftmax",
  (scores, relevance, options) => listLoss(scores, relevance, options, (y) => where(y.isFinite(), y, 0)),
  {
    options: ["axis", "mask"],
    aliases: ["ranking_softmax_loss"],
    inputs: { prediction: "real", target: "nonNegative" },
  },
);
