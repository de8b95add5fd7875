/**
 * How far predicted numbers are off: mean squared and absolute error, the share of variance explained, and the angle
 * between vectors.
 */
import { ShapeError, type Tensor, type TensorLike, type TypedArray, ValueError } from "@chainrule/core";
import { checkOptions, formatShape } from "@chainrule/core/internal";
import { refuseSurplus } from "../surplus.ts";
import {
  countedBatch,
  evaluateOnce,
  MeanMetric,
  Metric,
  type MetricArguments,
  type SampleWeights,
  sampleWeightOptions,
  weights,
} from "./metric.ts";
import { checkSameSize } from "./reading.ts";

/** The mean of a function of each difference. */
export abstract class ErrorMetric extends MeanMetric {
  override readonly higherIsBetter: boolean | null = false;

  protected override constructorArguments(): readonly unknown[] {
    return [];
  }

  update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) this.#include(...batch);
  }

  #include(prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): void {
    checkSameSize(this.name, prediction, target);
    const t = target.storage;
    this.addRows(
      Float64Array.from(prediction.storage, (p, i) => this.of(p - t[i])),
      sampleWeight,
    );
  }

  protected abstract of(difference: number): number;
}

/**
 * {@link meanSquaredError} over batches; `"mse"` in `compile`.
 *
 * @example
 * const metric = new MeanSquaredError();
 * metric.update(tensor([1, 2, 4]), tensor([1, 3, 4]));
 * metric.result(); // 0.3333
 */
export class MeanSquaredError extends ErrorMetric {
  constructor() {
    super("mse");
    refuseSurplus("MeanSquaredError", arguments, 0);
  }

  protected of(difference: number): number {
    return difference ** 2;
  }
}

/**
 * {@link meanAbsoluteError} over batches; `"mae"` in `compile`.
 *
 * @example
 * const metric = new MeanAbsoluteError();
 * metric.update(tensor([1, 2, 4]), tensor([1, 3, 4]));
 * metric.result(); // 0.3333
 */
export class MeanAbsoluteError extends ErrorMetric {
  constructor() {
    super("mae");
    refuseSurplus("MeanAbsoluteError", arguments, 0);
  }

  protected of(difference: number): number {
    return Math.abs(difference);
  }
}

/**
 * {@link cosineSimilarity} over batches; `"cosine_similarity"` in `compile`.
 *
 * @example
 * const metric = new CosineSimilarity();
 * metric.update(tensor([[1, 0], [1, 1]]), tensor([[2, 0], [1, 0]]));
 * metric.result(); // 0.8536
 */
export class CosineSimilarity extends MeanMetric {
  override readonly higherIsBetter: boolean | null = true;

  constructor() {
    super("cosine_similarity");
    refuseSurplus("CosineSimilarity", arguments, 0);
  }

  protected override constructorArguments(): readonly unknown[] {
    return [];
  }

  update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) this.#include(...batch);
  }

  #include(prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): void {
    checkSameSize(this.name, prediction, target);
    if (prediction.rank < 2)
      throw new ShapeError({
        where: this.name,
        expected: "a vector for each sample, [n, D]",
        got: formatShape(prediction.shape),
      });
    const length = prediction.shape[prediction.rank - 1];
    const [p, t] = [prediction.storage, target.storage];
    const cosines = Float64Array.from({ length: prediction.size / length }, (_, row) => {
      const [first, second] = [p, t].map((x) => x.subarray(row * length, (row + 1) * length));
      const [one, other] = [lengthOf(first), lengthOf(second)];
      let cosine = 0;
      for (let i = 0; i < length; i++) cosine += (first[i] / one) * (second[i] / other);
      return cosine;
    });
    this.addRows(cosines, sampleWeight);
  }
}

/** Lengths below it are taken as it, as in Keras, so that the similarity to a vector of zeros is 0. */
const leastLength = 1e-6;

/** Of multiples of the largest element, whose squares neither overflow nor vanish. */
function lengthOf(x: TypedArray): number {
  let largest = leastLength;
  for (const each of x) largest = Math.max(largest, Math.abs(each));
  let squares = 0;
  for (const each of x) squares += (each / largest) ** 2;
  return Math.max(leastLength, largest * Math.sqrt(squares));
}

/** The sums of squares that R² needs of one output: updated so that a large mean costs no digits (Welford 1962). */
interface SquareSums {
  weight: number;
  mean: number;
  /** Σ w (y - mean)². */
  total: number;
  /** Σ w (y - ŷ)². */
  residual: number;
}

/**
 * {@link r2} over batches, of all samples at once; `"r2"` in `compile`.
 *
 * @example
 * const metric = new R2();
 * metric.update(tensor([1, 2, 4]), tensor([1, 3, 4]));
 * metric.result(); // 0.7857
 */
export class R2 extends Metric {
  override readonly higherIsBetter: boolean | null = true;
  #outputs: SquareSums[] = [];
  #samples = 0;

  constructor() {
    super("r2");
    refuseSurplus("R2", arguments, 0);
  }

  protected override constructorArguments(): readonly unknown[] {
    return [];
  }

  reset(): void {
    this.#outputs = [];
    this.#samples = 0;
  }

  update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) this.#include(...batch);
  }

  #include(prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): void {
    checkSameSize(this.name, prediction, target);
    const columns = prediction.rank < 2 ? 1 : prediction.shape[prediction.rank - 1];
    const rows = prediction.size / columns;
    const weightAt = weights(this.name, sampleWeight, rows);
    while (this.#outputs.length < columns) this.#outputs.push({ weight: 0, mean: 0, total: 0, residual: 0 });
    for (let row = 0; row < rows; row++)
      for (let j = 0; j < columns; j++) {
        const at = row * columns + j;
        include(this.#outputs[j], target.storage[at], prediction.storage[at], weightAt(row));
      }
    this.#samples += rows;
  }

  result(): number {
    if (this.#samples < 2) return Number.NaN;
    return this.#outputs.reduce((sum, sums) => sum + explained(sums), 0) / this.#outputs.length;
  }
}

function include(sums: SquareSums, y: number, predicted: number, weight: number): void {
  if (weight === 0) return;
  const deviation = y - sums.mean;
  sums.weight += weight;
  sums.mean += (weight / sums.weight) * deviation;
  sums.total += weight * deviation * (y - sums.mean);
  sums.residual += weight * (y - predicted) ** 2;
}

/** 1 - residual / total; targets that are all alike give 1 if they are met and 0 if not. */
function explained({ total, residual }: SquareSums): number {
  if (total === 0 && !Number.isNaN(residual)) return Number(residual === 0);
  return 1 - residual / total;
}

/**
 * The mean of (ŷ - y)² over samples and outputs.
 *
 * @param prediction [n, …].
 * @param target the same shape; a last axis of length 1 may be missing.
 * @param options `sampleWeight` [n].
 * @throws ShapeError where the shapes differ; ValueError for NaN.
 *
 * Same as `mean_squared_error` of scikit-learn. As a loss with a gradient it is `mse`.
 *
 * @example
 * metrics.meanSquaredError([1, 2], [1, 4]); // 2
 */
export function meanSquaredError(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("meanSquaredError", arguments, 3);
  checkOptions("meanSquaredError", options, sampleWeightOptions);
  return evaluateOnce(new MeanSquaredError(), prediction, target, options);
}

/**
 * The mean of |ŷ - y| over samples and outputs.
 *
 * Parameters and errors are those of {@link meanSquaredError}. Same as `mean_absolute_error` of scikit-learn.
 *
 * @example
 * metrics.meanAbsoluteError([1, 2], [1, 4]); // 1
 */
export function meanAbsoluteError(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("meanAbsoluteError", arguments, 3);
  checkOptions("meanAbsoluteError", options, sampleWeightOptions);
  return evaluateOnce(new MeanAbsoluteError(), prediction, target, options);
}

/**
 * The mean cosine of the angles between vectors: 1 for the same direction, 0 at a right angle, -1 for the opposite one.
 *
 * The loss of the same name is its negative, which is for making smaller.
 *
 * @param prediction [n, …, D], vectors along the last axis.
 * @param target the same shape.
 * @param options `sampleWeight` [n].
 * @throws ShapeError where the shapes differ, and for what is no list of vectors; ValueError for NaN.
 *
 * Same as the metric `CosineSimilarity` of Keras.
 *
 * @example
 * metrics.cosineSimilarity([[1, 0], [1, 1]], [[0, 1], [2, 2]]); // 0.5
 */
export function cosineSimilarity(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("cosineSimilarity", arguments, 3);
  checkOptions("cosineSimilarity", options, sampleWeightOptions);
  return evaluateOnce(new CosineSimilarity(), prediction, target, options);
}

/**
 * The share of the targets' variance that the predictions explain: 1 - Σ (y - ŷ)² / Σ (y - ȳ)².
 *
 * 1 if all are met, 0 for always predicting the mean, below 0 if worse. Targets that are all alike give 1 if they are
 * met and 0 if not. Several outputs [n, k]: the mean of each one's.
 *
 * Parameters are those of {@link meanSquaredError}.
 *
 * @throws ShapeError where the shapes differ; ValueError for NaN and for fewer than two samples.
 *
 * Same as `r2_score` of scikit-learn.
 *
 * @example
 * metrics.r2([2.5, 0, 2, 8], [3, -0.5, 2, 7]); // 0.949
 */
export function r2(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("r2", arguments, 3);
  checkOptions("r2", options, sampleWeightOptions);
  const value = evaluateOnce(new R2(), prediction, target, options);
  if (Number.isNaN(value))
    throw new ValueError({
      where: "r2",
      expected: "at least two samples",
      got: "one",
      hint: "One sample has no variance.",
    });
  return value;
}
