/**
 * The confusion matrix: how often each class was taken for each other, and what follows from these counts alone.
 */

import { type Tensor, type TensorLike, ValueError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { checkCount } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { alignColumns } from "../text-table.ts";
import { checkThreshold, type ThresholdOption, thresholdOptions } from "./accuracy.ts";
import {
  countedBatch,
  evaluateOnce,
  Metric,
  type MetricArguments,
  type SampleWeights,
  splitWeights,
  uncountedBatch,
  updateOnce,
  weights,
} from "./metric.ts";
import { mostClasses, readDecisions, readUncounted } from "./reading.ts";

/** Rows are the right classes, columns the predicted ones, from 0 on. */
export type ConfusionMatrix = number[][];

/** A metric that follows from the confusion matrix. */
export abstract class CountMetric extends Metric {
  override readonly higherIsBetter: boolean | null = true;
  readonly #threshold: number | undefined;
  #counts: ConfusionMatrix = [];
  /** Classes of samples of weight 0: they occur, as in scikit-learn, and so enter a mean over the classes. */
  #uncounted = new Set<number>();
  #sawNaN = false;

  constructor(name: string, where: string, options: ThresholdOption, known = thresholdOptions) {
    super(name);
    checkThreshold(where, options, known);
    this.#threshold = options.threshold;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ threshold: this.#threshold }];
  }

  reset(): void {
    this.#counts = [];
    this.#uncounted = new Set();
    this.#sawNaN = false;
  }

  update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) this.#include(...batch);
    const rest = uncountedBatch(...given);
    if (!rest) return;
    const { predicted, actual } = readUncounted(rest[0], rest[1], this.#threshold);
    for (const each of [...predicted, ...actual]) if (each >= 0) this.#uncounted.add(each);
  }

  #include(prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): void {
    const { predicted, actual, classes } = readDecisions(this.name, prediction, target, this.#threshold);
    const weightAt = weights(this.name, sampleWeight, predicted.length);
    if (classes !== null) this.#grow(classes);
    for (let i = 0; i < predicted.length; i++) {
      if (predicted[i] < 0) {
        this.#sawNaN = true;
        continue;
      }
      this.#grow(Math.max(predicted[i], actual[i]) + 1);
      this.#counts[actual[i]][predicted[i]] += weightAt(i);
    }
  }

  #grow(classes: number): void {
    if (classes <= this.#counts.length) return;
    if (classes > mostClasses)
      throw new ValueError({
        where: this.name,
        expected: `labels below ${mostClasses}`,
        got: `a label ${classes - 1}`,
      });
    for (const row of this.#counts) while (row.length < classes) row.push(0);
    while (this.#counts.length < classes) this.#counts.push(new Array<number>(classes).fill(0));
  }

  /** The counts so far. */
  get counts(): ConfusionMatrix {
    return this.#counts;
  }

  result(): number {
    return this.#sawNaN || this.#counts.length === 0 ? Number.NaN : this.compute(this.#counts, this.#uncounted);
  }

  /** The metric, from the counts, `counts[right][predicted]`, and the classes that samples of weight 0 hold. */
  protected abstract compute(counts: ConfusionMatrix, uncounted: ReadonlySet<number>): number;
}

/** The counts of one class against all others. */
export interface ClassCounts {
  readonly truePositives: number;
  /** How often it was predicted, rightly or not. */
  readonly predicted: number;
  /** How often it was right, its support. */
  readonly actual: number;
}

/** The counts of each class against all others. */
export function perClass(counts: ConfusionMatrix): ClassCounts[] {
  return counts.map((row, k) => ({
    truePositives: row[k],
    predicted: counts.reduce((sum, other) => sum + other[k], 0),
    actual: row.reduce((sum, count) => sum + count, 0),
  }));
}

/** a / b, and 0 for 0 / 0: the rule of scikit-learn for classes that never occur. */
export function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

/** Only counts; `confusionMatrix` reads them. */
class Counts extends CountMetric {
  protected compute(): number {
    return Number.NaN;
  }
}

/** How many classes a confusion matrix has, and what its counts are divided by. */
export interface ConfusionOptions extends ThresholdOption, SampleWeights {
  /** How many classes; by default as many as the predictions have scores, or the largest label + 1. */
  classes?: number;
  /** Divide by the right class's count ("true"), the predicted class's ("pred") or the number of samples ("all"). */
  normalize?: "true" | "pred" | "all";
}

const confusionOptions = optionNames<ConfusionOptions>({
  classes: true,
  normalize: true,
  threshold: true,
  sampleWeight: true,
});

/**
 * How often each class was taken for each other: entry [i][j] counts samples of class i predicted as j.
 *
 * @param prediction scores [n, C], probabilities of class 1, or labels, as for `accuracy`.
 * @param target labels [n] or [n, 1], or one-hot rows [n, C].
 * @param options `classes`, `normalize`, `threshold`, `sampleWeight`.
 * @throws ShapeError where the two do not fit; ValueError for NaN and for labels that are no classes.
 *
 * Same as `confusion_matrix` of scikit-learn.
 *
 * @example
 * metrics.confusionMatrix([0, 1, 1, 1], [0, 0, 1, 1]); // [[1, 1], [0, 2]]
 */
export function confusionMatrix(
  prediction: TensorLike,
  target: TensorLike,
  options: ConfusionOptions = {},
): ConfusionMatrix {
  refuseSurplus("confusionMatrix", arguments, 3);
  const where = "confusionMatrix";
  checkOptions(where, options, confusionOptions);
  const { classes, normalize, sampleWeight, threshold } = options;
  const found = updateOnce(new Counts(where, where, { threshold }), prediction, target, sampleWeight).counts;
  const size = classes ?? found.length;
  if (!Number.isInteger(size) || size < found.length || size > mostClasses)
    throw new ValueError({
      where,
      expected: `a number of classes of at least ${found.length}, which occur, and at most ${mostClasses}`,
      got: describe(classes),
    });
  const counts = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => found[i]?.[j] ?? 0));
  return normalize === undefined ? counts : normalized(counts, normalize);
}

function normalized(counts: ConfusionMatrix, by: "true" | "pred" | "all"): ConfusionMatrix {
  const totals = perClass(counts);
  const all = totals.reduce((sum, { actual }) => sum + actual, 0);
  const divisors = {
    true: (i: number) => totals[i].actual,
    pred: (_: number, j: number) => totals[j].predicted,
    all: () => all,
  };
  if (!Object.hasOwn(divisors, by))
    throw new ValueError({
      where: "confusionMatrix",
      expected: 'normalize as "true", "pred" or "all"',
      got: describe(by),
    });
  return counts.map((row, i) => row.map((count, j) => ratio(count, divisors[by](i, j))));
}

/** How a confusion matrix is written. */
export interface FormatConfusionOptions {
  /** What the classes are called; their numbers by default. */
  labels?: readonly (string | number)[];
  /** Digits after the point; none for counts, 2 for shares by default. */
  digits?: number;
}

const formatOptions = optionNames<FormatConfusionOptions>({ labels: true, digits: true });

/**
 * A confusion matrix as text: right classes down, predicted ones across.
 *
 * @param matrix of {@link confusionMatrix}.
 * @throws ValueError for labels that are not one for each class.
 *
 * @example
 * console.log(metrics.formatConfusionMatrix([[50, 2], [3, 45]], { labels: ["cat", "dog"] }));
 * // true \ predicted  cat  dog
 * //              cat   50    2
 * //              dog    3   45
 */
export function formatConfusionMatrix(matrix: ConfusionMatrix, options: FormatConfusionOptions = {}): string {
  refuseSurplus("formatConfusionMatrix", arguments, 2);
  const where = "formatConfusionMatrix";
  checkOptions(where, options, formatOptions);
  checkMatrix(where, matrix);
  const { labels } = options;
  const digits = options.digits ?? (matrix.flat().every(Number.isInteger) ? 0 : 2);
  checkCount(where, "digits", digits, 0);
  if (labels !== undefined && !(Array.isArray(labels) && labels.every(isLabel)))
    throw new ValueError({ where, expected: "labels as a list of texts", got: describe(labels) });
  const names = (labels ?? matrix.map((_, i) => i)).map(String);
  if (names.length !== matrix.length)
    throw new ValueError({ where, expected: `${matrix.length} labels, one for each class`, got: `${names.length}` });
  const cells = [
    ["true \\ predicted", ...names],
    ...matrix.map((row, i) => [names[i], ...row.map((count) => count.toFixed(digits))]),
  ];
  return alignColumns(cells, () => true)
    .map((row) => row.join("  "))
    .join("\n");
}

function isLabel(x: unknown): boolean {
  return typeof x === "string" || typeof x === "number";
}

function checkMatrix(where: string, matrix: unknown): void {
  const isRow = (row: unknown) =>
    Array.isArray(row) &&
    row.length === (matrix as unknown[]).length &&
    row.every((count) => typeof count === "number");
  if (!Array.isArray(matrix) || !Array.from(matrix).every(isRow))
    throw new ValueError({ where, expected: "a square matrix of numbers, as rows in a list", got: describe(matrix) });
}

/**
 * {@link matthews} over batches; `"matthews"` in `compile`.
 *
 * @example
 * const metric = new Matthews();
 * metric.update(tensor([0.9, 0.2, 0.1]), tensor([1, 1, 0]));
 * metric.result(); // 0.5
 */
export class Matthews extends CountMetric {
  constructor(options: ThresholdOption = {}) {
    super("matthews", "Matthews", options);
    refuseSurplus("Matthews", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected compute(counts: ConfusionMatrix): number {
    let [all, right, agreement, predictedSquares, actualSquares] = [0, 0, 0, 0, 0];
    for (const { truePositives, predicted, actual } of perClass(counts)) {
      all += actual;
      right += truePositives;
      agreement += predicted * actual;
      predictedSquares += predicted ** 2;
      actualSquares += actual ** 2;
    }
    const spread = Math.sqrt(all ** 2 - predictedSquares) * Math.sqrt(all ** 2 - actualSquares);
    return ratio(right * all - agreement, spread);
  }
}

/**
 * Matthews's correlation between predicted and right classes: 1 if all are right, about 0 by chance, below 0 if worse.
 *
 * (c s - Σ pₖ tₖ) / √(s² - Σ pₖ²) √(s² - Σ tₖ²), with c of s samples right, class k predicted pₖ and right tₖ times
 * (Gorodkin 2004); for two classes (TP TN - FP FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)). It is 0 where only one class
 * was predicted, or occurs.
 *
 * @param prediction scores [n, C], probabilities of class 1, or labels, as for `accuracy`.
 * @param target labels [n] or [n, 1], or one-hot rows [n, C].
 * @throws ShapeError where the two do not fit; ValueError for NaN and for labels that are no classes.
 *
 * @example
 * metrics.matthews([1, 1, 1, 0], [1, 1, 0, 0]); // 0.577
 */
export function matthews(
  prediction: TensorLike,
  target: TensorLike,
  options: ThresholdOption & SampleWeights = {},
): number {
  refuseSurplus("matthews", arguments, 3);
  const [own, weights] = splitWeights("matthews", options, thresholdOptions);
  return evaluateOnce(new Matthews(own), prediction, target, weights);
}
