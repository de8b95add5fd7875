/**
 * Metrics of a ranking by score: the area under the ROC curve, and average precision.
 */

import { isFloat, ShapeError, type Tensor, type TensorLike, ValueError } from "@chainrule/core";
import { checkOptions, formatShape, sameShape } from "@chainrule/core/internal";
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
import { checkSameSize, readBinaryTargets, readTargets, sumOfRow } from "./reading.ts";

/** One class against all others: each sample's score, whether it belongs to the class, and its weight. */
export interface Ranking {
  readonly scores: number[];
  readonly truths: number[];
  readonly weights: number[];
}

/** A point of the ROC curve: the weight of the samples at or above a threshold, of the class and not of it. */
export interface RocPoint {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/** The ROC curve, from the highest score down; samples with equal scores are one point. */
export function rocPoints({ scores, truths, weights: w }: Ranking): RocPoint[] {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const points: RocPoint[] = [];
  let [truePositives, falsePositives] = [0, 0];
  order.forEach((i, at) => {
    if (truths[i]) truePositives += w[i];
    else falsePositives += w[i];
    if (at + 1 === order.length || scores[order[at + 1]] !== scores[i])
      points.push({ threshold: scores[i], truePositives, falsePositives });
  });
  return points;
}

/** A metric that needs all scores at once: it keeps them. The mean over the classes where there are several. */
export abstract class RankingMetric extends Metric {
  override readonly higherIsBetter: boolean | null = true;
  #classes: Ranking[] = [];
  /** Whether a sample had several labels, or none. */
  #isMultiLabel = false;
  #sawNaN = false;

  protected override constructorArguments(): readonly unknown[] {
    return [];
  }

  reset(): void {
    this.#classes = [];
    this.#isMultiLabel = false;
    this.#sawNaN = false;
  }

  update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) this.#include(...batch);
  }

  #include(prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): void {
    const columns = prediction.rank < 2 || !isFloat(prediction.dtype) ? 1 : prediction.shape[prediction.rank - 1];
    const rows = prediction.size / columns;
    const weightAt = weights(this.name, sampleWeight, rows);
    const belongs = columns >= 2 ? this.#byLabel(prediction, target) : this.#byTruth(prediction, target);
    if (this.#classes.length === 0)
      this.#classes = Array.from({ length: columns }, () => ({ scores: [], truths: [], weights: [] }));
    if (this.#classes.length !== columns)
      throw new ShapeError({
        where: this.name,
        expected: "as many classes as in earlier batches",
        got: `predictions of shape ${formatShape(prediction.shape)}`,
      });
    this.#classes.forEach((ranking, column) => {
      for (let row = 0; row < rows; row++) {
        const score = prediction.storage[row * columns + column];
        if (Number.isNaN(score)) this.#sawNaN = true;
        ranking.scores.push(score);
        ranking.truths.push(belongs(row, column));
        ranking.weights.push(weightAt(row));
      }
    });
  }

  #byLabel(prediction: Tensor, target: Tensor): (row: number, column: number) => number {
    const columns = prediction.shape[prediction.rank - 1];
    if (sameShape(prediction.shape, target.shape) && target.storage.every((x) => x === 0 || x === 1)) {
      const { storage } = target;
      for (let row = 0; row < storage.length / columns; row++)
        if (sumOfRow(storage, row, columns) !== 1) this.#isMultiLabel = true;
      return (row, column) => storage[row * columns + column];
    }
    const labels = readTargets(this.name, prediction, target);
    return (row, column) => Number(labels[row] === column);
  }

  #byTruth(prediction: Tensor, target: Tensor): (row: number) => number {
    checkSameSize(this.name, prediction, target);
    const truths = readBinaryTargets(this.name, target.storage);
    return (row) => truths[row];
  }

  /** Each class against the others. */
  get classes(): readonly Ranking[] {
    return this.#classes;
  }

  /** The classes that say all: of two scores that add up to 1 the second one. */
  get rankings(): readonly Ranking[] {
    return this.#classes.length === 2 && !this.#isMultiLabel ? [this.#classes[1]] : this.#classes;
  }

  /** The metric of each class. */
  get areas(): number[] {
    return this.rankings.map((ranking) => this.area(rocPoints(ranking)));
  }

  result(): number {
    const { areas } = this;
    if (this.#sawNaN || areas.length === 0) return Number.NaN;
    return areas.reduce((sum, area) => sum + area, 0) / areas.length;
  }

  /** The metric of one class. */
  protected abstract area(points: readonly RocPoint[]): number;
}

/**
 * {@link rocAuc} over batches, of all scores; `"auc"` in `compile`. NaN where a class has no samples, or all.
 *
 * @example
 * const metric = new RocAuc();
 * metric.update(tensor([0.9, 0.4, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.5
 */
export class RocAuc extends RankingMetric {
  constructor() {
    super("auc");
    refuseSurplus("RocAuc", arguments, 0);
  }

  protected area(points: readonly RocPoint[]): number {
    let [sum, before] = [0, { truePositives: 0, falsePositives: 0 } as Omit<RocPoint, "threshold">];
    for (const point of points) {
      sum += ((point.falsePositives - before.falsePositives) * (point.truePositives + before.truePositives)) / 2;
      before = point;
    }
    return sum / (before.truePositives * before.falsePositives);
  }
}

/**
 * {@link averagePrecision} over batches, of all scores; `"average_precision"` in `compile`.
 *
 * @example
 * const metric = new AveragePrecision();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.8333
 */
export class AveragePrecision extends RankingMetric {
  constructor() {
    super("average_precision");
    refuseSurplus("AveragePrecision", arguments, 0);
  }

  protected area(points: readonly RocPoint[]): number {
    let [sum, before] = [0, 0];
    for (const { truePositives, falsePositives } of points) {
      if (truePositives > before) sum += ((truePositives - before) * truePositives) / (truePositives + falsePositives);
      before = truePositives;
    }
    return before === 0 ? 0 : sum / before;
  }
}

/**
 * The probability that a sample of class 1 has a higher score than one of class 0, equal scores counting half:
 * the area under the curve of true against false positives.
 *
 * @param prediction scores of class 1, [n] or [n, 1], of any scale; or [n, C], which gives the mean over the classes,
 *   each against the others (for C = 2 classes that of column 1).
 * @param target 0 or 1; for [n, C] labels [n] or [n, 1], one-hot rows, or several labels a sample: rows of zeros and ones
 *   that need not have a single 1.
 * @throws ShapeError where the two do not fit; ValueError for NaN, and where a class has no samples, or all.
 *
 * Same as `roc_auc_score` of scikit-learn (`multi_class="ovr"`, `average="macro"`), which warns of such a class.
 *
 * @example
 * metrics.rocAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]); // 0.75
 * metrics.rocAuc([[0.9, 0.2], [0.4, 0.6], [0.1, 0.3]], [[1, 1], [1, 1], [0, 0]]); // (1 + 0.5) / 2 = 0.75
 */
export function rocAuc(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("rocAuc", arguments, 3);
  checkOptions("rocAuc", options, sampleWeightOptions);
  const metric = new RocAuc();
  const area = evaluateOnce(metric, prediction, target, options);
  const { areas } = metric;
  const one = areas.findIndex((each) => Number.isNaN(each));
  if (one >= 0)
    throw new ValueError({
      where: "rocAuc",
      expected: "samples of each class and samples that are not of it",
      got: `a class without one or the other${areas.length > 1 ? `: class ${one}` : ""}`,
      hint: "The area compares samples of a class with the others; with only one class there is nothing to compare.",
    });
  return area;
}

/**
 * The precision at each sample of class 1, walking down from the highest score, averaged: Σ (Rₖ - Rₖ₋₁) Pₖ, with
 * samples of equal score taken together; 0 where class 1 has no samples.
 *
 * Parameters and errors are those of {@link rocAuc}. Same as `average_precision_score` of scikit-learn.
 *
 * @example
 * metrics.averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]); // 0.833
 */
export function averagePrecision(prediction: TensorLike, target: TensorLike, options: SampleWeights = {}): number {
  refuseSurplus("averagePrecision", arguments, 3);
  checkOptions("averagePrecision", options, sampleWeightOptions);
  return evaluateOnce(new AveragePrecision(), prediction, target, options);
}
