/**
 * Precision, recall and the F score between them, of one class or averaged over several.
 */

import { type TensorLike, ValueError } from "@chainrule/core";
import { lookUp } from "@chainrule/core/internal";
import { aboveZero, checkRange } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import type { ThresholdOption } from "./accuracy.ts";
import { type ClassCounts, type ConfusionMatrix, CountMetric, perClass, ratio } from "./confusion.ts";
import { evaluateOnce, type SampleWeights, splitWeights } from "./metric.ts";

/** How the numbers of several classes become one. */
export type Averaging = "binary" | "micro" | "macro" | "weighted";

/** How the scores of several classes become one number. */
export interface AverageOptions extends ThresholdOption {
  /**
   * - `"binary"`: of class 1, where there are two; the default then.
   * - `"macro"`: the mean over the classes, each counting the same; the default for more than two.
   * - `"weighted"`: the mean over the classes, each by how often it occurs.
   * - `"micro"`: from the counts of all classes added up; for one label a sample this is the accuracy.
   *
   * Classes that neither occur nor are predicted do not enter a mean; one whose samples all weigh 0 occurs, and has a
   * score of 0.
   */
  average?: Averaging;
}

export const averageOptions = optionNames<AverageOptions>({ average: true, threshold: true });

type Score = (counts: ClassCounts) => number;

/** @param further how many classes more occur, with samples of weight 0 alone. */
type Average = (score: Score, classes: ClassCounts[], further: number) => number;

const averages: Record<Averaging, Average> = {
  binary: (score, classes) => {
    if (classes.length > 2)
      throw new ValueError({
        where: "average",
        expected: 'two classes for "binary"',
        got: `${classes.length}`,
        hint: 'Choose "macro", "micro" or "weighted".',
      });
    return score(classes[1] ?? { truePositives: 0, predicted: 0, actual: 0 });
  },
  micro: (score, classes) =>
    score({
      truePositives: classes.reduce((sum, c) => sum + c.truePositives, 0),
      predicted: classes.reduce((sum, c) => sum + c.predicted, 0),
      actual: classes.reduce((sum, c) => sum + c.actual, 0),
    }),
  macro: (score, classes, further) => {
    const present = classes.filter(occurs);
    return ratio(
      present.reduce((sum, c) => sum + score(c), 0),
      present.length + further,
    );
  },
  weighted: (score, classes) =>
    ratio(
      classes.reduce((sum, c) => sum + c.actual * score(c), 0),
      classes.reduce((sum, c) => sum + c.actual, 0),
    ),
};

function occurs({ predicted, actual }: ClassCounts): boolean {
  return predicted + actual > 0;
}

/** A score of each class's counts, averaged. */
export abstract class AveragedMetric extends CountMetric {
  readonly #average: Averaging | undefined;

  constructor(name: string, where: string, options: AverageOptions) {
    super(name, where, options, averageOptions);
    const { average } = options;
    if (average !== undefined) lookUp(`${where}: average`, averages, average);
    this.#average = average;
  }

  protected override constructorArguments(): readonly unknown[] {
    const [shared] = super.constructorArguments();
    return [{ ...(shared as ThresholdOption), average: this.#average }];
  }

  protected compute(counts: ConfusionMatrix, uncounted: ReadonlySet<number>): number {
    const areTwo = counts.length <= 2 && [...uncounted].every((k) => k < 2);
    const classes = perClass(counts);
    const further = [...uncounted].filter((k) => !(classes[k] && occurs(classes[k]))).length;
    return averages[this.#average ?? (areTwo ? "binary" : "macro")]((c) => this.score(c), classes, further);
  }

  protected abstract score(counts: ClassCounts): number;
}

/**
 * {@link precision} over batches; `"precision"` in `compile`.
 *
 * @example
 * const metric = new Precision();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.5
 */
export class Precision extends AveragedMetric {
  constructor(options: AverageOptions = {}) {
    super("precision", "Precision", options);
    refuseSurplus("Precision", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected score({ truePositives, predicted }: ClassCounts): number {
    return ratio(truePositives, predicted);
  }
}

/**
 * {@link recall} over batches; `"recall"` in `compile`.
 *
 * @example
 * const metric = new Recall();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.5
 */
export class Recall extends AveragedMetric {
  constructor(options: AverageOptions = {}) {
    super("recall", "Recall", options);
    refuseSurplus("Recall", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected score({ truePositives, actual }: ClassCounts): number {
    return ratio(truePositives, actual);
  }
}

/**
 * {@link fBeta} over batches.
 *
 * @example
 * const metric = new FBeta(2);
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.5
 */
export class FBeta extends AveragedMetric {
  readonly #beta: number;

  constructor(beta: number, options: AverageOptions = {}) {
    checkRange("FBeta", "beta", beta, aboveZero);
    super(`f${beta}`, "FBeta", options);
    refuseSurplus("FBeta", arguments, 2);
    this.#beta = beta;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#beta, ...super.constructorArguments()];
  }

  protected score({ truePositives, predicted, actual }: ClassCounts): number {
    const squared = this.#beta ** 2;
    return ratio((1 + squared) * truePositives, predicted + squared * actual);
  }
}

/**
 * {@link f1} over batches; `"f1"` in `compile`.
 *
 * @example
 * const metric = new F1();
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.5
 */
export class F1 extends FBeta {
  constructor(options: AverageOptions = {}) {
    super(1, options);
    refuseSurplus("F1", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments().slice(1);
  }
}

/**
 * Of the samples predicted as a class, the share that belongs to it: TP / (TP + FP), and 0 where none was.
 *
 * @param prediction scores [n, C], probabilities of class 1, or labels, as for `accuracy`.
 * @param target labels [n] or [n, 1], or one-hot rows [n, C].
 * @param options `average` over the classes, `threshold`, `sampleWeight`.
 * @throws ShapeError where the two do not fit; ValueError for NaN and for labels that are no classes.
 *
 * Same as `precision_score` of scikit-learn.
 *
 * @example
 * metrics.precision([1, 1, 1, 0], [1, 1, 0, 0]); // 2 / 3 = 0.6667
 */
export function precision(
  prediction: TensorLike,
  target: TensorLike,
  options: AverageOptions & SampleWeights = {},
): number {
  refuseSurplus("precision", arguments, 3);
  const [own, weights] = splitWeights("precision", options, averageOptions);
  return evaluateOnce(new Precision(own), prediction, target, weights);
}

/**
 * Of the samples that belong to a class, the share predicted as it: TP / (TP + FN), and 0 where none does.
 *
 * Parameters, errors and source are those of {@link precision}.
 *
 * @example
 * metrics.recall([1, 0, 0, 0], [1, 1, 0, 0]); // 1 / 2 = 0.5
 */
export function recall(
  prediction: TensorLike,
  target: TensorLike,
  options: AverageOptions & SampleWeights = {},
): number {
  refuseSurplus("recall", arguments, 3);
  const [own, weights] = splitWeights("recall", options, averageOptions);
  return evaluateOnce(new Recall(own), prediction, target, weights);
}

/**
 * The harmonic mean of precision P and recall R, in which recall counts β times as much:
 * (1 + β²) P R / (β² P + R) = (1 + β²) TP / ((1 + β²) TP + β² FN + FP), and 0 for 0 / 0.
 *
 * Parameters, errors and source are those of {@link precision}.
 *
 * @param beta above 0; below 1 precision counts more.
 *
 * @example
 * metrics.fBeta([1, 1, 1, 0], [1, 1, 0, 0], 2); // 0.909
 */
export function fBeta(
  prediction: TensorLike,
  target: TensorLike,
  beta: number,
  options: AverageOptions & SampleWeights = {},
): number {
  refuseSurplus("fBeta", arguments, 4);
  const [own, weights] = splitWeights("fBeta", options, averageOptions);
  return evaluateOnce(new FBeta(beta, own), prediction, target, weights);
}

/**
 * The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN), and 0 for 0 / 0.
 *
 * Parameters, errors and source are those of {@link precision}.
 *
 * @example
 * metrics.f1([1, 1, 1, 0], [1, 1, 0, 0]); // 0.8
 * metrics.f1([0, 1, 2, 1], [0, 1, 2, 2], { average: "macro" }); // (1 + 0.6667 + 0.6667) / 3 = 0.7778
 */
export function f1(prediction: TensorLike, target: TensorLike, options: AverageOptions & SampleWeights = {}): number {
  refuseSurplus("f1", arguments, 3);
  const [own, weights] = splitWeights("f1", options, averageOptions);
  return evaluateOnce(new F1(own), prediction, target, weights);
}
