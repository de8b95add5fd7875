/**
 * A table of what each class's predictions are worth, as text.
 */
import { type TensorLike, ValueError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { checkCount } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import type { ThresholdOption } from "./accuracy.ts";
import { confusionMatrix, perClass, ratio } from "./confusion.ts";
import type { SampleWeights } from "./metric.ts";

/** How a classification report is written. */
export interface ReportOptions extends ThresholdOption, SampleWeights {
  /** What the classes are called, one for each from 0 on; their numbers by default. */
  labels?: readonly (string | number)[];
  /** Digits after the point; 2 by default. */
  digits?: number;
}

const reportOptions = optionNames<ReportOptions>({ labels: true, digits: true, threshold: true, sampleWeight: true });

/** A line: its name, three scores or blanks, and the support. */
type Line = readonly [name: string, ...scores: (number | null)[]];

/**
 * Precision, recall, F1 and support of each class that occurs or is predicted, and below them accuracy and the means over the
 * classes: each counting the same (macro), and by how often it occurs (weighted).
 *
 * @param prediction scores [n, C], probabilities of class 1, or labels, as for `accuracy`.
 * @param target labels [n] or [n, 1], or one-hot rows [n, C].
 * @param options `labels`, `digits`, `threshold`, `sampleWeight`.
 * @returns text of several lines.
 * @throws ShapeError where the two do not fit; ValueError for NaN, for labels that are no classes, and for names that are
 *   fewer than the classes.
 *
 * Same as `classification_report` of scikit-learn.
 *
 * @example
 * console.log(metrics.classificationReport([0, 1, 1, 1], [0, 0, 1, 1], { labels: ["cat", "dog"] }));
 * //               precision    recall  f1-score   support
 * //
 * //          cat       1.00      0.50      0.67         2
 * //          dog       0.67      1.00      0.80         2
 * //
 * //     accuracy                           0.75         4
 * //    macro avg       0.83      0.75      0.73         4
 * // weighted avg       0.83      0.75      0.73         4
 */
export function classificationReport(prediction: TensorLike, target: TensorLike, options: ReportOptions = {}): string {
  refuseSurplus("classificationReport", arguments, 3);
  const where = "classificationReport";
  checkOptions(where, options, reportOptions);
  const { labels, digits = 2, threshold, sampleWeight } = options;
  checkCount(where, "digits", digits, 0);
  const counts = perClass(confusionMatrix(prediction, target, { threshold, sampleWeight }));
  if (labels !== undefined && !(Array.isArray(labels) && labels.length >= counts.length))
    throw new ValueError({
      where,
      expected: `labels for ${counts.length} classes`,
      got: Array.isArray(labels) ? `${labels.length}` : describe(labels),
    });
  const classes = counts.flatMap(({ truePositives, predicted, actual }, k) => {
    if (predicted + actual === 0) return [];
    const scores = [ratio(truePositives, predicted), ratio(truePositives, actual)];
    return [
      {
        name: String(labels?.[k] ?? k),
        truePositives,
        actual,
        scores: [...scores, ratio(2 * truePositives, predicted + actual)],
      },
    ];
  });
  const all = classes.reduce((sum, { actual }) => sum + actual, 0);
  const means = (weightOf: (actual: number) => number) =>
    [0, 1, 2].map((score) => classes.reduce((sum, { scores, actual }) => sum + weightOf(actual) * scores[score], 0));
  const right = classes.reduce((sum, { truePositives }) => sum + truePositives, 0);
  return textOf(
    classes.map(({ name, scores, actual }): Line => [name, ...scores, actual]),
    [
      ["accuracy", null, null, right / all, all],
      ["macro avg", ...means(() => 1 / classes.length), all],
      ["weighted avg", ...means((actual) => actual / all), all],
    ],
    digits,
  );
}

function textOf(classes: readonly Line[], means: readonly Line[], digits: number): string {
  const width = Math.max("weighted avg".length, ...classes.map(([name]) => name.length));
  const areCounts = [...classes, ...means].every((line) => Number.isInteger(line.at(-1)));
  const cell = (x: number | null | string, isSupport: boolean) => {
    const text = typeof x === "number" ? x.toFixed(isSupport && areCounts ? 0 : digits) : (x ?? "");
    return ` ${text.padStart(9)}`;
  };
  const row = ([name, ...cells]: readonly [string, ...(number | null | string)[]]) =>
    `${name.padStart(width)} ${cells.map((x, i) => cell(x, i === 3)).join("")}`;
  const head = row(["", "precision", "recall", "f1-score", "support"]);
  return [head, "", ...classes.map(row), "", ...means.map(row)].join("\n");
}
