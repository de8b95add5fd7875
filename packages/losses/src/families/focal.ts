/**
 * Focal losses: cross-entropy that cares less for what is right already.
 */
import { OptionError, sub, type Tensor, type TensorLike, where } from "@chainrule/core";
import { defineLoss } from "../definition/define-loss.ts";
import { isLabels } from "../inputs/class-targets.ts";
import { asFloat } from "../inputs/tensors.ts";
import { clipStraightThrough, epsilon, powFromZero } from "../numerics/stable.ts";
import { binaryFromLogits, binaryFromProbabilities, smoothLabels } from "./binary-cross-entropy.ts";
import { alignToAxis, asDistribution, checkSmoothing, costOfTarget, selectTarget } from "./class-losses.ts";
import { type FromLogits, logitsOrProbabilities, logOfClasses } from "./cross-entropy.ts";

function checkGamma(name: string, gamma: number): void {
  if (!(gamma >= 0)) throw new OptionError({ where: name, expected: "gamma of 0 or more", got: `${gamma}` });
}

interface BinaryFocalOptions extends FromLogits {
  gamma?: number;
  alpha?: number;
  labelSmoothing?: number;
}

/** The probability given to what is not so: 1 - p where y is 1, p where it is 0. */
function wrongProbability(prediction: Tensor, y: Tensor, fromLogits: boolean): Tensor {
  const no = sub(1, y);
  if (fromLogits) return y.mul(prediction.neg().sigmoid()).add(no.mul(prediction.sigmoid()));
  const p = clipStraightThrough(prediction, epsilon, 1 - epsilon);
  return y.mul(sub(1, p)).add(no.mul(p));
}

/**
 * Binary focal loss, ℓ = α_t (1 - p_t)^γ · binary cross-entropy, with p_t = p y + (1 - p)(1 - y).
 *
 * What is predicted well already counts less, the more so the larger γ; γ = 0 is binary cross-entropy. With α given,
 * ones count α and zeros 1 - α.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param options `gamma` γ, by default 2; `alpha` α, by default no balancing, as in Keras (the paper's detector uses
 *   0.25); `fromLogits`; `labelSmoothing`.
 * @throws ShapeError where shapes differ; ValueError for probabilities or targets outside [0, 1].
 *
 * Source: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017; Keras's `binary_focal_crossentropy`;
 * torchvision's `sigmoid_focal_loss` with `fromLogits: true`.
 *
 * @example
 * binaryFocal([0.9], [1]); // (1 - 0.9)² · 0.1054 = 0.001054
 */
export const binaryFocal = defineLoss<BinaryFocalOptions>(
  "binaryFocal",
  (prediction, target, { gamma = 2, alpha, fromLogits = false, labelSmoothing = 0 }) => {
    checkGamma("binaryFocal", gamma);
    if (alpha !== undefined && !(alpha >= 0 && alpha <= 1))
      throw new OptionError({ where: "binaryFocal", expected: "alpha from 0 to 1", got: `${alpha}` });
    const y = smoothLabels(target, labelSmoothing);
    const cost = fromLogits ? binaryFromLogits(prediction, y) : binaryFromProbabilities(prediction, y);
    const wrong = wrongProbability(prediction, y, fromLogits);
    // Where the cost is infinite the slope of the other factor is 0, and their product would be NaN.
    const focused = powFromZero(where(cost.isInfinite(), wrong.detach(), wrong), gamma).mul(cost);
    return alpha === undefined ? focused : focused.mul(y.mul(2 * alpha - 1).add(1 - alpha));
  },
  {
    options: ["gamma", "alpha", "fromLogits", "labelSmoothing"],
    aliases: ["binary_focal_crossentropy"],
    inputs: { prediction: logitsOrProbabilities, target: "probability" },
  },
);

interface CategoricalFocalOptions extends FromLogits {
  gamma?: number;
  alpha?: TensorLike;
  axis?: number;
  labelSmoothing?: number;
}

/**
 * Focal loss over classes, ℓ = -Σ_c α_c y_c (1 - p_c)^γ log p_c.
 *
 * Shape: predictions [.., C, ..], targets labels or probabilities; losses: without the class axis.
 *
 * @param options `gamma` γ, by default 2; `alpha` α, a number or one for each class [C], by default 0.25 as in Keras;
 *   `fromLogits`; `axis`, by default the last; `labelSmoothing` ε: y becomes (1 - ε) y + ε/C.
 * @throws ShapeError, and ValueError for labels that are no class and probabilities outside [0, 1].
 *
 * Source: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017; Keras's `categorical_focal_crossentropy`.
 *
 * @example
 * categoricalFocal([[0.1, 0.9]], [1], { alpha: 1 }); // 0.001054
 */
export const categoricalFocal = defineLoss<CategoricalFocalOptions>(
  "categoricalFocal",
  (prediction, target, { gamma = 2, alpha = 0.25, fromLogits = false, axis = -1, labelSmoothing = 0 }) => {
    checkGamma("categoricalFocal", gamma);
    checkSmoothing(labelSmoothing);
    const logP = logOfClasses(prediction, fromLogits, axis);
    const weights = asFloat(alpha, prediction.dtype);
    const aligned = weights.rank === 1 ? alignToAxis(weights, prediction.rank, axis) : weights;
    const full = aligned.broadcastTo(prediction.shape);
    const cost = (logOfOne: Tensor) => {
      const wrong = logOfOne.expm1().neg();
      const fixed = where(logOfOne.isInfinite(), wrong.detach(), wrong);
      return powFromZero(fixed, gamma).mul(logOfOne.neg());
    };
    if (isLabels(target) && labelSmoothing === 0) {
      const weight = selectTarget(full, target, axis);
      const none = weight.equal(0);
      return weight.mul(cost(where(none, -1, selectTarget(logP, target, axis))));
    }
    const y = asDistribution(target, prediction, axis).mul(1 - labelSmoothing);
    return costOfTarget(logP, y.add(labelSmoothing / prediction.shape.at(axis)!).mul(full), axis, cost);
  },
  {
    options: ["gamma", "alpha", "fromLogits", "axis", "labelSmoothing"],
    aliases: ["categorical_focal_crossentropy"],
    inputs: { prediction: logitsOrProbabilities, target: "labelOrDistribution" },
  },
);
