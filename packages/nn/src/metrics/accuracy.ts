/**
 * Accuracy: how often the predicted class is the right one, or among the k likeliest.
 */

import { ShapeError, type Tensor, type TensorLike } from "@chainrule/core";
import { checkOptions, formatShape } from "@chainrule/core/internal";
import { anyNumber, checkCount, checkRange } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import {
  countedBatch,
  evaluateOnce,
  MeanMetric,
  type MetricArguments,
  type SampleWeights,
  sampleWeightOptions,
  splitWeights,
} from "./metric.ts";
import { readDecisions, readTargets } from "./reading.ts";

/** The option of the metrics that need a class of each prediction. */
export interface ThresholdOption {
  /**
   * Above it an element is class 1, else class 0, each element for itself: 0 for logits. Without it, scores [n, C]
   * mean the largest, whole numbers are labels, and other vectors are probabilities, split at 0.5.
   */
  threshold?: number;
}

export const thresholdOptions = optionNames<ThresholdOption>({ threshold: true });

/** Checks options of which one is a threshold. @throws OptionError for others; ValueError for what is no number. */
export function checkThreshold(where: string, options: ThresholdOption, known: readonly string[]): void {
  checkOptions(where, options, known);
  if (options.threshold !== undefined) checkRange(where, "threshold", options.threshold, anyNumber);
}

/**
 * {@link accuracy} over batches; `"accuracy"` in `compile`.
 *
 * @example
 * const metric = new Accuracy();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.3333
 */
export class Accuracy extends MeanMetric {
  override readonly higherIsBetter: boolean | null = true;
  readonly #threshold: number | undefined;

  constructor(options: ThresholdOption = {}) {
    super("accuracy");
    refuseSurplus("Accuracy", arguments, 1);
    checkThreshold("Accuracy", options, thresholdOptions);
    this.#threshold = options.threshold;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ threshold: this.#threshold }];
  }

  update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) this.#include(...batch);
  }

  #include(prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): void {
    const { predicted, actual } = readDecisions(this.name, prediction, target, this.#threshold);
    const right = Float64Array.from(predicted, (label, i) => (label < 0 ? Number.NaN : Number(label === actual[i])));
    this.addRows(right, sampleWeight);
  }
}

/**
 * The share of predictions that are right: Σ wᵢ [ŷᵢ = yᵢ] / Σ wᵢ.
 *
 * @param prediction scores [n, C], of which the largest counts; probabilities of class 1, [n] or [n, 1]; or labels.
 * @param target labels [n] or [n, 1], or one-hot rows [n, C].
 * @param options `threshold` (0 for logits), `sampleWeight` [n].
 * @returns a number in [0, 1].
 * @throws ShapeError where the two do not fit; ValueError for NaN, for labels that are no classes, and for
 *   numbers outside [0, 1] read as probabilities.
 *
 * Same as `accuracy_score` of scikit-learn, with the arguments in the order of the losses.
 *
 * @example
 * metrics.accuracy([0.9, 0.2, 0.6], [1, 0, 0]); // 0.667
 * metrics.accuracy([[0.1, 0.7, 0.2]], [1]); // 1
 */
export function accuracy(
  prediction: TensorLike,
  target: TensorLike,
  options: ThresholdOption & SampleWeights = {},
): number {
  refuseSurplus("accuracy", arguments, 3);
  const [own, weights] = splitWeights("accuracy", options, thresholdOptions);
  return evaluateOnce(new Accuracy(own), prediction, target, weights);
}

/**
 * {@link topKAccuracy} over batches; `"top_k_categorical_accuracy"` in `compile`, with k = 5.
 *
 * @example
 * const metric = new TopKAccuracy(2);
 * metric.update(tensor([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]]), tensor([1, 2]));
 * metric.result(); // 0.5
 */
export class TopKAccuracy extends MeanMetric {
  override readonly higherIsBetter: boolean | null = true;
  readonly #k: number;

  constructor(k = 5) {
    checkCount("TopKAccuracy", "k", k, 1);
    super(`top_${k}_accuracy`);
    refuseSurplus("TopKAccuracy", arguments, 1);
    this.#k = k;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#k];
  }

  update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) this.#include(...batch);
  }

  #include(prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): void {
    const columns = prediction.rank < 2 ? 1 : prediction.shape[prediction.rank - 1];
    if (columns < 2)
      throw new ShapeError({
        where: this.name,
        expected: "predictions with a score for each class, [n, classes]",
        got: formatShape(prediction.shape),
      });
    const actual = readTargets(this.name, prediction, target);
    const found = Float64Array.from(actual, (label, row) => {
      const rank = rankIn(prediction.storage.subarray(row * columns, (row + 1) * columns), label);
      return Number.isNaN(rank) ? rank : Number(rank < this.#k);
    });
    this.addRows(found, sampleWeight);
  }
}

/** How many scores come before that of `label`: the larger ones and, as for argmax, equal ones to its left. */
function rankIn(scores: ArrayLike<number>, label: number): number {
  let before = 0;
  for (let j = 0; j < scores.length; j++) {
    if (Number.isNaN(scores[j])) return Number.NaN;
    if (scores[j] > scores[label] || (scores[j] === scores[label] && j < label)) before++;
  }
  return before;
}

/**
 * The share of samples whose right class is among the k with the largest scores.
 *
 * Of equal scores the one further left comes first, as for argmax, so that k = 1 gives {@link accuracy}.
 *
 * @param prediction scores [n, C].
 * @param target labels [n] or [n, 1], or one-hot rows [n, C].
 * @throws ShapeError where the two do not fit; ValueError for NaN, labels that are no classes, and k below 1.
 *
 * @example
 * metrics.topKAccuracy([[0.5, 0.3, 0.2]], [1], 2); // 1
 */
export function topKAccuracy(prediction: TensorLike, target: TensorLike, k = 5, options: SampleWeights = {}): number {
  refuseSurplus("topKAccuracy", arguments, 4);
  checkOptions("topKAccuracy", options, sampleWeightOptions);
  return evaluateOnce(new TopKAccuracy(k), prediction, target, options);
}
