/**
 * The curves of a ranking as data, to be drawn or read off: true against false positives, and precision against recall.
 */
import { OptionError, type TensorLike, ValueError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { type SampleWeights, updateOnce } from "./metric.ts";
import { RankingMetric, type RocPoint, rocPoints } from "./ranking.ts";

/** How often each threshold is right and wrong, from the highest threshold down. */
export interface RocCurve {
  /** The share of the samples of other classes that are at or above the threshold, FP / (FP + TN); from 0 to 1. */
  readonly falsePositiveRate: readonly number[];
  /** The share of the samples of the class that are at or above the threshold, TP / (TP + FN); from 0 to 1. */
  readonly truePositiveRate: readonly number[];
  /** Infinity, which nobody reaches, and then each score that occurs, downwards. */
  readonly thresholds: readonly number[];
}

/** Precision and recall at each threshold, from the lowest threshold up. */
export interface PrecisionRecallCurve {
  /** TP / (TP + FP) at each threshold, and 1 at the end, where nothing is predicted. */
  readonly precision: readonly number[];
  /** TP / (TP + FN) at each threshold, and 0 at the end. */
  readonly recall: readonly number[];
  /** Each score that occurs, upwards: one less than there are points. */
  readonly thresholds: readonly number[];
}

/** Which class a curve is of. */
export interface CurveOptions extends SampleWeights {
  /** For scores [n, C]: the class whose curve it is, against all others; for C = 2 classes 1 by default. */
  class?: number;
}

const curveOptions = optionNames<CurveOptions>({ class: true, sampleWeight: true });

/** Gathers the scores of all classes. */
class Scores extends RankingMetric {
  protected area(): number {
    return Number.NaN;
  }
}

/** The points of one class's curve, from the highest score down, and how much there is of the class and of others. */
function pointsOf(where: string, prediction: TensorLike, target: TensorLike, options: CurveOptions) {
  checkOptions(where, options, curveOptions);
  const scores = updateOnce(new Scores(where), prediction, target, options.sampleWeight);
  const { rankings, classes } = scores;
  const { class: wanted } = options;
  if (wanted === undefined && rankings.length > 1)
    throw new OptionError({
      where,
      expected: `class, from 0 to ${classes.length - 1}, for scores of ${classes.length} classes`,
      got: "none",
      hint: "A curve is that of one class against all others: { class: 0 }.",
    });
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 0 && wanted < classes.length))
    throw new OptionError({
      where,
      expected:
        classes.length === 1 ? "no class, or 0, for one score a sample" : `class from 0 to ${classes.length - 1}`,
      got: describe(wanted),
    });
  const points = rocPoints(wanted === undefined ? rankings[0] : classes[wanted]);
  return { points, last: points[points.length - 1] };
}

function missing(where: string, expected: string): ValueError {
  return new ValueError({ where, expected, got: "none", hint: "Without them a share of them has no value." });
}

/**
 * The receiver operating characteristic: for each threshold the shares of true and of false positives, from "nothing is
 * of the class" (0, 0) to "all is" (1, 1). The area below it is {@link rocAuc}.
 *
 * @param prediction scores of class 1, [n] or [n, 1], of any scale; or [n, C] with the option `class`.
 * @param target 0 or 1; for [n, C] labels, one-hot rows, or several labels a sample.
 * @param options `class`, of scores [n, C]; `sampleWeight` [n].
 * @returns three lists of one length, a point for each score that occurs and one before the first.
 * @throws ShapeError where the two do not fit; ValueError for NaN, and where the class has no samples, or all.
 *
 * Same as `roc_curve` of scikit-learn with `drop_intermediate=False`.
 *
 * @example
 * metrics.rocCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).truePositiveRate; // [0, 0.5, 0.5, 1, 1]
 */
export function rocCurve(prediction: TensorLike, target: TensorLike, options: CurveOptions = {}): RocCurve {
  refuseSurplus("rocCurve", arguments, 3);
  const { points, last } = pointsOf("rocCurve", prediction, target, options);
  if (last.truePositives === 0) throw missing("rocCurve", "samples of the class");
  if (last.falsePositives === 0) throw missing("rocCurve", "samples that are not of the class");
  const from = (first: number, of: (point: RocPoint) => number) => [first, ...points.map(of)];
  return {
    falsePositiveRate: from(0, (point) => point.falsePositives / last.falsePositives),
    truePositiveRate: from(0, (point) => point.truePositives / last.truePositives),
    thresholds: from(Number.POSITIVE_INFINITY, ({ threshold }) => threshold),
  };
}

/**
 * Precision and recall at each threshold, from the lowest score, where all is predicted to be of the class, to above the
 * highest, where nothing is: there recall is 0 and precision counts as 1.
 *
 * @param prediction scores of class 1, [n] or [n, 1], of any scale; or [n, C] with the option `class`.
 * @param target 0 or 1; for [n, C] labels, one-hot rows, or several labels a sample.
 * @param options `class`, of scores [n, C]; `sampleWeight` [n].
 * @throws ShapeError where the two do not fit; ValueError for NaN, and where the class has no samples.
 *
 * Same as `precision_recall_curve` of scikit-learn.
 *
 * @example
 * metrics.precisionRecallCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).precision; // [0.5, 0.667, 0.5, 1, 1]
 */
export function precisionRecallCurve(
  prediction: TensorLike,
  target: TensorLike,
  options: CurveOptions = {},
): PrecisionRecallCurve {
  refuseSurplus("precisionRecallCurve", arguments, 3);
  const { points, last } = pointsOf("precisionRecallCurve", prediction, target, options);
  if (last.truePositives === 0) throw missing("precisionRecallCurve", "samples of the class");
  const upwards = points.toReversed();
  return {
    precision: [...upwards.map((point) => point.truePositives / (point.truePositives + point.falsePositives)), 1],
    recall: [...upwards.map((point) => point.truePositives / last.truePositives), 0],
    thresholds: upwards.map(({ threshold }) => threshold),
  };
}
