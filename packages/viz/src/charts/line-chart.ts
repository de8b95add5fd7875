/**
 * Lines as an SVG drawing: axes with round numbers, a legend, titles.
 */

import { element, lineColorsOn, round, svgDocument, text, textWidth, verticalText } from "../drawing/svg.ts";
import { type Axis, axisFor, formatNumber } from "../drawing/ticks.ts";
import {
  checkLineOptions,
  checkSize,
  type Line,
  type LineChartData,
  type LinePlotOptions,
  toLines,
} from "./line-data.ts";

/** Options of {@link lineChartSvg}. */
export interface LineChartOptions extends LinePlotOptions {
  /** In pixels, 640 by default. */
  width?: number;
  /** In pixels, 360 by default. */
  height?: number;
}

/** Where the lines are drawn, in pixels. */
interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const colors = lineColorsOn.light.length;
/** Once the colours are used up, lines are dashed. */
const lineStyle = (index: number) => ({
  class: `line l${index % colors}`,
  "stroke-dasharray": index < colors ? undefined : index < 2 * colors ? "7 5" : "2 5",
});

/**
 * Draws lines as SVG.
 *
 * Points that are not finite leave a gap; a point alone between gaps is a dot.
 *
 * @param series lines by name, each a list of values or of points [x, y]; or one line.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for what is no list of numbers, and where no finite number is left.
 *
 * @example
 * await writeFile("loss.svg", lineChartSvg({ loss: history.loss }, { title: "Training", xLabel: "epoch" }));
 */
export function lineChartSvg(series: LineChartData, options: LineChartOptions = {}): string {
  const where = "lineChartSvg";
  checkLineOptions(where, options, ["width", "height"]);
  const { width = 640, height = 360, title, xLabel, yLabel } = options;
  checkSize(where, "width", width, 160);
  checkSize(where, "height", height, 120);
  const lines = toLines(where, series, options);
  const finite = lines.flatMap(({ points }) => points.filter(([, y]) => Number.isFinite(y)));
  const yAxis = axisFor(
    finite.map(([, y]) => y),
    Math.max(2, Math.round(height / 60)),
    options.yScale,
  );
  const xAxis = axisFor(
    finite.map(([x]) => x),
    Math.max(2, Math.round(width / 80)),
    "linear",
    true,
  );
  const legend = layoutLegend(lines, width);
  const labels = yAxis.ticks.map((tick) => textWidth(formatNumber(tick), 12));
  const frame: PlotArea = {
    left: 18 + Math.max(...labels) + (yLabel ? 20 : 0),
    right: width - 20,
    top: 14 + (title ? 24 : 0) + legend.height,
    bottom: height - 30 - (xLabel ? 18 : 0),
  };
  return svgDocument(width, height, title ?? "Lines", [
    ...(title ? [text(frame.left, 24, title, { class: "title" })] : []),
    ...legend.draw(frame.left, title ? 44 : 20),
    ...drawAxes(frame, xAxis, yAxis),
    ...(xLabel ? [text((frame.left + frame.right) / 2, height - 10, xLabel, { "text-anchor": "middle" })] : []),
    ...(yLabel ? [verticalText(16, (frame.top + frame.bottom) / 2, yLabel)] : []),
    ...lines.flatMap((line, i) => drawLine(line, i, frame, xAxis, yAxis)),
  ]);
}

const xPixel = ({ left, right }: PlotArea, axis: Axis, x: number) => left + (right - left) * axis.position(x);
const yPixel = ({ top, bottom }: PlotArea, axis: Axis, y: number) => bottom - (bottom - top) * axis.position(y);

function drawAxes(frame: PlotArea, xAxis: Axis, yAxis: Axis): string[] {
  const { left, right, bottom } = frame;
  const rows = yAxis.ticks.flatMap((tick) => {
    const y = yPixel(frame, yAxis, tick);
    return [
      element("line", { class: "grid", x1: left, y1: y, x2: right, y2: y }),
      text(left - 8, y + 4, formatNumber(tick), { "text-anchor": "end" }),
    ];
  });
  const columns = xAxis.ticks.flatMap((tick) => {
    const x = xPixel(frame, xAxis, tick);
    return [
      element("line", { class: "axis", x1: x, y1: bottom, x2: x, y2: bottom + 5 }),
      text(x, bottom + 19, formatNumber(tick), { "text-anchor": "middle" }),
    ];
  });
  return [...rows, ...columns, element("line", { class: "axis", x1: left, y1: bottom, x2: right, y2: bottom })];
}

function drawLine({ points }: Line, index: number, frame: PlotArea, xAxis: Axis, yAxis: Axis): string[] {
  const segments: string[][] = [[]];
  for (const [x, y] of points) {
    if (Number.isFinite(y))
      segments[segments.length - 1].push(`${round(xPixel(frame, xAxis, x))},${round(yPixel(frame, yAxis, y))}`);
    else segments.push([]);
  }
  return segments.flatMap((segment) => {
    if (segment.length > 1) return [element("polyline", { ...lineStyle(index), points: segment.join(" ") })];
    return segment.map((point) => {
      const [cx, cy] = point.split(",");
      return element("circle", { class: `f${index % colors}`, cx, cy, r: 3 });
    });
  });
}

/** The names of the lines side by side, in as many rows as they need. */
function layoutLegend(lines: readonly Line[], width: number) {
  const rowHeight = 20;
  let [x, row] = [0, 0];
  const entries = lines.flatMap(({ name }, i) => {
    if (!name) return [];
    const size = 28 + textWidth(name, 12) + 16;
    if (x > 0 && x + size > width - 80) [x, row] = [0, row + 1];
    const entry = { name, i, x, y: row * rowHeight };
    x += size;
    return [entry];
  });
  return {
    height: entries.length === 0 ? 0 : (row + 1) * rowHeight,
    draw: (left: number, top: number) =>
      entries.flatMap((entry) => {
        const [x, y] = [left + entry.x, top + entry.y];
        return [
          element("line", { ...lineStyle(entry.i), x1: x, y1: y - 4, x2: x + 20, y2: y - 4 }),
          text(x + 28, y, entry.name),
        ];
      }),
  };
}
