/**
 * Cross-entropy of yes and no: from probabilities and from logits.
 */
import { sub, type Tensor, type TensorLike, where } from "@chainrule/core";
import { defineLoss } from "../definition/define-loss.ts";
import { asFloat } from "../inputs/tensors.ts";
import { clipStraightThrough, epsilon } from "../numerics/stable.ts";
import { checkSmoothing } from "./class-losses.ts";
import { type FromLogits, logitsOrProbabilities } from "./cross-entropy.ts";

/** What a probability p that y be 1 costs, -log p where y is 1 and -log(1 - p) where it is 0, with p cut as Keras does. */
export function binaryFromProbabilities(p: Tensor, y: Tensor): Tensor {
  const safe = clipStraightThrough(p, epsilon, 1 - epsilon);
  return y.mul(safe.log()).add(sub(1, y).mul(safe.neg().log1p())).neg();
}

/**
 * What a logit x costs: -log sigmoid(x) = softplus(-x) where y is 1, softplus(x) where it is 0.
 *
 * The two stand apart because their other form, softplus(x) - x y, loses its digits where x is large and right.
 */
export function binaryFromLogits(x: Tensor, y: Tensor, posWeight?: Tensor): Tensor {
  const yes = posWeight ? y.mul(posWeight) : y;
  return costTimes(yes, x.neg()).add(costTimes(sub(1, y), x));
}

/** t softplus(x), and 0 where t is 0 though x be infinite: what is right for certain costs nothing. */
function costTimes(t: Tensor, x: Tensor): Tensor {
  return t.mul(where(t.equal(0), 0, x).softplus());
}

/** Targets between 0 and 1 moved towards 1/2 by ε. */
export function smoothLabels(y: Tensor, labelSmoothing: number): Tensor {
  checkSmoothing(labelSmoothing);
  return labelSmoothing === 0 ? y : y.mul(1 - labelSmoothing).add(labelSmoothing / 2);
}

interface BinaryOptions extends FromLogits {
  labelSmoothing?: number;
}

/**
 * Binary cross-entropy between probabilities and targets, ℓ = -[y log p + (1 - y) log(1 - p)].
 *
 * p is cut to [1e-7, 1 - 1e-7], so that 0 and 1 cost at most 16.1 nats where the textbook's formula has NaN, and a cut
 * p keeps its gradient, so that it can come back.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param target 0 or 1, or anything between.
 * @param options `fromLogits`; `labelSmoothing` ε: y becomes (1 - ε) y + ε/2.
 * @throws ShapeError where shapes differ; ValueError for probabilities or targets outside [0, 1].
 *
 * Source: Keras's `binary_crossentropy` (there the losses of a sample are averaged, which the mean does not show).
 *
 * @example
 * binaryCrossEntropy([0.5, 0.9], [0, 1]); // (0.6931 + 0.1054) / 2 = 0.3993
 */
export const binaryCrossEntropy = defineLoss<BinaryOptions>(
  "binaryCrossEntropy",
  (prediction, target, { fromLogits = false, labelSmoothing = 0 }) => {
    const y = smoothLabels(target, labelSmoothing);
    return fromLogits ? binaryFromLogits(prediction, y) : binaryFromProbabilities(prediction, y);
  },
  {
    options: ["fromLogits", "labelSmoothing"],
    aliases: ["binary_crossentropy", "bce"],
    inputs: { prediction: logitsOrProbabilities, target: "probability" },
  },
);

interface WithLogitsOptions {
  posWeight?: TensorLike;
  labelSmoothing?: number;
}

/**
 * Binary cross-entropy between logits and targets, ℓ = w y softplus(-x) + (1 - y) softplus(x).
 *
 * The same as {@link binaryCrossEntropy} of sigmoid(x), exact for every x: nothing is cut, nothing overflows.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param prediction logits: any numbers, no sigmoid before.
 * @param options `posWeight` w: how much more the ones count, a number or [C] for the last axis; `labelSmoothing`.
 * @throws ShapeError where shapes differ; ValueError for targets outside [0, 1].
 *
 * Source: PyTorch's `binary_cross_entropy_with_logits`.
 *
 * @example
 * binaryCrossEntropyWithLogits([0, 2], [0, 1]); // (0.6931 + 0.1269) / 2 = 0.4100
 */
export const binaryCrossEntropyWithLogits = defineLoss<WithLogitsOptions>(
  "binaryCrossEntropyWithLogits",
  (logits, target, { posWeight, labelSmoothing = 0 }) => {
    const weight = posWeight === undefined ? undefined : asFloat(posWeight, logits.dtype).broadcastTo(logits.shape);
    return binaryFromLogits(logits, smoothLabels(target, labelSmoothing), weight);
  },
  {
    options: ["posWeight", "labelSmoothing"],
    aliases: ["binary_crossentropy_with_logits", "bce_with_logits"],
    inputs: { prediction: "logit", target: "probability" },
  },
);
