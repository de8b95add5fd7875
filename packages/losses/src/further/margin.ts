/**
 * Further margin losses: PyTorch's, of single numbers, pairs, classes and several labels, and the perceptron's.
 */
import { normalizeAxis, OptionError, ShapeError, sub, type TensorLike, where } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { defineLoss } from "../definition/define-loss.ts";
import type { NoOptions } from "../definition/loss.ts";
import { binaryFromLogits } from "../families/binary-cross-entropy.ts";
import { alignToAxis, asDistribution, selectTarget, weightsOf } from "../families/class-losses.ts";
import { checkPairs, sideOf } from "../families/margin.ts";
import { l2Normalize } from "../families/similarity.ts";

/**
 * Soft margin loss, ℓ = log(1 + e^(-y f)): logistic regression with targets of -1 and 1.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param prediction f: any number, a logit. @param target y: -1 or 1, or 0 or 1.
 * @throws ShapeError where shapes differ; ValueError for other targets.
 *
 * Source: PyTorch's `soft_margin_loss`.
 *
 * @example
 * softMargin([0, 2], [1, -1]); // (log 2 + log(1 + e²)) / 2 = 1.4100
 */
export const softMargin = defineLoss<NoOptions>("softMargin", (f, y) => sideOf(y).mul(f).neg().softplus(), {
  options: [],
  aliases: ["soft_margin_loss"],
  inputs: { prediction: "real", target: "sign" },
});

/**
 * Perceptron loss, ℓ = max(0, -y f): what is on the right side costs nothing, however near the border. Its steps of size 1
 * are Rosenblatt's rule.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param prediction f: any number; its sign is the decision. @param target y: -1 or 1, or 0 or 1.
 * @throws ShapeError where shapes differ; ValueError for other targets.
 *
 * Source: Rosenblatt, "The Perceptron", 1958; optax's `perceptron_loss`.
 *
 * @example
 * perceptron([0.5, -2], [1, 1]); // (0 + 2) / 2 = 1
 */
export const perceptron = defineLoss<NoOptions>("perceptron", (f, y) => sideOf(y).mul(f).neg().relu(), {
  options: [],
  aliases: ["perceptron_loss"],
  inputs: { prediction: "real", target: "sign" },
});

interface MarginOption {
  margin?: number;
}

function checkMargin(name: string, margin: number): void {
  if (!Number.isFinite(margin))
    throw new OptionError({ where: name, expected: "a finite margin", got: describe(margin) });
}

/**
 * Hinge embedding loss: ℓ = x for what is alike (y = 1), max(0, margin - x) for what is not (y = -1), where x is a distance.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param prediction x: a distance, or any number. @param target y: -1 or 1, or 0 or 1.
 * @param options `margin`, by default 1.
 * @throws ShapeError where shapes differ; ValueError for other targets.
 *
 * Source: PyTorch's `hinge_embedding_loss`.
 *
 * @example
 * hingeEmbedding([0.3, 0.4], [1, -1]); // (0.3 + 0.6) / 2 = 0.45
 */
export const hingeEmbedding = defineLoss<MarginOption>(
  "hingeEmbedding",
  (x, y, { margin = 1 }) => {
    checkMargin("hingeEmbedding", margin);
    return where(sideOf(y).equal(1), x, sub(margin, x).relu());
  },
  {
    options: ["margin"],
    aliases: ["hinge_embedding_loss"],
    inputs: { prediction: "real", target: "sign" },
  },
);

interface CosineEmbeddingOptions extends MarginOption {
  axis?: number;
}

/**
 * Cosine embedding loss of pairs: ℓ = 1 - cos(first, second) for the like (y = 1), max(0, cos - margin) for others (y = -1).
 *
 * Shape: first and second [N, D], similar and losses [N].
 *
 * @param similar y: -1 or 1, or 0 or 1.
 * @param options `margin`, by default 0; `axis` of the vectors, by default the last.
 * @throws ShapeError where shapes do not fit; ValueError for another y.
 *
 * Source: PyTorch's `cosine_embedding_loss`.
 *
 * @example
 * cosineEmbedding([[1, 0], [1, 0]], [[0, 1], [1, 1]], [1, -1]); // (1 + 0.7071) / 2 = 0.8536
 */
export const cosineEmbedding = defineLoss<
  CosineEmbeddingOptions,
  readonly [first: TensorLike, second: TensorLike, similar: TensorLike]
>(
  "cosineEmbedding",
  (first, second, similar, { margin = 0, axis = -1 }) => {
    checkMargin("cosineEmbedding", margin);
    const cosine = l2Normalize(first, axis).mul(l2Normalize(second, axis)).sum(axis);
    return where(sideOf(similar).equal(1), sub(1, cosine), cosine.sub(margin).relu());
  },
  {
    options: ["margin", "axis"],
    aliases: ["cosine_embedding_loss"],
    inputs: { first: "real", second: "real", similar: "sign" },
    given: ["similar"],
    check: (name, [first, second, similar], { axis = -1 }) => checkPairs(name, first, second, similar, axis),
    sample: (normal) => {
      const vectors = () => Array.from({ length: 4 }, () => [normal(), normal(), normal()]);
      return { inputs: { first: vectors(), second: vectors(), similar: [1, -1, 1, -1] }, options: { margin: -0.5 } };
    },
  },
);

/**
 * Margin ranking loss, ℓ = max(0, -y (first - second) + margin): where y is 1 the first is to be ahead by a margin, where it is
 * -1 the second.
 *
 * Shape: first, second, order and losses the same.
 *
 * @param order y: -1 or 1, or 0 or 1.
 * @param options `margin`, by default 0.
 * @throws ShapeError where shapes differ; ValueError for another y.
 *
 * Source: PyTorch's `margin_ranking_loss`.
 *
 * @example
 * marginRanking([2, 0], [1, 1], [1, 1], { margin: 0.5 }); // (0 + 1.5) / 2 = 0.75
 */
export const marginRanking = defineLoss<
  MarginOption,
  readonly [first: TensorLike, second: TensorLike, order: TensorLike]
>(
  "marginRanking",
  (first, second, order, { margin = 0 }) => {
    checkMargin("marginRanking", margin);
    return sub(margin, sideOf(order).mul(first.sub(second))).relu();
  },
  {
    options: ["margin"],
    aliases: ["margin_ranking_loss"],
    inputs: { first: "real", second: "real", order: "sign" },
    given: ["order"],
    sample: (normal) => {
      const numbers = () => Array.from({ length: 4 }, () => [normal(), normal(), normal()]);
      const order = numbers().map((row) => row.map((x) => (x < 0 ? -1 : 1)));
      return { inputs: { first: numbers(), second: numbers(), order }, options: { margin: 1.5 } };
    },
  },
);

interface MultiMarginOptions extends MarginOption {
  p?: number;
  classWeight?: TensorLike;
  axis?: number;
}

/**
 * Hinge loss over classes, ℓ = Σ_{c ≠ y} max(0, margin - f_y + f_c)^p / C: the right class must lead each other one by a margin.
 *
 * Shape: predictions [.., C, ..]; targets (labels) and losses: without the class axis.
 *
 * @param options `margin`, by default 1; `p`, 1 (the default) or 2; `classWeight` [C], by which the losses of a class are
 *   multiplied (the mean divides by the number of samples all the same, as in PyTorch); `axis`, by default the last.
 * @throws ShapeError, and ValueError for labels that are no class.
 *
 * Source: Crammer & Singer 2001; Weston & Watkins 1999; PyTorch's `multi_margin_loss`.
 *
 * @example
 * multiMargin([[0.1, 0.2, 0.8]], [2]); // (max(0, 1 - 0.8 + 0.1) + max(0, 1 - 0.8 + 0.2)) / 3 = 0.2333
 */
export const multiMargin = defineLoss<MultiMarginOptions>(
  "multiMargin",
  (prediction, target, { margin = 1, p = 1, classWeight, axis = -1 }) => {
    checkMargin("multiMargin", margin);
    if (p !== 1 && p !== 2) throw new OptionError({ where: "multiMargin", expected: "p of 1 or 2", got: describe(p) });
    const right = asDistribution(target, prediction, axis).equal(1);
    const own = selectTarget(prediction, target, axis).unsqueeze(axis);
    // The right class stands at a distance that costs nothing: two infinite scores have no difference.
    const missing = where(right, 0, where(right, 0, prediction).sub(own).add(margin).relu());
    const cost = (p === 1 ? missing : missing.square()).mean(axis);
    const weights = weightsOf(classWeight, prediction, axis);
    return weights ? cost.mul(weights.gather(target)) : cost;
  },
  {
    options: ["margin", "p", "classWeight", "axis"],
    aliases: ["multi_margin_loss"],
    inputs: { prediction: "real", target: "label" },
  },
);

interface AxisOption {
  axis?: number;
}

/**
 * Hinge loss of several labels, ℓ = Σ_{j in y} Σ_{i not in y} max(0, 1 - (f_j - f_i)) / C: each class that holds must lead
 * each that does not by 1.
 *
 * Shape: predictions and targets [.., C, ..]; losses: without the class axis.
 *
 * @param target 1 for each class that holds, else 0 (PyTorch takes lists of labels that end in -1).
 * @param options `axis` of the classes, by default the last.
 * @throws ShapeError where shapes differ; ValueError for targets other than 0 and 1.
 *
 * Source: PyTorch's `multilabel_margin_loss`.
 *
 * @example
 * multiLabelMargin([[0.1, 0.2, 0.4, 0.8]], [[1, 0, 0, 1]]); // (1.1 + 1.3 + 0.4 + 0.6) / 4 = 0.85
 */
export const multiLabelMargin = defineLoss<AxisOption>(
  "multiLabelMargin",
  (prediction, target, { axis = -1 }) => {
    if (prediction.rank === 0)
      throw new ShapeError({ where: "multiLabelMargin", expected: "predictions with a class axis", got: "a scalar" });
    const at = normalizeAxis("multiLabelMargin", axis, prediction.rank);
    const counts = target.unsqueeze(at + 1).mul(sub(1, target).unsqueeze(at));
    const isPair = counts.equal(1);
    const [ahead, behind] = [at + 1, at].map((where) => prediction.unsqueeze(where));
    // Two infinite scores have no difference: what is no pair is left out before it is taken.
    const lead = where(isPair, ahead, 1).sub(where(isPair, behind, 0));
    return sub(1, lead)
      .relu()
      .sum([at, at + 1])
      .div(prediction.shape[at]);
  },
  {
    options: ["axis"],
    aliases: ["multilabel_margin_loss"],
    inputs: { prediction: "logit", target: "truth" },
  },
);

interface MultiLabelOptions extends AxisOption {
  classWeight?: TensorLike;
}

/**
 * Soft margin loss of several labels, ℓ = -Σ_c w_c [y_c log σ(f_c) + (1 - y_c) log σ(-f_c)] / C: binary cross-entropy from
 * logits, averaged over the classes of a sample.
 *
 * Shape: predictions and targets [.., C, ..]; losses: without the class axis.
 *
 * @param prediction logits. @param target for each class whether it holds: 0 or 1, or anything between.
 * @param options `classWeight` w [C]; `axis` of the classes, by default the last.
 * @throws ShapeError where shapes differ; ValueError for targets outside [0, 1].
 *
 * Source: PyTorch's `multilabel_soft_margin_loss`.
 *
 * @example
 * multiLabelSoftMargin([[0, 2]], [[1, 0]]); // (log 2 + log(1 + e²)) / 2 = 1.4100
 */
export const multiLabelSoftMargin = defineLoss<MultiLabelOptions>(
  "multiLabelSoftMargin",
  (prediction, target, { classWeight, axis = -1 }) => {
    const cost = binaryFromLogits(prediction, target);
    const weights = weightsOf(classWeight, prediction, axis);
    if (!weights) return cost.mean(axis);
    const aligned = alignToAxis(weights, prediction.rank, axis);
    return where(aligned.equal(0), 0, cost.mul(aligned)).mean(axis);
  },
  {
    options: ["classWeight", "axis"],
    aliases: ["multilabel_soft_margin_loss"],
    inputs: { prediction: "logit", target: "probability" },
  },
);
