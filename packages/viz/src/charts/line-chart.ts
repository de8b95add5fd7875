/**
 * Lines as an SVG drawing: axes with round numbers, bands around the lines, a legend, titles.
 */
import { DataError, OptionError } from "@chainrule/core";
import { describe, lookUp } from "@chainrule/core/internal";
import { checkRange } from "../drawing/options.ts";
import {
  axisLabels,
  clipped,
  drawAxes,
  fillClass,
  lastTickRoom,
  layoutLegend,
  lineEntry,
  lineStyle,
  type PlotArea,
  tickRoom,
  xPixel,
  yPixel,
} from "../drawing/plot-area.ts";
import { element, round, svgDocument, text } from "../drawing/svg.ts";
import { type Axis, type AxisScale, axisFor, axisWithin, type Extent, formatNumber } from "../drawing/ticks.ts";
import {
  checkLineOptions,
  checkSize,
  type Line,
  type LineChartData,
  type LinePlotOptions,
  type LineValues,
  toLines,
  withoutBelow,
} from "./line-data.ts";
import { thinOut } from "./thin-out.ts";

/** From where to where a band reaches, each end as the values of a line. */
export interface Band {
  readonly low: LineValues;
  readonly high: LineValues;
}

/** Options of {@link lineChartSvg}. */
export interface LineChartOptions extends LinePlotOptions {
  /** In pixels, 640 by default. */
  width?: number;
  /** In pixels, 360 by default. */
  height?: number;
  /** Where the lying axis begins and ends; by default where the points do. */
  xRange?: Extent;
  /** Where the upright axis begins and ends; what lies beyond is cut off. */
  yRange?: Extent;
  /** Bands by the names of lines, in their colours: a spread over several trainings, or quantiles. */
  bands?: Readonly<Record<string, Band>>;
}

/**
 * Draws lines as SVG.
 *
 * Points that are not finite leave a gap; a point alone between gaps is a dot. Of lines of more points than can be told
 * apart the first, least, greatest and last of each column of pixels are drawn.
 *
 * @param series lines by name, each a list of values or of points [x, y]; or one line.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for what is no list of numbers, and where no finite number is left.
 *
 * @example
 * await writeFile("loss.svg", lineChartSvg({ loss: history.loss }, { title: "Training", xLabel: "epoch" }));
 *
 * @example
 * const [low, high] = [[0.8, 0.4, 0.2], [1, 0.6, 0.4]];
 * lineChartSvg({ loss: history.loss }, { bands: { loss: { low, high } } });
 */
export function lineChartSvg(series: LineChartData, options: LineChartOptions = {}): string {
  const where = "lineChartSvg";
  checkLineOptions(where, options, ["width", "height", "xRange", "yRange", "bands"]);
  const { width = 640, height = 360, title, xLabel, yLabel, xScale = "linear" } = options;
  checkSize(where, "width", width, 160);
  checkSize(where, "height", height, 120);
  lookUp(`${where}, xScale`, { linear: true, log: true }, xScale);
  const lines = toLines(where, series, options).map((line) => withoutBelow(where, line, xScale));
  const bands = toBands(where, lines, options);
  const finite = [...lines, ...bands.flatMap(({ low, high }) => [low, high])].flatMap(({ points }) =>
    points.filter(([, y]) => Number.isFinite(y)),
  );
  const ys = finite.map(([, y]) => y);
  const yAxis = toAxis(where, ys, Math.round(height / 60), options.yScale, options.yRange, false);
  const xs = finite.map(([x]) => x);
  const xAxis = toAxis(where, xs, Math.round(width / 80), xScale, options.xRange, true);
  const left = tickRoom(yAxis) + (yLabel ? 20 : 0);
  const legend = layoutLegend(
    lines.map(({ name }, i) => lineEntry(name, i)),
    width - left - 10,
  );
  const frame: PlotArea = {
    left,
    right: width - lastTickRoom(xAxis),
    top: 14 + (title ? 24 : 0) + legend.height,
    bottom: height - 30 - (xLabel ? 18 : 0),
  };
  const drawn = [
    ...bands.map((band) => drawBand(band, frame, xAxis, yAxis)),
    ...lines.flatMap((line, i) => drawLine(line, i, frame, xAxis, yAxis)),
  ];
  const contents = [
    ...(title ? [text(frame.left, 24, title, { class: "title" })] : []),
    ...legend.draw(frame.left, title ? 44 : 20),
    ...drawAxes(frame, xAxis, yAxis),
    ...axisLabels(frame, xLabel, yLabel),
    // Half a line's width may stand out, as it does at both ends.
    ...(options.xRange || options.yRange ? [clipped(frame, drawn, 2)] : drawn),
  ];
  return svgDocument(width, height, title ?? "Lines", contents, { description: describeLines(lines, options) });
}

/** An axis for the numbers, at least between the ends that are asked for. */
function toAxis(
  where: string,
  values: number[],
  count: number,
  scale?: AxisScale,
  range?: Extent,
  tight = false,
): Axis {
  const marks = Math.max(2, count);
  if (range === undefined) return axisFor(values, marks, scale, tight);
  checkRange(where, range);
  if (scale !== "log" || range[0] > 0) return axisWithin(range, marks, scale);
  throw new OptionError({ where, expected: "a range above 0 on a logarithmic scale", got: `[${range.join(", ")}]` });
}

interface DrawnBand {
  readonly index: number;
  readonly low: Line;
  readonly high: Line;
}

function toBands(where: string, lines: readonly Line[], { bands = {}, x, yScale }: LineChartOptions): DrawnBand[] {
  if (typeof bands !== "object" || bands === null)
    throw new OptionError({ where, expected: "bands by name, { loss: { low, high } }", got: describe(bands) });
  return Object.entries(bands).map(([name, band]) => {
    const index = lines.findIndex((line) => line.name === name);
    const known = lines.map((line) => `"${line.name}"`).join(", ");
    if (index < 0) throw new OptionError({ where, expected: `bands of its lines (${known})`, got: `"${name}"` });
    const ends = { low: band?.low, high: band?.high } as Record<string, LineValues>;
    const [low, high] = toLines(`${where}, band "${name}"`, ends, { x, yScale });
    if (low.points.length !== high.points.length)
      throw new DataError({
        where: `${where}, band "${name}"`,
        expected: "as many numbers in low as in high",
        got: `${low.points.length} and ${high.points.length}`,
      });
    return { index, low, high };
  });
}

function drawBand({ index, low, high }: DrawnBand, frame: PlotArea, xAxis: Axis, yAxis: Axis): string {
  const finite = low.points.map(([, y], i) => Number.isFinite(y) && Number.isFinite(high.points[i][1]));
  const side = (line: Line) => line.points.filter((_, i) => finite[i]).map((point) => at(point, frame, xAxis, yAxis));
  const points = [...side(low), ...side(high).reverse()].join(" ");
  return element("polygon", { class: fillClass(index), "fill-opacity": 0.2, points });
}

const at = ([x, y]: readonly [number, number], frame: PlotArea, xAxis: Axis, yAxis: Axis) =>
  `${round(xPixel(frame, xAxis, x))},${round(yPixel(frame, yAxis, y))}`;

/** The line as strokes between its gaps. */
export function drawLine({ points }: Line, index: number, frame: PlotArea, xAxis: Axis, yAxis: Axis): string[] {
  const segments: string[][] = [[]];
  for (const point of thinOut(points, ([x]) => xPixel(frame, xAxis, x), frame.right - frame.left)) {
    if (Number.isFinite(point[1])) segments[segments.length - 1].push(at(point, frame, xAxis, yAxis));
    else segments.push([]);
  }
  return segments.flatMap((segment) => {
    if (segment.length > 1) return [element("polyline", { ...lineStyle(index), points: segment.join(" ") })];
    return segment.map((point) => {
      const [cx, cy] = point.split(",");
      return element("circle", { class: fillClass(index), cx, cy, r: 3 });
    });
  });
}

/** What a reader hears: each line with its ends. */
function describeLines(lines: readonly Line[], { xLabel, yLabel }: LineChartOptions): string {
  const told = lines.slice(0, 8).map(({ name, points }) => {
    const [[x0, y0], [x1, y1]] = [points[0], points[points.length - 1]];
    const [first, last] = [y0, y1].map((y) => formatNumber(y));
    return `${name ? `${name}: ` : ""}${first} at ${formatNumber(x0)}, ${last} at ${formatNumber(x1)}`;
  });
  const axes = [yLabel, xLabel].filter(Boolean).join(" by ");
  const more = lines.length > told.length ? ` And ${lines.length - told.length} more lines.` : "";
  return `${axes ? `${axes}. ` : ""}${told.join("; ")}.${more}`;
}
