/**
 * Further metrics of the confusion matrix: its four counts, specificity, balanced accuracy, Cohen's kappa, and overlap (IoU).
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

/** One of the four counts of a decision. */
abstract class DecisionCount extends CountMetric {
  protected abstract readonly place: readonly [right: 0 | 1, predicted: 0 | 1];

  protected compute(counts: ConfusionMatrix): number {
    if (counts.length > 2)
      throw new ValueError({
        where: this.name,
        expected: "decisions: two classes, 0 and 1",
        got: `${counts.length} classes`,
        hint: "With a threshold each score is a decision of its own; metrics.confusionMatrix counts each pair of classes.",
      });
    const [right, predicted] = this.place;
    return counts[right]?.[predicted] ?? 0;
  }
}

/**
 * {@link truePositives} over batches; `"true_positives"` in `compile`.
 *
 * @example
 * const metric = new TruePositives();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 1
 */
export class TruePositives extends DecisionCount {
  protected readonly place = [1, 1] as const;

  constructor(options: ThresholdOption = {}) {
    super("true_positives", "TruePositives", options);
    refuseSurplus("TruePositives", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }
}

/**
 * {@link falsePositives} over batches; `"false_positives"` in `compile`.
 *
 * @example
 * const metric = new FalsePositives();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 1
 */
export class FalsePositives extends DecisionCount {
  override readonly higherIsBetter: boolean | null = false;
  protected readonly place = [0, 1] as const;

  constructor(options: ThresholdOption = {}) {
    super("false_positives", "FalsePositives", options);
    refuseSurplus("FalsePositives", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }
}

/**
 * {@link trueNegatives} over batches; `"true_negatives"` in `compile`.
 *
 * @example
 * const metric = new TrueNegatives();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0
 */
export class TrueNegatives extends DecisionCount {
  protected readonly place = [0, 0] as const;

  constructor(options: ThresholdOption = {}) {
    super("true_negatives", "TrueNegatives", options);
    refuseSurplus("TrueNegatives", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }
}

/**
 * {@link falseNegatives} over batches; `"false_negatives"` in `compile`.
 *
 * @example
 * const metric = new FalseNegatives();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 1
 */
export class FalseNegatives extends DecisionCount {
  override readonly higherIsBetter: boolean | null = false;
  protected readonly place = [1, 0] as const;

  constructor(options: ThresholdOption = {}) {
    super("false_negatives", "FalseNegatives", options);
    refuseSurplus("FalseNegatives", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }
}

/**
 * {@link specificity} over batches; `"specificity"` in `compile`.
 *
 * @example
 * const metric = new Specificity();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0
 */
export class Specificity extends AveragedMetric {
  readonly #isMicro: boolean;
  #all = 0;

  constructor(options: AverageOptions = {}) {
    super("specificity", "Specificity", options);
    refuseSurplus("Specificity", arguments, 1);
    this.#isMicro = options.average === "micro";
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected override compute(counts: ConfusionMatrix, uncounted: ReadonlySet<number>): number {
    const samples = counts.flat().reduce((sum, count) => sum + count, 0);
    // "micro" adds the counts of all classes up, and each sample is looked at once for each of them.
    this.#all = this.#isMicro ? samples * counts.length : samples;
    return super.compute(counts, uncounted);
  }

  protected score({ truePositives, predicted, actual }: ClassCounts): number {
    const others = this.#all - actual;
    return ratio(others - predicted + truePositives, others);
  }
}

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
  true_positives: (context) => new TruePositives(context),
  false_positives: (context) => new FalsePositives(context),
  true_negatives: (context) => new TrueNegatives(context),
  false_negatives: (context) => new FalseNegatives(context),
  specificity: (context) => new Specificity(context),
  iou: (context) => new IoU(context),
  jaccard: (context) => new IoU(context),
  mean_iou: (context) => new MeanIoU(context),
  balanced_accuracy: (context) => new BalancedAccuracy(context),
  cohen_kappa: (context) => new CohenKappa(context),
});

/**
 * How many samples (or how much weight) of class 1 were predicted as class 1.
 *
 * @param prediction probabilities of class 1, or labels; with a threshold scores of any shape, each a decision.
 * @param target 0 or 1, in the same shape.
 * @param options `threshold`, `sampleWeight`.
 * @throws ShapeError where the two do not fit; ValueError for NaN, for labels that are no classes, and for more than two.
 *
 * Same as the metric `TruePositives` of Keras.
 *
 * @example
 * metrics.truePositives([0.9, 0.2, 0.6, 0.7], [1, 1, 0, 1]); // 2
 */
export function truePositives(
  prediction: TensorLike,
  target: TensorLike,
  options: ThresholdOption & SampleWeights = {},
): number {
  refuseSurplus("truePositives", arguments, 3);
  const [own, weights] = splitWeights("truePositives", options, thresholdOptions);
  return evaluateOnce(new TruePositives(own), prediction, target, weights);
}

/**
 * How many samples (or how much weight) of class 0 were predicted as class 1.
 *
 * Parameters and errors are those of {@link truePositives}. Same as the metric `FalsePositives` of Keras.
 *
 * @example
 * metrics.falsePositives([0.9, 0.2, 0.6, 0.7], [1, 1, 0, 1]); // 1
 */
export function falsePositives(
  prediction: TensorLike,
  target: TensorLike,
  options: ThresholdOption & SampleWeights = {},
): number {
  refuseSurplus("falsePositives", arguments, 3);
  const [own, weights] = splitWeights("falsePositives", options, thresholdOptions);
  return evaluateOnce(new FalsePositives(own), prediction, target, weights);
}

/**
 * How many samples (or how much weight) of class 0 were predicted as class 0.
 *
 * Parameters and errors are those of {@link truePositives}. Same as the metric `TrueNegatives` of Keras.
 *
 * @example
 * metrics.trueNegatives([0.9, 0.2, 0.6, 0.1], [1, 1, 0, 0]); // 1
 */
export function trueNegatives(
  prediction: TensorLike,
  target: TensorLike,
  options: ThresholdOption & SampleWeights = {},
): number {
  refuseSurplus("trueNegatives", arguments, 3);
  const [own, weights] = splitWeights("trueNegatives", options, thresholdOptions);
  return evaluateOnce(new TrueNegatives(own), prediction, target, weights);
}

/**
 * How many samples (or how much weight) of class 1 were predicted as class 0.
 *
 * Parameters and errors are those of {@link truePositives}. Same as the metric `FalseNegatives` of Keras.
 *
 * @example
 * metrics.falseNegatives([0.9, 0.2, 0.6, 0.7], [1, 1, 0, 1]); // 1
 */
export function falseNegatives(
  prediction: TensorLike,
  target: TensorLike,
  options: ThresholdOption & SampleWeights = {},
): number {
  refuseSurplus("falseNegatives", arguments, 3);
  const [own, weights] = splitWeights("falseNegatives", options, thresholdOptions);
  return evaluateOnce(new FalseNegatives(own), prediction, target, weights);
}

/**
 * Of the samples that do not belong to a class, the share that was not predicted as it: TN / (TN + FP), and 0 where all
 * belong to it. Of two classes it is that of class 1, the recall of class 0.
 *
 * @param prediction scores [n, C], probabilities of class 1, or labels, as for `accuracy`.
 * @param target labels [n] or [n, 1], or one-hot rows [n, C].
 * @param options `average` over the classes, `threshold`, `sampleWeight`.
 * @throws ShapeError where the two do not fit; ValueError for NaN and for labels that are no classes.
 *
 * @example
 * metrics.specificity([1, 1, 0, 0], [1, 0, 0, 0]); // 2 / 3 = 0.6667
 */
export function specificity(
  prediction: TensorLike,
  target: TensorLike,
  options: AverageOptions & SampleWeights = {},
): number {
  refuseSurplus("specificity", arguments, 3);
  const [own, weights] = splitWeights("specificity", options, averageOptions);
  return evaluateOnce(new Specificity(own), prediction, target, weights);
}

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
