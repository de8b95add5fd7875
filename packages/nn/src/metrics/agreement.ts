/**
 * How well predictions and targets agree, class by class: overlap (IoU), balanced accuracy, Cohen's kappa.
 */
import { OptionError, type TensorLike, ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { type ThresholdOption, thresholdOptions } from "./accuracy.ts";
import { type ClassCounts, type ConfusionMatrix, CountMetric, perClass, ratio } from "./confusion.ts";
import { AveragedMetric, type AverageOptions, averageOptions } from "./f-score.ts";
import { evaluateOnce, type SampleWeights, splitWeights } from "./metric.ts";
import { nameMetrics } from "./named.ts";

/**
 * {@link iou} over batches; `"iou"` in `compile`.
 *
 * @example
 * const metric = new IoU();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.3333
 */
export class IoU extends AveragedMetric {
  constructor(options: AverageOptions = {}) {
    super("iou", "IoU", options);
    refuseSurplus("IoU", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected score({ truePositives, predicted, actual }: ClassCounts): number {
    return ratio(truePositives, predicted + actual - truePositives);
  }
}

/**
 * {@link meanIoU} over batches; `"mean_iou"` in `compile`.
 *
 * @example
 * const metric = new MeanIoU();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.1667
 */
export class MeanIoU extends CountMetric {
  constructor(options: ThresholdOption = {}) {
    super("mean_iou", "MeanIoU", options);
    refuseSurplus("MeanIoU", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected compute(counts: ConfusionMatrix): number {
    const unions = perClass(counts).map(({ truePositives, predicted, actual }) => ({
      truePositives,
      union: predicted + actual - truePositives,
    }));
    const present = unions.filter(({ union }) => union > 0);
    return present.reduce((sum, { truePositives, union }) => sum + truePositives / union, 0) / present.length;
  }
}

/**
 * {@link balancedAccuracy} over batches; `"balanced_accuracy"` in `compile`.
 *
 * @example
 * const metric = new BalancedAccuracy();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.25
 */
export class BalancedAccuracy extends CountMetric {
  constructor(options: ThresholdOption = {}) {
    super("balanced_accuracy", "BalancedAccuracy", options);
    refuseSurplus("BalancedAccuracy", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected compute(counts: ConfusionMatrix): number {
    const present = perClass(counts).filter(({ actual }) => actual > 0);
    return present.reduce((sum, { truePositives, actual }) => sum + truePositives / actual, 0) / present.length;
  }
}

/** How a disagreement counts. */
export interface KappaOptions extends ThresholdOption {
  /**
   * `"linear"`: a disagreement counts by how far the two classes are apart; `"quadratic"`: by the square of that. For grades;
   * by default each counts 1.
   */
  weights?: "linear" | "quadratic";
}

const kappaOptions = optionNames<KappaOptions>({ threshold: true, weights: true });

const distances: Readonly<Record<string, (i: number, j: number) => number>> = {
  linear: (i, j) => Math.abs(i - j),
  quadratic: (i, j) => (i - j) ** 2,
};

/**
 * {@link cohenKappa} over batches; `"cohen_kappa"` in `compile`. NaN where both have one class alone.
 *
 * @example
 * const metric = new CohenKappa();
 * metric.update(tensor([0.9, 0.2, 0.1]), tensor([1, 1, 0]));
 * metric.result(); // 0.4
 */
export class CohenKappa extends CountMetric {
  readonly #weights: KappaOptions["weights"];

  constructor(options: KappaOptions = {}) {
    super("cohen_kappa", "CohenKappa", options, kappaOptions);
    refuseSurplus("CohenKappa", arguments, 1);
    const { weights } = options;
    if (weights !== undefined && !Object.hasOwn(distances, weights))
      throw new OptionError({
        where: "CohenKappa",
        expected: 'weights "linear" or "quadratic", or none',
        got: describe(weights),
      });
    this.#weights = weights;
  }

  protected override constructorArguments(): readonly unknown[] {
    const [shared] = super.constructorArguments();
    return [{ ...(shared as ThresholdOption), weights: this.#weights }];
  }

  protected compute(counts: ConfusionMatrix): number {
    const distance = distances[this.#weights ?? ""] ?? ((i, j) => Number(i !== j));
    const totals = perClass(counts);
    const all = totals.reduce((sum, { actual }) => sum + actual, 0);
    let [found, byChance] = [0, 0];
    counts.forEach((row, i) => {
      row.forEach((count, j) => {
        found += distance(i, j) * count;
        byChance += (distance(i, j) * totals[i].actual * totals[j].predicted) / all;
      });
    });
    return 1 - found / byChance;
  }
}

nameMetrics({
  iou: (context) => new IoU(context),
  jaccard: (context) => new IoU(context),
  mean_iou: (context) => new MeanIoU(context),
  balanced_accuracy: (context) => new BalancedAccuracy(context),
  cohen_kappa: (context) => new CohenKappa(context),
});

/**
 * Intersection over union, the Jaccard index: TP / (TP + FP + FN), and 0 for 0 / 0. Of two classes it is that of class 1.
 *
 * @param prediction scores [.., C], probabilities of class 1, or labels: of samples, or of each pixel of images.
 * @param target labels [..] or [.., 1], or one-hot rows [.., C].
 * @param options `average` over the classes, `threshold`, `sampleWeight`.
 * @throws ShapeError where the two do not fit; ValueError for NaN and for labels that are no classes.
 *
 * Same as `jaccard_score` of scikit-learn and, of one class, the metric `IoU` of Keras.
 *
 * @example
 * metrics.iou([1, 1, 0, 0], [1, 0, 1, 0]); // 1 / 3 = 0.3333
 */
export function iou(prediction: TensorLike, target: TensorLike, options: AverageOptions & SampleWeights = {}): number {
  refuseSurplus("iou", arguments, 3);
  const [own, weights] = splitWeights("iou", options, averageOptions);
  return evaluateOnce(new IoU(own), prediction, target, weights);
}

/**
 * The mean of the classes' {@link iou}, class 0 among them: of those that occur or are predicted.
 *
 * Parameters and errors are those of {@link iou}. Same as the metric `MeanIoU` of Keras.
 *
 * @example
 * metrics.meanIoU([1, 1, 0, 0], [1, 0, 0, 0]); // (1/2 + 2/3) / 2 = 0.5833
 */
export function meanIoU(
  prediction: TensorLike,
  target: TensorLike,
  options: ThresholdOption & SampleWeights = {},
): number {
  refuseSurplus("meanIoU", arguments, 3);
  const [own, weights] = splitWeights("meanIoU", options, thresholdOptions);
  return evaluateOnce(new MeanIoU(own), prediction, target, weights);
}

/**
 * Accuracy in which each class that occurs counts the same, however often it does: the mean of the classes' recalls.
 *
 * @param prediction scores [n, C], probabilities of class 1, or labels, as for `accuracy`.
 * @param target labels [n] or [n, 1], or one-hot rows [n, C].
 * @param options `threshold`, `sampleWeight`.
 * @throws ShapeError where the two do not fit; ValueError for NaN and for labels that are no classes.
 *
 * Same as `balanced_accuracy_score` of scikit-learn.
 *
 * @example
 * metrics.balancedAccuracy([0, 0, 0, 1], [0, 0, 0, 0]); // 0.75
 * metrics.balancedAccuracy([0, 0, 0, 0], [0, 0, 0, 1]); // (1 + 0) / 2 = 0.5
 */
export function balancedAccuracy(
  prediction: TensorLike,
  target: TensorLike,
  options: ThresholdOption & SampleWeights = {},
): number {
  refuseSurplus("balancedAccuracy", arguments, 3);
  const [own, weights] = splitWeights("balancedAccuracy", options, thresholdOptions);
  return evaluateOnce(new BalancedAccuracy(own), prediction, target, weights);
}

/**
 * Cohen's kappa, how much more predictions and targets agree than by chance: (p_o - p_e) / (1 - p_e), with p_o the accuracy and
 * p_e that of predictions drawn at random, as often of each class. 1 if all agree, 0 by chance.
 *
 * @param prediction scores [n, C], probabilities of class 1, or labels, as for `accuracy`.
 * @param target labels [n] or [n, 1], or one-hot rows [n, C].
 * @param options `weights`, "linear" or "quadratic", of classes that are grades; `threshold`, `sampleWeight`.
 * @throws ShapeError where the two do not fit; ValueError for NaN, for labels that are no classes, and where both have one
 *   class alone, so that chance is always right.
 *
 * Source: Cohen 1960 and 1968. Same as `cohen_kappa_score` of scikit-learn.
 *
 * @example
 * metrics.cohenKappa([1, 1, 1, 0], [1, 1, 0, 0]); // (0.75 - 0.5) / (1 - 0.5) = 0.5
 */
export function cohenKappa(
  prediction: TensorLike,
  target: TensorLike,
  options: KappaOptions & SampleWeights = {},
): number {
  refuseSurplus("cohenKappa", arguments, 3);
  const [own, weights] = splitWeights("cohenKappa", options, kappaOptions);
  const kappa = evaluateOnce(new CohenKappa(own), prediction, target, weights);
  if (Number.isNaN(kappa))
    throw new ValueError({ where: "cohenKappa", expected: "predictions or targets of two classes", got: "one class" });
  return kappa;
}
