/**
 * Further metrics of predicted numbers: the root of the mean squared error, explained variance, and the correlations of Pearson
 * and Spearman.
 */
import { type Tensor, type TensorLike, ValueError } from "@chainrule/core";
import { checkOptions } from "@chainrule/core/internal";
import { refuseSurplus } from "../surplus.ts";
import {
  countedBatch,
  evaluateOnce,
  Metric,
  type MetricArguments,
  type SampleWeights,
  sampleWeightOptions,
  weights,
} from "./metric.ts";
import { nameMetrics } from "./named.ts";
import { checkSameSize } from "./reading.ts";
import { ErrorMetric } from "./regression.ts";

/**
 * {@link rootMeanSquaredError} over batches; `"root_mean_squared_error"` in `compile`.
 *
 * @example
 * const metric = new RootMeanSquaredError();
 * metric.update(tensor([1, 2, 4]), tensor([1, 3, 4]));
 * metric.result(); // 0.5774
 */
export class RootMeanSquaredError extends ErrorMetric {
  constructor() {
    super("rmse");
    refuseSurplus("RootMeanSquaredError", arguments, 0);
  }

  protected of(difference: number): number {
    return difference ** 2;
  }

  override result(): number {
    return Math.sqrt(super.result());
  }
}

/** Of one output: weights, means, and sums of products of deviations, updated so that a large mean costs no digits. */
class Moments {
  weight = 0;
  #means: [number, number] = [0, 0];
  /** Σ w (x - x̄)², Σ w (y - ȳ)², Σ w (x - x̄)(y - ȳ). */
  xx = 0;
  yy = 0;
  xy = 0;

  include(x: number, y: number, weight: number): void {
    if (weight === 0) return;
    this.weight += weight;
    const share = weight / this.weight;
    const [dx, dy] = [x - this.#means[0], y - this.#means[1]];
    this.#means = [this.#means[0] + share * dx, this.#means[1] + share * dy];
    const [restX, restY] = [x - this.#means[0], y - this.#means[1]];
    this.xx += weight * dx * restX;
    this.yy += weight * dy * restY;
    this.xy += weight * dx * restY;
  }
}

/** The pairs of each output, one after another; a metric of each, averaged. */
abstract class OutputsMetric<Kept> extends Metric {
  override readonly higherIsBetter: boolean | null = true;
  #outputs: Kept[] = [];

  protected override constructorArguments(): readonly unknown[] {
    return [];
  }

  reset(): void {
    this.#outputs = [];
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
    while (this.#outputs.length < columns) this.#outputs.push(this.emptyOutput());
    for (let row = 0; row < rows; row++)
      for (let j = 0; j < columns; j++) {
        const at = row * columns + j;
        this.includePair(this.#outputs[j], prediction.storage[at], target.storage[at], weightAt(row));
      }
  }

  result(): number {
    return this.#outputs.reduce((sum, kept) => sum + this.ofOutput(kept), 0) / this.#outputs.length;
  }

  protected abstract emptyOutput(): Kept;
  protected abstract includePair(kept: Kept, prediction: number, target: number, weight: number): void;
  protected abstract ofOutput(kept: Kept): number;
}

/**
 * {@link explainedVariance} over batches, of all samples at once; `"explained_variance"` in `compile`.
 *
 * @example
 * const metric = new ExplainedVariance();
 * metric.update(tensor([1, 2, 4]), tensor([1, 3, 4]));
 * metric.result(); // 0.8571
 */
export class ExplainedVariance extends OutputsMetric<Moments> {
  constructor() {
    super("explained_variance");
    refuseSurplus("ExplainedVariance", arguments, 0);
  }

  protected emptyOutput(): Moments {
    return new Moments();
  }

  protected includePair(moments: Moments, prediction: number, target: number, weight: number): void {
    moments.include(target - prediction, target, weight);
  }

  protected ofOutput({ weight, xx, yy }: Moments): number {
    if (weight === 0) return Number.NaN;
    if (yy === 0 && !Number.isNaN(xx)) return Number(xx === 0);
    return 1 - xx / yy;
  }
}

/** xy / √(xx yy), of sums whose product may be out of range. */
function correlation({ xx, yy, xy }: Moments): number {
  return xy / (Math.sqrt(xx) * Math.sqrt(yy));
}

/**
 * {@link pearson} over batches, of all samples at once; `"pearson"` in `compile`. NaN where one is always the same.
 *
 * @example
 * const metric = new Pearson();
 * metric.update(tensor([1, 2, 4]), tensor([1, 3, 4]));
 * metric.result(); // 0.9286
 */
export class Pearson extends OutputsMetric<Moments> {
  constructor() {
    super("pearson");
    refuseSurplus("Pearson", arguments, 0);
  }

  protected emptyOutput(): Moments {
    return new Moments();
  }

  protected includePair(moments: Moments, prediction: number, target: number, weight: number): void {
    moments.include(prediction, target, weight);
  }

  protected ofOutput(moments: Moments): number {
    return correlation(moments);
  }
}

/** All pairs of one output. */
interface Pairs {
  readonly predictions: number[];
  readonly targets: number[];
  readonly weights: number[];
}

/** The rank of each number, by weight: the weight of what is smaller and half of what is the same. */
function ranksOf(numbers: readonly number[], weight: readonly number[]): Float64Array {
  const order = Uint32Array.from(numbers, (_, i) => i).sort((a, b) => numbers[a] - numbers[b]);
  const ranks = new Float64Array(numbers.length);
  let below = 0;
  for (let from = 0; from < order.length; ) {
    let [to, same] = [from, 0];
    while (to < order.length && numbers[order[to]] === numbers[order[from]]) same += weight[order[to++]];
    for (let i = from; i < to; i++) ranks[order[i]] = below + same / 2;
    below += same;
    from = to;
  }
  return ranks;
}

/**
 * {@link spearman} over batches, of all samples, which it keeps; `"spearman"` in `compile`.
 *
 * @example
 * const metric = new Spearman();
 * metric.update(tensor([1, 2, 4]), tensor([1, 3, 4]));
 * metric.result(); // 1
 */
export class Spearman extends OutputsMetric<Pairs> {
  constructor() {
    super("spearman");
    refuseSurplus("Spearman", arguments, 0);
  }

  protected emptyOutput(): Pairs {
    return { predictions: [], targets: [], weights: [] };
  }

  protected includePair(
    { predictions, targets, weights: all }: Pairs,
    prediction: number,
    target: number,
    w: number,
  ): void {
    predictions.push(prediction);
    targets.push(target);
    all.push(w);
  }

  protected ofOutput({ predictions, targets, weights: w }: Pairs): number {
    if ([...predictions, ...targets].some(Number.isNaN)) return Number.NaN;
    const moments = new Moments();
    const [first, second] = [ranksOf(predictions, w), ranksOf(targets, w)];
    first.forEach((rank, i) => {
      moments.include(rank, second[i], w[i]);
    });
    return correlation(moments);
  }
}

nameMetrics({
  rmse: () => new RootMeanSquaredError(),
  root_mean_squared_error: () => new RootMeanSquaredError(),
  explained_variance: () => new ExplainedVariance(),
  pearson: () => new Pearson(),
  spearman: () => new Spearman(),
});

/**
 * The root of the mean of (ŷ - y)² over samples and outputs, in the unit of the targets.
 *
 * @param prediction [n, …].
 * @param target the same shape; a last axis of length 1 may be missing.
 * @param options `sampleWeight` [n].
 * @throws ShapeError where the shapes differ; ValueError for NaN.
 *
 * Same as the metric `RootMeanSquaredError` of Keras.
 *
 * @example
 * metrics.rootMeanSquaredError([1, 2], [1, 4]); // √2 = 1.4142
 */
export function rootMeanSquaredError(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("rootMeanSquaredError", arguments, 3);
  checkOptions("rootMeanSquaredError", options, sampleWeightOptions);
  return evaluateOnce(new RootMeanSquaredError(), prediction, target, options);
}

/**
 * The share of the targets' variance that is not left in the errors: 1 - Var(y - ŷ) / Var(y). Unlike {@link r2} it does not see
 * an error that is always the same. Targets that are all alike give 1 if the error is, and 0 if not.
 *
 * Several outputs [n, k]: the mean of each one's. Parameters and errors are those of {@link rootMeanSquaredError}.
 *
 * Same as `explained_variance_score` of scikit-learn.
 *
 * @example
 * metrics.explainedVariance([2, 3, 4], [1, 2, 3]); // 1, where r2 is -0.5
 */
export function explainedVariance(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("explainedVariance", arguments, 3);
  checkOptions("explainedVariance", options, sampleWeightOptions);
  return evaluateOnce(new ExplainedVariance(), prediction, target, options);
}

/** @throws ValueError where predictions or targets are all alike. */
function varied(where: string, value: number): number {
  if (!Number.isNaN(value)) return value;
  throw new ValueError({
    where,
    expected: "at least two different predictions and two different targets",
    got: "one of them always the same",
    hint: "What does not vary is correlated with nothing.",
  });
}

/**
 * Pearson's correlation between predictions and targets, Cov(ŷ, y) / √(Var(ŷ) Var(y)): 1 where they lie on a rising line, 0 where
 * they do not go together, -1 on a falling line.
 *
 * Several outputs [n, k]: the mean of each one's. Parameters are those of {@link rootMeanSquaredError}.
 *
 * @throws ShapeError where the shapes differ; ValueError for NaN, and where predictions or targets are all alike.
 *
 * Same as `pearsonr` of SciPy.
 *
 * @example
 * metrics.pearson([1, 2, 3], [1, 2, 6]); // 0.9449
 */
export function pearson(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("pearson", arguments, 3);
  checkOptions("pearson", options, sampleWeightOptions);
  return varied("pearson", evaluateOnce(new Pearson(), prediction, target, options));
}

/**
 * Spearman's correlation, {@link pearson}'s of the ranks: 1 where predictions rise with the targets, by however much. Equal numbers
 * share the mean of their ranks; a sample of weight 2 is two.
 *
 * Several outputs [n, k]: the mean of each one's. Parameters are those of {@link rootMeanSquaredError}.
 *
 * @throws ShapeError where the shapes differ; ValueError for NaN, and where predictions or targets are all alike.
 *
 * Same as `spearmanr` of SciPy.
 *
 * @example
 * metrics.spearman([1, 2, 3], [1, 2, 600]); // 1
 */
export function spearman(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("spearman", arguments, 3);
  checkOptions("spearman", options, sampleWeightOptions);
  return varied("spearman", evaluateOnce(new Spearman(), prediction, target, options));
}
