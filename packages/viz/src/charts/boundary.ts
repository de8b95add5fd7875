/**
 * What a model makes of the plane: its decision regions in the terminal, with the data in them.
 */
import { type Tensor, tensor } from "@chainrule/core";
import { checkFunction } from "@chainrule/core/internal";
import { checkDrawingOptions } from "../drawing/options.ts";
import { hasColors, paint } from "../drawing/terminal.ts";
import { type Extent, formatNumber } from "../drawing/ticks.ts";
import {
  type BoundaryOptions,
  type BoundaryPrediction,
  boundaryKeys,
  type Plane,
  readScores,
  toClasses,
  toPlane,
  unknown,
} from "./boundary-data.ts";
import { checkSize } from "./line-data.ts";

/** Options of {@link drawBoundary}. */
export interface DrawBoundaryOptions extends BoundaryOptions {
  /** Columns of characters, 60 by default. */
  width?: number;
  /** Rows of characters; by default so that a step upwards is as long as one to the right, at most 40. */
  height?: number;
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

/** Characters are about twice as high as wide. */
const characterRatio = 2;
const mostRows = 40;

/** The part of the plane that is drawn, in cells of one character. */
interface PlotRegion extends Plane {
  readonly width: number;
  readonly height: number;
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
  checkDrawingOptions(where, options, [...boundaryKeys, "width", "height", "color"]);
  checkFunction(where, predict, "a function that predicts the classes of points, (points) => model.predict(points),");
  const plane = toPlotRegion(where, options);
  const finish = (prediction: BoundaryPrediction) =>
    draw(plane, toClasses(readScores(where, prediction, plane.width * plane.height), options.threshold), options);
  const predicted = predict(tensor(cellCentres(plane)));
  return predicted instanceof Promise ? predicted.then(finish) : finish(predicted);
}

function toPlotRegion(where: string, options: DrawBoundaryOptions): PlotRegion {
  const plane = toPlane(where, options);
  const { xRange, yRange } = plane;
  const { width = 60 } = options;
  checkSize(where, "width", width, 2);
  const square = Math.round((width * (yRange[1] - yRange[0])) / (xRange[1] - xRange[0]) / characterRatio);
  const { height = Math.min(mostRows, Math.max(5, square)) } = options;
  checkSize(where, "height", height, 2);
  return { ...plane, width, height };
}

/** The middle of each cell, row by row from the top. */
function cellCentres({ xRange, yRange, width, height }: PlotRegion): number[][] {
  const along = ([low, high]: Extent, i: number, count: number) => low + ((high - low) * (i + 0.5)) / count;
  return Array.from({ length: width * height }, (_, i) => [
    along(xRange, i % width, width),
    along(yRange, height - 1 - Math.floor(i / width), height),
  ]);
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
