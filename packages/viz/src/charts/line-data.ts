/**
 * What plots are given: named lines, as lists of numbers or of points.
 */
import { DataError, OptionError, Tensor, tensor } from "@chainrule/core";
import { describe, lookUp } from "@chainrule/core/internal";
import { checkDrawingOptions } from "../drawing/options.ts";
import type { AxisScale } from "../drawing/ticks.ts";

/** One line: its values at x = 0, 1, 2, … (or at the x of the options), or its points [x, y]. */
export type LineValues =
  | readonly number[]
  | readonly (readonly [number, number])[]
  | Float32Array
  | Float64Array
  | Tensor;

/** Lines by name; one without a name may stand alone. */
export type LineChartData = Readonly<Record<string, LineValues>> | LineValues;

/** What all plots of lines take. */
export interface LinePlotOptions {
  title?: string;
  xLabel?: string;
  yLabel?: string;
  /** Where lists of values lie, by default at 0, 1, 2, …. */
  x?: readonly number[];
  /** `"log"` for values that span several powers of ten; values that are not above 0 are then left out. */
  yScale?: AxisScale;
  /** `"log"` for an axis on which equal ratios lie equally far apart, such as learning rates. */
  xScale?: AxisScale;
}

export const lineKeys = ["title", "xLabel", "yLabel", "x", "yScale", "xScale"] as const;

/** A line as points, in the order given; a point whose y is not finite is a gap. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/**
 * The lines as points.
 *
 * @throws DataError for what is no list of numbers or points, and where nothing can be drawn.
 */
export function toLines(where: string, series: LineChartData, { x, yScale = "linear" }: LinePlotOptions): Line[] {
  lookUp(where, { linear: true, log: true }, yScale);
  const named: readonly (readonly [string, unknown])[] = isLine(series) ? [["", series]] : entries(where, series);
  const lines = named.map(([name, data]) => ({ name, points: toPoints(where, name, data, x) }));
  const drawable = ([at, y]: readonly [number, number]) =>
    Number.isFinite(at) && Number.isFinite(y) && (yScale === "linear" || y > 0);
  if (!lines.some(({ points }) => points.some(drawable)))
    throw new DataError({
      where,
      expected: `at least one ${yScale === "log" ? "number above 0" : "finite number"} to draw`,
      got: lines.length === 0 ? "no lines" : "none",
    });
  return lines.map(({ name, points }) => ({
    name,
    points: points
      .filter(([at]) => Number.isFinite(at))
      .map((point) => (drawable(point) ? point : [point[0], Number.NaN])),
  }));
}

function entries(where: string, series: unknown): [string, unknown][] {
  if (series !== null && typeof series === "object") return Object.entries(series);
  throw new DataError({ where, expected: "lines by name, such as { loss: [0.9, 0.5] }", got: describe(series) });
}

function isLine(series: unknown): series is LineValues {
  return Array.isArray(series) || ArrayBuffer.isView(series) || series instanceof Tensor;
}

function toPoints(where: string, name: string, data: unknown, x?: readonly number[]): [number, number][] {
  const line = name ? `line "${name}"` : "the line";
  const list: unknown = data instanceof Tensor ? data.toArray() : data;
  if (!Array.isArray(list) && !ArrayBuffer.isView(list))
    throw new DataError({
      where,
      expected: `${line} to be a list of numbers or of points [x, y]`,
      got: describe(data),
      hint: name === "history" ? "Of a training, draw history.history." : undefined,
    });
  const values: unknown[] = Array.from(Array.isArray(list) ? list : tensor(list as never).storage);
  if (x !== undefined && !(Array.isArray(x) && x.every((at) => typeof at === "number")))
    throw new OptionError({ where, expected: "a list of numbers as x", got: describe(x) });
  if (x !== undefined && values.some((value) => typeof value === "number") && x.length !== values.length)
    throw new OptionError({
      where,
      expected: `x to have a number for each of the ${values.length} values of ${line}`,
      got: `${x.length}`,
    });
  return values.map((value, i) => {
    if (typeof value === "number") return [x ? x[i] : i, value];
    if (Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "number"))
      return value as [number, number];
    throw new DataError({
      where,
      expected: `a number or a point [x, y] at index ${i} of ${line}`,
      got: describe(value),
    });
  });
}

/** Without the points that have no place on a logarithmic axis. */
export function withoutBelow(where: string, line: Line, xScale: AxisScale): Line {
  if (xScale === "linear") return line;
  const points = line.points.filter(([x]) => x > 0);
  if (points.length > 0 || line.points.length === 0)
    return line.points.length === points.length ? line : { ...line, points };
  throw new DataError({
    where,
    expected: "numbers above 0 along a logarithmic axis",
    got: `${describe(line.points[0][0])} as the first x`,
    hint: "Without an x of their own values lie at 0, 1, 2, …: pass { x } or points [x, y].",
  });
}

/** The numbers of a matrix, row by row, checked to be rectangular and not empty. */
export function toMatrix(where: string, matrix: Tensor | readonly (readonly number[])[]): number[][] {
  const rows: unknown = matrix instanceof Tensor ? matrix.toArray() : matrix;
  const width = Array.isArray(rows) && Array.isArray(rows[0]) ? rows[0].length : 0;
  const isRow = (row: unknown) =>
    Array.isArray(row) &&
    row.length === width &&
    row.every((value) => typeof value === "number" || typeof value === "boolean");
  if (width > 0 && (rows as unknown[]).every(isRow)) return (rows as unknown[][]).map((row) => row.map(Number));
  throw new DataError({
    where,
    expected: "a matrix: rows of numbers, all of one length, at least 1 x 1",
    got: matrix instanceof Tensor ? `shape [${matrix.shape.join(", ")}]` : describe(matrix),
  });
}

/** Checks the options of a plot of lines. */
export function checkLineOptions(where: string, options: LinePlotOptions, own: readonly string[]): void {
  checkDrawingOptions(where, options, [...lineKeys, ...own]);
}

/** Larger than any page or terminal. */
const most = 100_000;

/** Throws unless a size in characters or pixels is a whole number of at least `least`. */
export function checkSize(where: string, name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new OptionError({
    where,
    expected: `${name} to be a whole number of at least ${least}${typeof value === "number" && value > most ? ` and at most ${most}` : ""}`,
    got: describe(value),
  });
}
