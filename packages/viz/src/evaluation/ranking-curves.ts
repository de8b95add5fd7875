/**
 * How well scores tell one class from others, at every threshold: the ROC curve and the precision-recall curve in SVG.
 */

import { lineEntry, lineStyle } from "../drawing/plot-area.ts";
import { element } from "../drawing/svg.ts";
import { formatNumber } from "../drawing/ticks.ts";
import {
  areShares,
  byName,
  checkShareOptions,
  placeOf,
  reference,
  type ShareChartOptions,
  shareChartSvg,
} from "./unit-square.ts";

/** The shares of true and of false positives at each threshold, as `metrics.rocCurve` gives them. */
export interface RocData {
  readonly falsePositiveRate: readonly number[];
  readonly truePositiveRate: readonly number[];
}

/** Precision and recall at each threshold, as `metrics.precisionRecallCurve` gives them. */
export interface PrecisionRecallData {
  readonly precision: readonly number[];
  readonly recall: readonly number[];
}

/** Points of one curve. */
type Points = readonly (readonly [x: number, y: number])[];

const isRoc = (x: unknown): x is RocData => haveSameLength(x, "falsePositiveRate", "truePositiveRate");
const isPrecisionRecall = (x: unknown): x is PrecisionRecallData => haveSameLength(x, "precision", "recall");

function haveSameLength(x: unknown, ...names: readonly string[]): boolean {
  if (x === null || typeof x !== "object") return false;
  const lists = names.map((name) => (x as Record<string, unknown>)[name]);
  return lists.every((list) => areShares(list) && list.length === (lists[0] as unknown[]).length);
}

/**
 * Draws ROC curves as SVG, with the area below each in the legend: 1 for scores that tell the class from the others, 0.5
 * (the dashed line) for chance.
 *
 * @param curves what `metrics.rocCurve` returns, or several of these by name.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for what is no curve: two lists of one length, of numbers from 0 to 1.
 *
 * @example
 * const curve = metrics.rocCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]);
 * await writeFile("roc.svg", rocSvg({ model: curve }));
 */
export function rocSvg(curves: RocData | Readonly<Record<string, RocData>>, options: ShareChartOptions = {}): string {
  const where = "rocSvg";
  checkShareOptions(where, options);
  const named = byName(where, curves, isRoc, "a curve, { falsePositiveRate, truePositiveRate }");
  const drawn = named.map(([name, { falsePositiveRate, truePositiveRate }]) => {
    const points = falsePositiveRate.map((x, i) => [x, truePositiveRate[i]] as const);
    return { name: [name, `area ${formatNumber(areaBelow(points), 3)}`].filter(Boolean).join(", "), points };
  });
  return shareChartSvg(
    {
      title: "ROC curve",
      xLabel: "false positive rate",
      yLabel: "true positive rate",
      legend: drawn.map(({ name }, i) => lineEntry(name, i)),
      description: `${drawn.map(({ name }) => name).join("; ")}.`,
      draw: (frame) => [
        reference(frame, [0, 0], [1, 1]),
        ...drawn.map(({ points }, i) =>
          polyline(
            points.map(([x, y]) => placeOf(frame, x, y)),
            i,
          ),
        ),
      ],
    },
    options,
  );
}

/**
 * Draws precision against recall as SVG, with the average precision of each curve in the legend. The dashed line is what
 * guessing has: the share of the class in all samples.
 *
 * Between two thresholds there is nothing to reach, so the curve goes in steps.
 *
 * @param curves what `metrics.precisionRecallCurve` returns, or several of these by name.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for what is no curve: two lists of one length, of numbers from 0 to 1.
 *
 * @example
 * const curve = metrics.precisionRecallCurve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]);
 * await writeFile("precision-recall.svg", precisionRecallSvg(curve));
 */
export function precisionRecallSvg(
  curves: PrecisionRecallData | Readonly<Record<string, PrecisionRecallData>>,
  options: ShareChartOptions = {},
): string {
  const where = "precisionRecallSvg";
  checkShareOptions(where, options);
  const named = byName(where, curves, isPrecisionRecall, "a curve, { precision, recall }");
  const drawn = named.map(([name, { precision, recall }]) => {
    // From the highest threshold down, so that recall grows.
    const order = precision.map((_, i) => i).sort((a, b) => recall[a] - recall[b] || precision[b] - precision[a]);
    const points = order.map((i) => [recall[i], precision[i]] as const);
    const average = points.slice(1).reduce((sum, [x, y], i) => sum + (x - points[i][0]) * y, 0);
    return { name: [name, `average ${formatNumber(average, 3)}`].filter(Boolean).join(", "), points };
  });
  return shareChartSvg(
    {
      title: "Precision and recall",
      xLabel: "recall",
      yLabel: "precision",
      legend: drawn.map(({ name }, i) => lineEntry(name, i)),
      description: `${drawn.map(({ name }) => name).join("; ")}.`,
      draw: (frame) => [
        // Where all is predicted to be of the class, precision is the class's share.
        ...drawn.slice(0, 1).map(({ points }) => reference(frame, [0, lowest(points)], [1, lowest(points)])),
        ...drawn.map(({ points }, i) =>
          polyline(
            inSteps(points).map(([x, y]) => placeOf(frame, x, y)),
            i,
          ),
        ),
      ],
    },
    options,
  );
}

const polyline = (points: readonly string[], index: number) =>
  element("polyline", { ...lineStyle(index), points: points.join(" ") });

/** The last point with the greatest recall: that of the lowest threshold. */
const lowest = (points: Points) => points[points.length - 1][1];

/** The area below a curve, by trapezoids. */
function areaBelow(points: Points): number {
  return points.slice(1).reduce((sum, [x, y], i) => sum + ((x - points[i][0]) * (y + points[i][1])) / 2, 0);
}

function inSteps(points: Points): Points {
  return points.flatMap((point, i) => (i === 0 ? [point] : [[points[i - 1][0], point[1]] as const, point]));
}
