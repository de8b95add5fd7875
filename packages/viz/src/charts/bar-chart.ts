/**
 * Bars as an SVG drawing: lying bars in groups, for comparing several things at several tasks.
 */
import { DataError } from "@chainrule/core";
import { describe, lookUp } from "@chainrule/core/internal";
import { checkDrawingOptions } from "../drawing/options.ts";
import { element, lineColorsOn, svgDocument, text, textWidth } from "../drawing/svg.ts";
import { type Axis, type AxisScale, axisFor, formatNumber } from "../drawing/ticks.ts";
import { checkSize } from "./line-data.ts";

/** Lengths of bars by the group's name, and in it by the bar's name. */
export type BarChartData = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Options of {@link barChartSvg}. */
export interface BarChartOptions {
  title?: string;
  /** What the numbers are. */
  xLabel?: string;
  /** "linear" by default; "log" for numbers that differ by factors. */
  xScale?: AxisScale;
  /** Where bars begin: 0 by default, and 1 on a logarithmic scale, so that smaller numbers go to the left. */
  from?: number;
  /** In pixels, 640 by default. The height follows from the number of bars. */
  width?: number;
}

interface Bar {
  readonly name: string;
  readonly value: number;
}

const where = "barChartSvg";
const barHeight = 14;
const gap = 12;
const scales: Readonly<Record<AxisScale, AxisScale>> = { linear: "linear", log: "log" };

/**
 * Draws lying bars in groups as SVG; each bar's number stands at its end. Bars of one name have one colour.
 *
 * @param groups numbers by group and bar: `{ "task A": { ours: 3, theirs: 1 }, "task B": { ours: 2 } }`.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError where there are no bars, for numbers that are not finite, and on a logarithmic scale for those that
 *   are not positive; OptionError for unknown options.
 *
 * @example
 * await writeFile("speed.svg", barChartSvg({ W1: { ours: 12, theirs: 3 } }, { xLabel: "steps per second" }));
 */
export function barChartSvg(groups: BarChartData, options: BarChartOptions = {}): string {
  checkDrawingOptions(where, options, ["title", "xLabel", "xScale", "from", "width"]);
  const { title, xLabel, width = 640 } = options;
  const xScale = lookUp(`${where}: xScale`, scales, options.xScale ?? "linear");
  const from = options.from ?? (xScale === "log" ? 1 : 0);
  checkSize(where, "width", width, 240);
  const rows = toRows(groups, xScale);
  const names = [...new Set(rows.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const axis = axisFor(
    [from, ...rows.flatMap(({ bars }) => bars.map(({ value }) => value))],
    Math.max(2, Math.round(width / 100)),
    xScale,
  );
  const left = 24 + Math.max(...rows.map(({ group }) => textWidth(group, 12)));
  const frame = { left, right: width - 64, top: (title ? 40 : 16) + 24 };
  const bodies = rows.map(({ bars }) => bars.length * barHeight + gap);
  const bottom = frame.top + bodies.reduce((sum, each) => sum + each, 0);
  let y = frame.top;
  const drawn = rows.flatMap((row, i) => {
    const top = y;
    y += bodies[i];
    return drawGroup(row, top, frame, axis, from, names);
  });
  const description = rows
    .map(
      ({ group, bars }) =>
        `${group}: ${bars.map(({ name, value }) => `${name} ${formatNumber(value, 3)}`).join(", ")}.`,
    )
    .join(" ");
  const contents = [
    ...(title ? [text(left, 24, title, { class: "title" })] : []),
    ...drawLegend(names, left, frame.top - 18),
    ...drawAxis(axis, frame, bottom),
    ...drawn,
    ...(xLabel ? [text((left + frame.right) / 2, bottom + 38, xLabel, { "text-anchor": "middle" })] : []),
  ];
  return svgDocument(width, bottom + (xLabel ? 48 : 30), title ?? "Bars", contents, { description });
}

interface Row {
  readonly group: string;
  readonly bars: readonly Bar[];
}

function toRows(groups: BarChartData, scale: AxisScale): Row[] {
  for (const table of [groups, ...Object.values(Object(groups))] as unknown[])
    if (typeof table !== "object" || table === null)
      throw new DataError({
        where,
        expected: "numbers by group and by bar, { W1: { ours: 3 } }",
        got: describe(table),
      });
  const rows = Object.entries(groups).map(([group, bars]) => ({
    group,
    bars: Object.entries(bars).map(([name, value]) => ({ name, value })),
  }));
  for (const { group, bars } of rows)
    for (const { name, value } of bars)
      if (!Number.isFinite(value) || (scale === "log" && value <= 0))
        throw new DataError({
          where,
          expected: scale === "log" ? "positive numbers, on a logarithmic scale" : "finite numbers",
          got: `${describe(value)} as "${name}" of "${group}"`,
        });
  if (!rows.some(({ bars }) => bars.length > 0))
    throw new DataError({ where, expected: "at least one bar", got: "none" });
  return rows;
}

interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

const xPixel = ({ left, right }: PlotArea, axis: Axis, x: number) => left + (right - left) * axis.position(x);
const colorOf = (names: readonly string[], name: string) => `f${names.indexOf(name) % lineColorsOn.light.length}`;

function drawGroup(
  row: Row,
  top: number,
  frame: PlotArea,
  axis: Axis,
  from: number,
  names: readonly string[],
): string[] {
  const middle = top + (row.bars.length * barHeight) / 2;
  const label = text(frame.left - 10, middle + 4, row.group, { "text-anchor": "end" });
  const bars = row.bars.flatMap(({ name, value }, i) => {
    const [start, end] = [xPixel(frame, axis, from), xPixel(frame, axis, value)];
    const y = top + i * barHeight;
    const box = { x: Math.min(start, end), y: y + 1, width: Math.max(1, Math.abs(end - start)), height: barHeight - 2 };
    return [
      element("rect", { class: colorOf(names, name), ...box }),
      text(Math.max(start, end) + 5, y + 11, formatNumber(value, 3)),
    ];
  });
  return [label, ...bars];
}

function drawAxis(axis: Axis, frame: PlotArea, bottom: number): string[] {
  return axis.ticks.flatMap((tick) => {
    const x = xPixel(frame, axis, tick);
    return [
      element("line", { class: "grid", x1: x, y1: frame.top, x2: x, y2: bottom }),
      text(x, bottom + 18, formatNumber(tick), { "text-anchor": "middle" }),
    ];
  });
}

function drawLegend(names: readonly string[], left: number, y: number): string[] {
  let x = left;
  return names.flatMap((name) => {
    const at = x;
    x += 18 + textWidth(name, 12) + 16;
    return [
      element("rect", { class: colorOf(names, name), x: at, y: y - 9, width: 12, height: 10 }),
      text(at + 18, y, name),
    ];
  });
}
