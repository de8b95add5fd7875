/**
 * How good predicted probabilities are: log loss and the Brier score.
 */

import type { Tensor, TensorLike } from "@chainrule/core";
import { checkOptions } from "@chainrule/core/internal";
import { refuseSurplus } from "../surplus.ts";
import {
  countedBatch,
  evaluateOnce,
  MeanMetric,
  type MetricArguments,
  type SampleWeights,
  sampleWeightOptions,
} from "./metric.ts";
import { checkProbabilities, checkRowSums, checkSameSize, readBinaryTargets, readTargets } from "./reading.ts";

/** Gives each sample's predicted probabilities and right class to `score`: of class 1 alone for one column. */
abstract class ProbabilityMetric extends MeanMetric {
  override readonly higherIsBetter: boolean | null = false;

  protected override constructorArguments(): readonly unknown[] {
    return [];
  }

  update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) this.#include(...batch);
  }

  #include(prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): void {
    checkProbabilities(this.name, prediction.storage);
    const columns = prediction.rank < 2 ? 1 : prediction.shape[prediction.rank - 1];
    this.addRows(
      columns < 2 ? this.#binary(prediction, target) : this.#categorical(prediction, target, columns),
      sampleWeight,
    );
  }

  #binary(prediction: Tensor, target: Tensor): Float64Array {
    checkSameSize(this.name, prediction, target);
    const truths = readBinaryTargets(this.name, target.storage);
    return Float64Array.from(truths, (truth, i) => this.ofTruth(prediction.storage[i], truth, prediction.dtype));
  }

  #categorical(prediction: Tensor, target: Tensor, columns: number): Float64Array {
    checkRowSums(this.name, "prediction", prediction.storage, columns);
    const labels = readTargets(this.name, prediction, target);
    return Float64Array.from(labels, (label, i) => {
      const row = prediction.storage.subarray(i * columns, (i + 1) * columns);
      // Log loss looks at one column alone, and would overlook a NaN in another.
      return row.some(Number.isNaN) ? Number.NaN : this.ofLabel(row, label, prediction.dtype);
    });
  }

  protected abstract ofTruth(p: number, truth: number, dtype: string): number;
  protected abstract ofLabel(row: ArrayLike<number>, label: number, dtype: string): number;
}

/** The surprisal -log p, finite also for 0: p is at least the smallest step of its dtype at 1, as in scikit-learn. */
function surprisal(p: number, dtype: string): number {
  return -Math.log(Math.max(p, dtype === "float32" ? 2 ** -23 : 2 ** -52));
}

/**
 * {@link logLoss} over batches; `"log_loss"` in `compile`.
 *
 * @example
 * const metric = new LogLoss();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.877
 */
export class LogLoss extends ProbabilityMetric {
  constructor() {
    super("log_loss");
    refuseSurplus("LogLoss", arguments, 0);
  }

  protected ofTruth(p: number, truth: number, dtype: string): number {
    return surprisal(truth ? p : 1 - p, dtype);
  }

  protected ofLabel(row: ArrayLike<number>, label: number, dtype: string): number {
    return surprisal(row[label], dtype);
  }
}

/**
 * {@link brier} over batches; `"brier"` in `compile`.
 *
 * @example
 * const metric = new Brier();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.3367
 */
export class Brier extends ProbabilityMetric {
  constructor() {
    super("brier");
    refuseSurplus("Brier", arguments, 0);
  }

  protected ofTruth(p: number, truth: number): number {
    return (p - truth) ** 2;
  }

  protected ofLabel(row: ArrayLike<number>, label: number): number {
    if (row.length === 2) return this.ofTruth(row[1], label);
    let sum = 0;
    for (let j = 0; j < row.length; j++) sum += (row[j] - Number(j === label)) ** 2;
    return sum;
  }
}

/**
 * The mean surprisal of the right class, -log p, in nats.
 *
 * Finite also where p is 0, which is read as 2⁻⁵² (2⁻²³ in float32).
 *
 * @param prediction probabilities of class 1, [n] or [n, 1], or rows [n, C] that add up to 1.
 * @param target 0 or 1; for [n, C] labels [n] or [n, 1], or one-hot rows.
 * @throws ShapeError where the two do not fit; ValueError for NaN, for numbers outside [0, 1], and for rows that do
 *   not add up to 1.
 *
 * Same as `log_loss` of scikit-learn.
 *
 * @example
 * metrics.logLoss([0.9, 0.2], [1, 0]); // 0.164
 */
export function logLoss(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("logLoss", arguments, 3);
  checkOptions("logLoss", options, sampleWeightOptions);
  return evaluateOnce(new LogLoss(), prediction, target, options);
}

/**
 * The mean squared distance between predicted probabilities and what happened (Brier 1950).
 *
 * For two classes (p - y)², from 0 to 1; for more Σ (pₖ - yₖ)² over the classes, from 0 to 2.
 *
 * Parameters and errors are those of {@link logLoss}. Same as `brier_score_loss` of scikit-learn.
 *
 * @example
 * metrics.brier([0.9, 0.2], [1, 0]); // 0.025
 */
export function brier(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("brier", arguments, 3);
  checkOptions("brier", options, sampleWeightOptions);
  return evaluateOnce(new Brier(), prediction, target, options);
}
