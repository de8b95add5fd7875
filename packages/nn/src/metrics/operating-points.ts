/**
 * What a ranking reaches at its best threshold, where another number has to be reached as well: precision at a recall, and kin.
 */
import { type TensorLike, ValueError } from "@chainrule/core";
import { checkOptions } from "@chainrule/core/internal";
import { checkRange, zeroToOne } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";
import { evaluateOnce, type SampleWeights, sampleWeightOptions } from "./metric.ts";
import { RankingMetric, type RocPoint } from "./ranking.ts";

/** The best of one share over all thresholds at which another is at least so large. */
abstract class OperatingPoint extends RankingMetric {
  readonly #least: number;

  constructor(name: string, where: string, option: string, least: number) {
    checkRange(where, option, least, zeroToOne);
    super(name);
    this.#least = least;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#least];
  }

  protected area(points: readonly RocPoint[]): number {
    const { truePositives: all, falsePositives: others } = points[points.length - 1];
    // Above all scores nothing is predicted.
    const none = { truePositives: 0, falsePositives: 0 };
    let best = 0;
    for (const { truePositives, falsePositives } of [none, ...points]) {
      const recall = truePositives / all;
      const precision = truePositives === 0 ? 0 : truePositives / (truePositives + falsePositives);
      const [value, other] = this.shares({ recall, precision, specificity: (others - falsePositives) / others });
      if (Number.isNaN(value) || Number.isNaN(other)) return Number.NaN;
      if (other >= this.#least) best = Math.max(best, value);
    }
    return best;
  }

  /** What is wanted, and what it must not cost. */
  protected abstract shares(at: Record<"recall" | "precision" | "specificity", number>): readonly [number, number];
}

/**
 * {@link precisionAtRecall} over batches.
 *
 * @example
 * const metric = new PrecisionAtRecall(0.5);
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 1
 */
export class PrecisionAtRecall extends OperatingPoint {
  constructor(recall: number) {
    super("precision_at_recall", "PrecisionAtRecall", "recall", recall);
    refuseSurplus("PrecisionAtRecall", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected shares({ precision, recall }: { precision: number; recall: number }): readonly [number, number] {
    return [precision, recall];
  }
}

/**
 * {@link recallAtPrecision} over batches.
 *
 * @example
 * const metric = new RecallAtPrecision(0.5);
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 1
 */
export class RecallAtPrecision extends OperatingPoint {
  constructor(precision: number) {
    super("recall_at_precision", "RecallAtPrecision", "precision", precision);
    refuseSurplus("RecallAtPrecision", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected shares({ precision, recall }: { precision: number; recall: number }): readonly [number, number] {
    return [recall, precision];
  }
}

/**
 * {@link sensitivityAtSpecificity} over batches.
 *
 * @example
 * const metric = new SensitivityAtSpecificity(0.5);
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.5
 */
export class SensitivityAtSpecificity extends OperatingPoint {
  constructor(specificity: number) {
    super("sensitivity_at_specificity", "SensitivityAtSpecificity", "specificity", specificity);
    refuseSurplus("SensitivityAtSpecificity", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected shares({ recall, specificity }: { recall: number; specificity: number }): readonly [number, number] {
    return [recall, specificity];
  }
}

/**
 * {@link specificityAtSensitivity} over batches.
 *
 * @example
 * const metric = new SpecificityAtSensitivity(0.5);
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 1
 */
export class SpecificityAtSensitivity extends OperatingPoint {
  constructor(sensitivity: number) {
    super("specificity_at_sensitivity", "SpecificityAtSensitivity", "sensitivity", sensitivity);
    refuseSurplus("SpecificityAtSensitivity", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected shares({ recall, specificity }: { recall: number; specificity: number }): readonly [number, number] {
    return [specificity, recall];
  }
}

/** @throws ValueError where a class has no samples, or all. */
function known(where: string, value: number): number {
  if (!Number.isNaN(value)) return value;
  throw new ValueError({
    where,
    expected: "samples of each class and samples that are not of it",
    got: "a class without one or the other",
    hint: "With only one class there is nothing to tell apart.",
  });
}

/**
 * The best precision of all thresholds at which recall is at least so large.
 *
 * @param prediction scores of class 1, [n] or [n, 1], of any scale; or [n, C], which gives the mean over the classes, each
 *   against the others (for C = 2 classes that of column 1).
 * @param target 0 or 1; for [n, C] labels, one-hot rows, or several labels a sample.
 * @param recall from 0 to 1.
 * @param options `sampleWeight` [n].
 * @throws ShapeError where the two do not fit; ValueError for NaN, for a recall outside [0, 1], and where a class has no
 *   samples.
 *
 * Same as the metric `PrecisionAtRecall` of Keras, of every threshold that tells samples apart instead of 200.
 *
 * @example
 * metrics.precisionAtRecall([0.9, 0.8, 0.6, 0.3], [1, 0, 1, 0], 1); // 2 / 3 = 0.6667
 */
export function precisionAtRecall(
  prediction: TensorLike,
  target: TensorLike,
  recall: number,
  options: SampleWeights = {},
): number {
  refuseSurplus("precisionAtRecall", arguments, 4);
  checkOptions("precisionAtRecall", options, sampleWeightOptions);
  const value = evaluateOnce(new PrecisionAtRecall(recall), prediction, target, options);
  return known("precisionAtRecall", value);
}

/**
 * The best recall of all thresholds at which precision is at least so large; 0 where none is.
 *
 * Parameters and errors are those of {@link precisionAtRecall}, with a precision from 0 to 1. Same as the metric
 * `RecallAtPrecision` of Keras.
 *
 * @example
 * metrics.recallAtPrecision([0.9, 0.8, 0.6, 0.3], [1, 0, 1, 0], 0.9); // 1 / 2 = 0.5
 */
export function recallAtPrecision(
  prediction: TensorLike,
  target: TensorLike,
  precision: number,
  options: SampleWeights = {},
): number {
  refuseSurplus("recallAtPrecision", arguments, 4);
  checkOptions("recallAtPrecision", options, sampleWeightOptions);
  const value = evaluateOnce(new RecallAtPrecision(precision), prediction, target, options);
  return known("recallAtPrecision", value);
}

/**
 * The best sensitivity (recall) of all thresholds at which specificity, TN / (TN + FP), is at least so large.
 *
 * Parameters and errors are those of {@link precisionAtRecall}, with a specificity from 0 to 1. Same as the metric
 * `SensitivityAtSpecificity` of Keras.
 *
 * @example
 * metrics.sensitivityAtSpecificity([0.9, 0.8, 0.6, 0.3], [1, 0, 1, 0], 0.5); // 1
 */
export function sensitivityAtSpecificity(
  prediction: TensorLike,
  target: TensorLike,
  specificity: number,
  options: SampleWeights = {},
): number {
  refuseSurplus("sensitivityAtSpecificity", arguments, 4);
  checkOptions("sensitivityAtSpecificity", options, sampleWeightOptions);
  const value = evaluateOnce(new SensitivityAtSpecificity(specificity), prediction, target, options);
  return known("sensitivityAtSpecificity", value);
}

/**
 * The best specificity, TN / (TN + FP), of all thresholds at which sensitivity (recall) is at least so large.
 *
 * Parameters and errors are those of {@link precisionAtRecall}, with a sensitivity from 0 to 1. Same as the metric
 * `SpecificityAtSensitivity` of Keras.
 *
 * @example
 * metrics.specificityAtSensitivity([0.9, 0.8, 0.6, 0.3], [1, 0, 1, 0], 0.5); // 1
 */
export function specificityAtSensitivity(
  prediction: TensorLike,
  target: TensorLike,
  sensitivity: number,
  options: SampleWeights = {},
): number {
  refuseSurplus("specificityAtSensitivity", arguments, 4);
  checkOptions("specificityAtSensitivity", options, sampleWeightOptions);
  const value = evaluateOnce(new SpecificityAtSensitivity(sensitivity), prediction, target, options);
  return known("specificityAtSensitivity", value);
}
