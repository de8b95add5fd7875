/**
 * The rectangle of a chart in which its data lies: axes around it, a legend above, and nothing drawn beyond its edges.
 */
import { element, lineColorsOn, round, text, textWidth, verticalText } from "./svg.ts";
import { type Axis, formatNumber } from "./ticks.ts";

/** Where the data is drawn, in pixels. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const xPixel = ({ left, right }: PlotArea, axis: Axis, x: number) => left + (right - left) * axis.position(x);
export const yPixel = ({ top, bottom }: PlotArea, axis: Axis, y: number) => bottom - (bottom - top) * axis.position(y);

/** How much room the marks of an upright axis need to the left of it. */
export function tickRoom({ ticks }: Axis): number {
  return 18 + Math.max(0, ...ticks.map((tick) => textWidth(formatNumber(tick), 12)));
}

/** How much room the last mark of a lying axis needs to the right of it. */
export function lastTickRoom({ ticks }: Axis): number {
  return ticks.length === 0 ? 20 : Math.max(20, textWidth(formatNumber(ticks[ticks.length - 1]), 12) / 2 + 4);
}

/** The labels of the axes, in the places that are kept for them: 18 pixels below the marks, 20 to the left of them. */
export function axisLabels(frame: PlotArea, xLabel?: string, yLabel?: string, left = 0): string[] {
  const [x, y] = [(frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2];
  return [
    ...(xLabel ? [text(x, frame.bottom + 38, xLabel, { "text-anchor": "middle" })] : []),
    ...(yLabel ? [verticalText(left + 16, y, yLabel)] : []),
  ];
}

/** Both axes: lines across at the marks of the upright one, short strokes at those of the lying one. */
export function drawAxes(frame: PlotArea, xAxis: Axis, yAxis: Axis): string[] {
  const { left, right } = frame;
  const rows = yAxis.ticks.flatMap((tick) => {
    const y = yPixel(frame, yAxis, tick);
    return [
      element("line", { class: "grid", x1: left, y1: y, x2: right, y2: y }),
      text(left - 8, y + 4, formatNumber(tick), { "text-anchor": "end" }),
    ];
  });
  return [...rows, ...drawXAxis(frame, xAxis)];
}

/** The lying axis alone. */
export function drawXAxis(frame: PlotArea, axis: Axis): string[] {
  const { left, right, bottom } = frame;
  const columns = axis.ticks.flatMap((tick) => {
    const x = xPixel(frame, axis, tick);
    return [
      element("line", { class: "axis", x1: x, y1: bottom, x2: x, y2: bottom + 5 }),
      text(x, bottom + 19, formatNumber(tick), { "text-anchor": "middle" }),
    ];
  });
  return [...columns, element("line", { class: "axis", x1: left, y1: bottom, x2: right, y2: bottom })];
}

/** A frame around the data with strokes at both axes, for planes in which neither direction is the more important one. */
export function drawBox(frame: PlotArea, xAxis: Axis, yAxis: Axis): string[] {
  const { left, right, top, bottom } = frame;
  const rows = yAxis.ticks.flatMap((tick) => {
    const y = yPixel(frame, yAxis, tick);
    return [
      element("line", { class: "axis", x1: left - 5, y1: y, x2: left, y2: y }),
      text(left - 8, y + 4, formatNumber(tick), { "text-anchor": "end" }),
    ];
  });
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  return [...rows, ...drawXAxis(frame, xAxis), element("rect", { class: "axis", fill: "none", ...box })];
}

/** The contents, cut off at the edges: an inner drawing does that, without a name that could be another drawing's too. */
export function clipped({ left, right, top, bottom }: PlotArea, contents: readonly string[], margin = 0): string {
  const [x, y] = [left - margin, top - margin];
  const [width, height] = [right + margin - x, bottom + margin - y];
  const viewBox = [x, y, width, height].map(round).join(" ");
  return element("svg", { x, y, width, height, viewBox }, ...contents);
}

const colors = lineColorsOn.light.length;

/** The class and dashes of a line. Once the colours are used up, lines are dashed. */
export function lineStyle(index: number) {
  return {
    class: `line l${index % colors}`,
    "stroke-dasharray": index < colors ? undefined : index < 2 * colors ? "7 5" : "2 5",
  };
}

/** The class that fills in the colour of a line. */
export function fillClass(index: number): string {
  return `f${index % colors}`;
}

/** A name in a legend, and how the thing looks: drawn with its left end in the middle of the line at (x, y). */
export interface LegendEntry {
  readonly name: string;
  draw(x: number, y: number): string;
}

/** The entry of a line. */
export function lineEntry(name: string, index: number): LegendEntry {
  return { name, draw: (x, y) => element("line", { ...lineStyle(index), x1: x, y1: y, x2: x + 20, y2: y }) };
}

const rowHeight = 20;
const symbolWidth = 28;

/** Names side by side, in as many rows as they need; entries without a name are left out. */
export function layoutLegend(entries: readonly LegendEntry[], width: number) {
  let [x, row] = [0, 0];
  const placed = entries
    .filter(({ name }) => name)
    .map((entry) => {
      const size = symbolWidth + textWidth(entry.name, 12) + 16;
      if (x > 0 && x + size > width) [x, row] = [0, row + 1];
      const place = { entry, x, y: row * rowHeight };
      x += size;
      return place;
    });
  return {
    height: placed.length === 0 ? 0 : (row + 1) * rowHeight,
    draw: (left: number, top: number) =>
      placed.flatMap(({ entry, ...place }) => {
        const [x, y] = [left + place.x, top + place.y];
        return [entry.draw(x, y - 4), text(x + symbolWidth, y, entry.name)];
      }),
  };
}
