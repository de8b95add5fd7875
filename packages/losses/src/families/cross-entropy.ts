/**
 * Cross-entropy over classes, -Σ target · log(prediction), from logits and from probabilities, and its relatives.
 */
import { OptionError, type Tensor, where } from "@chainrule/core";
import { defineLoss } from "../definition/define-loss.ts";
import type { ClassOptions } from "../inputs/class-targets.ts";
import { logClipped } from "../numerics/stable.ts";
import { costOfTarget, crossEntropyOf } from "./class-losses.ts";

/** Whether predictions are logits, before softmax, or probabilities, after it. */
export interface FromLogits {
  /** The predictions are logits; by default they are probabilities. */
  fromLogits?: boolean;
}

/** The domain of predictions that are probabilities unless `fromLogits`. */
export const logitsOrProbabilities = ({ fromLogits }: FromLogits): "logit" | "probability" =>
  fromLogits ? "logit" : "probability";

/**
 * The log-probabilities of the classes. Probabilities are divided by their sum first, and cut to [1e-7, 1 - 1e-7], as
 * Keras does.
 */
export function logOfClasses(prediction: Tensor, fromLogits: boolean, axis: number): Tensor {
  if (fromLogits) return prediction.logSoftmax(axis);
  const total = prediction.sum(axis, { keepDims: true });
  return logClipped(prediction.div(where(total.equal(0), 1, total)));
}

/**
 * Cross-entropy between logits and classes: -log softmax(logits) at the target.
 *
 * ℓ = -w_y log softmax(x)_y for a label y, -Σ_c w_c y_c log softmax(x)_c for probabilities y, in nats; with label
 * smoothing ε, y becomes (1 - ε) y + ε/C. The mean divides by the summed weights Σ w_y of the labels that count, for
 * probabilities by the number of samples. Minimising it is maximum likelihood.
 *
 * Shape: predictions [.., C, ..], targets the same without the class axis (labels) or the same (probabilities);
 * losses: the shape without the class axis.
 *
 * @param prediction logits: any numbers, no softmax before.
 * @param target whole numbers from 0 to C - 1, or probabilities that sum to 1.
 * @param options `axis` (default -1), `classWeight` [C], `labelSmoothing`, `ignoreIndex`; see {@link ClassOptions}.
 * @throws ShapeError, and ValueError for labels that are fractional or no class.
 *
 * Source: PyTorch's `cross_entropy`; where every label is ignored its mean is NaN, ours 0.
 *
 * @example
 * crossEntropy([[2, 1, 0]], [0]); // 0.4076
 */
export const crossEntropy = defineLoss<ClassOptions>(
  "crossEntropy",
  (logits, target, options) => crossEntropyOf(logits.logSoftmax(options.axis), target, options),
  {
    options: ["axis", "classWeight", "labelSmoothing", "ignoreIndex"],
    inputs: { prediction: "logit", target: "labelOrDistribution" },
  },
);

interface CategoricalOptions extends FromLogits {
  axis?: number;
  labelSmoothing?: number;
}

/**
 * Cross-entropy between class probabilities and one-hot (or any) distributions, ℓ = -Σ_c y_c log p_c.
 *
 * Probabilities are divided by their sum and cut to [1e-7, 1 - 1e-7], as in Keras; a cut probability keeps its gradient.
 *
 * Shape: predictions and targets [.., C, ..]; losses: without the class axis.
 *
 * @param options `fromLogits`, `axis` (default -1), `labelSmoothing` ε: y becomes (1 - ε) y + ε/C.
 * @throws ShapeError for class indices as targets; ValueError for probabilities outside [0, 1].
 *
 * Source: Keras's `categorical_crossentropy`.
 *
 * @example
 * categoricalCrossEntropy([[0.25, 0.75]], [[0, 1]]); // 0.2877
 */
export const categoricalCrossEntropy = defineLoss<CategoricalOptions>(
  "categoricalCrossEntropy",
  (prediction, target, { fromLogits = false, axis = -1, labelSmoothing }) =>
    crossEntropyOf(logOfClasses(prediction, fromLogits, axis), target, { axis, labelSmoothing }),
  {
    options: ["fromLogits", "axis", "labelSmoothing"],
    aliases: ["categorical_crossentropy"],
    inputs: { prediction: logitsOrProbabilities, target: "distribution" },
  },
);

interface SparseOptions extends FromLogits {
  axis?: number;
  ignoreIndex?: number;
}

/**
 * Cross-entropy between class probabilities and labels, ℓ = -log p_y.
 *
 * {@link categoricalCrossEntropy} with class indices as targets.
 *
 * Shape: predictions [.., C, ..]; targets and losses: without the class axis.
 *
 * @param options `fromLogits`, `axis` (default -1), `ignoreIndex`: a label that does not count.
 * @throws ShapeError for one-hot targets; ValueError for labels that are fractional or no class.
 *
 * Source: Keras's `sparse_categorical_crossentropy`.
 *
 * @example
 * sparseCategoricalCrossEntropy([[0.25, 0.75]], [1]); // 0.2877
 */
export const sparseCategoricalCrossEntropy = defineLoss<SparseOptions>(
  "sparseCategoricalCrossEntropy",
  (prediction, target, { fromLogits = false, axis = -1, ignoreIndex }) =>
    crossEntropyOf(logOfClasses(prediction, fromLogits, axis), target, { axis, ignoreIndex }),
  {
    options: ["fromLogits", "axis", "ignoreIndex"],
    aliases: ["sparse_categorical_crossentropy"],
    inputs: { prediction: logitsOrProbabilities, target: "label" },
  },
);

type NllOptions = Omit<ClassOptions, "labelSmoothing">;

/**
 * The negative log-likelihood of labels under log-probabilities, ℓ = -w_y log p_y.
 *
 * crossEntropy(x, y) = nll(logSoftmax(x), y). The mean divides by the summed weights of the labels that count.
 *
 * Shape: predictions [.., C, ..]; targets and losses: without the class axis.
 *
 * @param prediction log-probabilities, as logSoftmax returns them.
 * @param options `axis` (default -1), `classWeight` [C], `ignoreIndex`.
 * @throws ValueError for log-probabilities above 0 and labels that are no class.
 *
 * Source: PyTorch's `nll_loss`.
 *
 * @example
 * nll(logSoftmax([[2, 1, 0]]), [0]); // 0.4076
 */
export const nll = defineLoss<NllOptions>("nll", crossEntropyOf, {
  options: ["axis", "classWeight", "ignoreIndex"],
  aliases: ["nll", "nll_loss"],
  inputs: { prediction: "logProbability", target: "label" },
});

interface GeneralizedOptions extends FromLogits {
  axis?: number;
  q?: number;
}

/**
 * Generalised cross-entropy, ℓ = (1 - p_y^q) / q: robust against wrong labels.
 *
 * Between cross-entropy (the limit q → 0) and half the absolute error (q = 1), which wrong labels hurt less. For
 * probabilities as targets the losses of the classes are averaged by them.
 *
 * Shape: predictions [.., C, ..], targets labels or probabilities; losses: without the class axis.
 *
 * @param options `q` from 0 to 1, by default 0.5 as in Keras (the paper's experiments use 0.7); `fromLogits`, `axis`.
 * @throws OptionError for a q outside [0, 1]; ShapeError and ValueError as {@link crossEntropy}.
 *
 * Source: Zhang & Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels",
 * NeurIPS 2018.
 *
 * @example
 * generalizedCrossEntropy([[0.25, 0.75]], [1]); // 0.2679
 */
export const generalizedCrossEntropy = defineLoss<GeneralizedOptions>(
  "generalizedCrossEntropy",
  (prediction, target, { q = 0.5, fromLogits = false, axis = -1 }) => {
    if (!(q >= 0 && q <= 1))
      throw new OptionError({ where: "generalizedCrossEntropy", expected: "q from 0 to 1", got: `${q}` });
    const logP = logOfClasses(prediction, fromLogits, axis);
    // 1 - p^q = -(e^(q log p) - 1), which keeps its digits where p is near 1.
    return costOfTarget(logP, target, axis, (x) => (q === 0 ? x.neg() : x.mul(q).expm1().div(-q)));
  },
  {
    options: ["q", "fromLogits", "axis"],
    aliases: ["categorical_generalized_cross_entropy"],
    inputs: { prediction: logitsOrProbabilities, target: "labelOrDistribution" },
  },
);
