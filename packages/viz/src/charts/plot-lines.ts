/**
 * Lines in the terminal.
 *
 * The drawing is done by the library simple-ascii-chart. It is given one point for each column of characters, so that
 * long lines stay readable and short ones become lines rather than stairs, and marks at round numbers.
 */
import { lookUp } from "@chainrule/core/internal";
import plot from "simple-ascii-chart";
import { center, escapeCode, hasColors, lengthOf, lineColors, paint } from "../drawing/terminal.ts";
import { type Axis, axisFor, formatNumber } from "../drawing/ticks.ts";
import {
  checkLineOptions,
  checkSize,
  type Line,
  type LineChartData,
  type LinePlotOptions,
  toLines,
  withoutBelow,
} from "./line-data.ts";

/** Options of {@link plotLines}. */
export interface PlotLinesOptions extends LinePlotOptions {
  /** Columns of characters for the lines, beside which the axis takes its own; 60 by default. */
  width?: number;
  /** Rows of characters for the lines, 15 by default. */
  height?: number;
  /** Whether to use colours; by default where the terminal has them. */
  color?: boolean;
}

/** Without colours lines differ in their strokes; the first are the library's own. */
const strokes = ["━┃┏┓┗┛", "─│┌┐└┘", "═║╔╗╚╝", "╍╏┏┓┗┛", "┄┆╭╮╰╯", "┅┇┏┓┗┛"];
/** The library's colours tell which line a character belongs to; they are replaced afterwards. Codes 31 to 36. */
const tags = ["ansiRed", "ansiGreen", "ansiYellow", "ansiBlue", "ansiMagenta", "ansiCyan"] as const;

/**
 * Draws lines as text.
 *
 * Where several points fall into one column, their mean is drawn; between points lines are straight. Points that are
 * not finite leave a gap.
 *
 * @param series lines by name, each a list of values or of points [x, y]; or one line.
 * @returns the drawing, without a line break at the end.
 * @throws DataError for what is no list of numbers, and where no finite number is left.
 *
 * @example
 * console.log(plotLines({ loss: [0.9, 0.5, 0.3], val_loss: [0.8, 0.6, 0.5] }, { xLabel: "epoch" }));
 */
export function plotLines(series: LineChartData, options: PlotLinesOptions = {}): string {
  const where = "plotLines";
  checkLineOptions(where, options, ["width", "height", "color"]);
  const { width = 60, height = 15, title, xLabel, yLabel, xScale = "linear", color = hasColors() } = options;
  checkSize(where, "width", width, 10);
  checkSize(where, "height", height, 3);
  lookUp(`${where}, xScale`, { linear: true, log: true }, xScale);
  const lines = toLines(where, series, options).map((line) => withoutBelow(where, line, xScale));
  const finite = lines.flatMap(({ points }) => points.filter(([, y]) => Number.isFinite(y)));
  const xAxis = axisFor(
    finite.map(([x]) => x),
    Math.ceil(width / 9),
    xScale,
    true,
  );
  const yAxis = axisFor(
    finite.map(([, y]) => y),
    Math.ceil(height / 2.5),
    options.yScale,
  );
  const chart = draw(lines, xAxis, yAxis, width, height).split("\n");
  const total = lengthOf(recolor(chart[0], false));
  const legend = lines.flatMap(({ name }, line) => (name ? [`${stroke(line, "━━", color)} ${name}`] : []));
  return [
    ...(title ? [center(title, total)] : []),
    ...(yLabel ? [yLabel] : []),
    ...chart.map((row) => recolor(row, color).trimEnd()),
    ...(xLabel ? [xLabel.padStart(total)] : []),
    ...(legend.length > 0 ? [legend.join("   ")] : []),
  ].join("\n");
}

/** The library's drawing, in the colours of `tags`, without blank lines around it. */
function draw(lines: readonly Line[], xAxis: Axis, yAxis: Axis, width: number, height: number): string {
  const column = (x: number) => Math.round(xAxis.position(x) * (width - 1));
  const parts = lines.flatMap(({ points }, line) =>
    joinColumns(points, column, yAxis.position).map((points) => ({ tag: tags[line % tags.length], points })),
  );
  const xLabels = new Map(xAxis.ticks.map((tick) => [column(tick), formatNumber(tick)]));
  const written = yAxis.ticks.map((tick) => formatNumber(tick));
  // The library makes room for what the formatter says of the points, so that all it says must be of one length.
  const room = Math.max(...written.map(lengthOf));
  const yLabels = new Map(yAxis.ticks.map((tick, i) => [yAxis.position(tick), written[i].padStart(room)]));
  return plot(
    parts.map(({ points }) => points),
    {
      width,
      height,
      yRange: [0, 1],
      color: parts.map(({ tag }) => tag),
      customXAxisTicks: [...xLabels.keys()],
      customYAxisTicks: [...yLabels.keys()],
      formatter: (value, { axis }) =>
        axis === "x" ? (xLabels.get(value) ?? "") : (yLabels.get(value) ?? " ".repeat(room)),
    },
  ).replace(/^\n|\s+$/g, "");
}

/**
 * The line as segments without a gap, each with one point in every column: the mean of those that fall into it, or
 * what lies between its neighbours. Heights are from 0 to 1.
 */
function joinColumns(
  points: Line["points"],
  column: (x: number) => number,
  position: (y: number) => number,
): [column: number, height: number][][] {
  const heights = new Map<number, number[]>();
  for (const [x, y] of points.toSorted((a, b) => a[0] - b[0])) {
    const inColumn = heights.get(column(x)) ?? [];
    if (Number.isFinite(y)) inColumn.push(Math.min(1, Math.max(0, position(y))));
    heights.set(column(x), inColumn);
  }
  const segments: [number, number][][] = [[]];
  for (const [at, found] of heights) {
    const segment = segments[segments.length - 1];
    if (found.length === 0) segments.push([]);
    else {
      const height = found.reduce((sum, y) => sum + y, 0) / found.length;
      const [lastAt, lastHeight] = segment[segment.length - 1] ?? [at, height];
      for (let between = lastAt + 1; between < at; between++)
        segment.push([between, lastHeight + ((height - lastHeight) * (between - lastAt)) / (at - lastAt)]);
      segment.push([at, height]);
    }
  }
  return segments.filter((segment) => segment.length > 0);
}

/** A character in one of the library's colours. */
const coloured = new RegExp(`${escapeCode}\\[3(\\d)m(.)${escapeCode}\\[0m`, "gu");

/** The library's colours turned into ours, or into strokes where there are to be no colours. */
function recolor(row: string, color: boolean): string {
  return row.replace(coloured, (_, digit: string, character: string) => stroke(Number(digit) - 1, character, color));
}

/** Characters of the library's heavy stroke as the line with that number is drawn. */
function stroke(line: number, characters: string, color: boolean): string {
  if (color) return paint(characters, lineColors[line % lineColors.length]);
  const [heavy, own] = [strokes[0], strokes[line % strokes.length]];
  return [...characters].map((character) => own[heavy.indexOf(character)] ?? character).join("");
}
