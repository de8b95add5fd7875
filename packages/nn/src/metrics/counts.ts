/**
 * The four counts of a confusion matrix, and specificity.
 */
import { type TensorLike, ValueError } from "@chainrule/core";
import { refuseSurplus } from "../surplus.ts";
import { type ThresholdOption, thresholdOptions } from "./accuracy.ts";
import { type ClassCounts, type ConfusionMatrix, CountMetric, ratio } from "./confusion.ts";
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

nameMetrics({
  true_positives: (context) => new TruePositives(context),
  false_positives: (context) => new FalsePositives(context),
  true_negatives: (context) => new TrueNegatives(context),
  false_negatives: (context) => new FalseNegatives(context),
  specificity: (context) => new Specificity(context),
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
