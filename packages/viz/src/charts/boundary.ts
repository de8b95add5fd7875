/**
 * What a model makes of the plane: its decision regions in the terminal, with the data in them.
 */
import { DataError, Tensor, tensor } from "@chainrule/core";
import { checkFunction, describe } from "@chainrule/core/internal";
import { checkDrawingOptions, checkRange } from "../drawing/options.ts";
import { hasColors, paint } from "../drawing/terminal.ts";
import { type Extent, formatNumber } from "../drawing/ticks.ts";
import { checkSize, toMatrix } from "./line-data.ts";

/** What a model says of n points: classes or scores, [n] or [n, 1], or a score for each class, [n, k]. */
export type BoundaryPrediction = Tensor | readonly number[] | readonly (readonly number[])[];

/** Options of {@link drawBoundary}. */
export interface DrawBoundaryOptions {
  /** Points to draw over the regions, [n, 2]. */
  x?: Tensor | readonly (readonly number[])[];
  /** The classes of the points, [n]: whole numbers from 0. */
  y?: Tensor | ArrayLike<number>;
  /** From where to where in the first coordinate; by default somewhat wider than the points, else from -1 to 1. */
  xRange?: Extent;
  /** The same in the second coordinate. */
  yRange?: Extent;
  /** Columns of characters, 60 by default. */
  width?: number;
  /** Rows of characters; by default so that a step upwards is as long as one to the right, at most 40. */
  height?: number;
  /** From which score on a point is in class 1: 0 for logits, 0.5 for probabilities (the default). */
  threshold?: number;
  /** The names of the classes. */
  classNames?: readonly string[];
  /** Whether to use colours; by default where the terminal has them. */
  color?: boolean;
}

/** Regions and points of each class, first without colours and then with them; further classes begin again. */
const styles = {
  regions: [" ", "░", "▒", "▓"],
  marks: ["o", "x", "+", "*", "#", "@", "%", "&"],
  regionColors: [17, 52, 22, 53, 58, 23],
  markColors: [117, 209, 120, 219, 222, 123],
} as const;

/** Stands for a point of which the model says NaN. */
const unknown = -1;
/** Characters are about twice as high as wide. */
const characterRatio = 2;
const mostRows = 40;

/** The part of the plane that is drawn, in cells of one character. */
interface PlotRegion {
  readonly xRange: Extent;
  readonly yRange: Extent;
  readonly width: number;
  readonly height: number;
  readonly points: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/**
 * Draws the regions in which a model predicts each class, and the points in them.
 *
 * @param predict what the model makes of points [n, 2]: their classes (whole numbers from 0), scores from which on it
 *   is class 1 (see `threshold`), or a column of scores for each class, of which the largest counts. It may be
 *   asynchronous.
 * @returns the drawing; of an asynchronous model, a promise of it.
 * @throws DataError for points and classes that do not match, and for predictions of another number of points.
 *
 * @example
 * console.log(drawBoundary((points) => model.predict(points), { x, y }));
 */
export function drawBoundary(predict: (points: Tensor) => BoundaryPrediction, options?: DrawBoundaryOptions): string;
export function drawBoundary(
  predict: (points: Tensor) => Promise<BoundaryPrediction>,
  options?: DrawBoundaryOptions,
): Promise<string>;
export function drawBoundary(
  predict: (points: Tensor) => BoundaryPrediction | Promise<BoundaryPrediction>,
  options: DrawBoundaryOptions = {},
): string | Promise<string> {
  const where = "drawBoundary";
  const own = ["x", "y", "xRange", "yRange", "width", "height", "threshold", "classNames", "color"];
  checkDrawingOptions(where, options, own);
  checkFunction(where, predict, "a function that predicts the classes of points");
  const plane = toPlotRegion(where, options);
  const finish = (prediction: BoundaryPrediction) =>
    draw(plane, readClasses(where, prediction, plane.width * plane.height, options.threshold), options);
  const predicted = predict(tensor(cellCentres(plane)));
  return predicted instanceof Promise ? predicted.then(finish) : finish(predicted);
}

function toPlotRegion(where: string, { x, y, width = 60, ...options }: DrawBoundaryOptions): PlotRegion {
  const points = x === undefined ? [] : toMatrix(where, x);
  const labels = y === undefined ? points.map(() => 0) : labelsOf(where, y);
  if (points.some((point) => point.length !== 2))
    throw new DataError({
      where,
      expected: "points in the plane, [n, 2]",
      got: `points of ${points[0].length} numbers`,
    });
  if (labels.length !== points.length)
    throw new DataError({ where, expected: `${points.length} classes, one for each point`, got: `${labels.length}` });
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0);
  if (wrong !== undefined)
    throw new DataError({ where, expected: "classes as whole numbers from 0", got: describe(wrong) });
  const [xRange, yRange] = [options.xRange, options.yRange].map((range, axis) =>
    range === undefined ? paddedExtent(points.map((point) => point[axis])) : checkRange(where, range),
  );
  checkSize(where, "width", width, 2);
  const square = Math.round((width * (yRange[1] - yRange[0])) / (xRange[1] - xRange[0]) / characterRatio);
  const { height = Math.min(mostRows, Math.max(5, square)) } = options;
  checkSize(where, "height", height, 2);
  return { xRange, yRange, width, height, points, labels };
}

function labelsOf(where: string, y: unknown): number[] {
  if (y instanceof Tensor) return Array.from(y.toTypedArray());
  if (Array.isArray(y) || (ArrayBuffer.isView(y) && "length" in y)) return Array.from(y as ArrayLike<number>);
  throw new DataError({ where, expected: "a list of classes as y", got: describe(y) });
}

/** From the least to the greatest, and a tenth more on both sides. */
function paddedExtent(values: readonly number[]): Extent {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [-1, 1];
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  const margin = (high - low) / 10 || 1;
  return [low - margin, high + margin];
}

/** The middle of each cell, row by row from the top. */
function cellCentres({ xRange, yRange, width, height }: PlotRegion): number[][] {
  const along = ([low, high]: Extent, i: number, count: number) => low + ((high - low) * (i + 0.5)) / count;
  return Array.from({ length: width * height }, (_, i) => [
    along(xRange, i % width, width),
    along(yRange, height - 1 - Math.floor(i / width), height),
  ]);
}

function readClasses(
  where: string,
  prediction: BoundaryPrediction,
  count: number,
  threshold: number | undefined,
): number[] {
  const given: unknown = prediction instanceof Tensor ? prediction.toArray() : prediction;
  const rows = Array.isArray(given) ? given.map((row: unknown) => (Array.isArray(row) ? row : [row])) : [];
  if (rows.length !== count || !rows.every((row) => row.length > 0 && row.every((value) => typeof value === "number")))
    throw new DataError({
      where,
      expected: `a prediction for each of ${count} points: [${count}], [${count}, 1] or [${count}, classes]`,
      got: prediction instanceof Tensor ? `shape [${prediction.shape.join(", ")}]` : describe(prediction),
    });
  const scores = rows as number[][];
  if (scores[0].length > 1)
    return scores.map((row) => (row.some(Number.isNaN) ? unknown : row.indexOf(Math.max(...row))));
  const single = scores.map(([score]) => score);
  if (threshold === undefined && single.every((score) => Number.isInteger(score) && score >= 0)) return single;
  return single.map((score) => (Number.isNaN(score) ? unknown : score >= (threshold ?? 0.5) ? 1 : 0));
}

function draw(plane: PlotRegion, classes: readonly number[], options: DrawBoundaryOptions): string {
  const { width, height, xRange, yRange, points, labels } = plane;
  const { color = hasColors(), classNames } = options;
  const marked = new Map<number, number>();
  points.forEach(([x, y], i) => {
    const column = Math.floor(((x - xRange[0]) / (xRange[1] - xRange[0])) * width);
    const row = height - 1 - Math.floor(((y - yRange[0]) / (yRange[1] - yRange[0])) * height);
    if (column >= 0 && column < width && row >= 0 && row < height) marked.set(row * width + column, labels[i]);
  });
  const cell = (i: number) => drawCell(classes[i], marked.get(i), color);
  const rows = Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => cell(row * width + column)).join(""),
  );
  const present = [...new Set([...classes, ...(points.length > 0 ? labels : [])])].sort((a, b) => a - b);
  const legend = present.map((label) => {
    const region = drawCell(label, undefined, color);
    const name = label === unknown ? "NaN" : (classNames?.[label] ?? String(label));
    return `${region}${drawCell(label, label, color)}${region} ${name}`;
  });
  const [x0, x1, y0, y1] = [...xRange, ...yRange].map((end) => formatNumber(end, 3));
  return [
    `┌${"─".repeat(width)}┐`,
    ...rows.map((row) => `│${row}│`),
    `└${"─".repeat(width)}┘`,
    `${legend.join("   ")}   across ${x0} to ${x1}, up ${y0} to ${y1}`,
  ].join("\n");
}

/** A cell of a region, with a point in it or without. */
function drawCell(region: number, point: number | undefined, color: boolean): string {
  const take = <T>(list: readonly T[], label: number) => list[label % list.length];
  const mark = point === undefined ? undefined : point === unknown ? "?" : take(styles.marks, point);
  if (region === unknown) return mark ?? "?";
  if (!color) return mark ?? take(styles.regions, region);
  return paint(
    mark ?? " ",
    point === undefined ? undefined : take(styles.markColors, point),
    take(styles.regionColors, region),
  );
}
