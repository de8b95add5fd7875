/**
 * Charts of shares against shares: both axes from 0 to 1, a legend above, as high as they are wide.
 */
import { DataError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { checkSize } from "../charts/line-data.ts";
import { checkDrawingOptions } from "../drawing/options.ts";
import {
  axisLabels,
  drawAxes,
  type LegendEntry,
  layoutLegend,
  type PlotArea,
  xPixel,
  yPixel,
} from "../drawing/plot-area.ts";
import { element, round, svgDocument, text } from "../drawing/svg.ts";
import { type Axis, axisWithin } from "../drawing/ticks.ts";

/** Options of charts of shares. */
export interface ShareChartOptions {
  title?: string;
  /** In pixels, 400 by default; the height follows from it. */
  width?: number;
}

/** The axis of shares. */
export const shareAxis: Axis = axisWithin([0, 1], 6);

/** What a chart of shares draws besides its axes. */
export interface ShareChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly legend: readonly LegendEntry[];
  readonly description: string;
  /** More room below, for something that is drawn there. */
  readonly below?: number;
  draw(frame: PlotArea): readonly string[];
}

/** Checks the options, and draws the chart. */
export function shareChartSvg(chart: ShareChart, options: ShareChartOptions): string {
  const { title = chart.title, width = 400 } = options;
  const left = 50 + 20;
  const legend = layoutLegend(chart.legend, width - left - 10);
  const top = 38 + legend.height;
  const frame: PlotArea = { left, right: width - 20, top, bottom: top + width - left - 20 };
  const contents = [
    text(left, 24, title, { class: "title" }),
    ...legend.draw(left, 44),
    ...drawAxes(frame, shareAxis, shareAxis),
    ...axisLabels(frame, chart.xLabel, chart.yLabel, 6),
    ...chart.draw(frame),
  ];
  const height = frame.bottom + 48 + (chart.below ?? 0);
  return svgDocument(width, height, title, contents, { description: chart.description });
}

/** Throws for options that are none. */
export function checkShareOptions(where: string, options: ShareChartOptions): void {
  checkDrawingOptions(where, options, ["title", "width"]);
  if (options.width !== undefined) checkSize(where, "width", options.width, 200);
}

/** A place in the chart, as SVG writes it. */
export function placeOf(frame: PlotArea, x: number, y: number): string {
  return `${round(xPixel(frame, shareAxis, x))},${round(yPixel(frame, shareAxis, y))}`;
}

/** A dashed line for what is compared with: chance, or what would be perfect. */
export function reference(frame: PlotArea, [x1, y1]: readonly number[], [x2, y2]: readonly number[]): string {
  const points = `${placeOf(frame, x1, y1)} ${placeOf(frame, x2, y2)}`;
  return element("polyline", { class: "axis", fill: "none", "stroke-dasharray": "4 4", "stroke-opacity": 0.6, points });
}

/**
 * Several things of one kind by name, or one alone.
 *
 * @param isOne whether it is one of the kind.
 * @throws DataError for neither.
 */
export function byName<T>(
  where: string,
  given: unknown,
  isOne: (x: unknown) => x is T,
  expected: string,
): [string, T][] {
  if (isOne(given)) return [["", given]];
  const entries = given !== null && typeof given === "object" && !Array.isArray(given) ? Object.entries(given) : [];
  const wrong = entries.find(([, one]) => !isOne(one));
  if (entries.length > 0 && wrong === undefined) return entries as [string, T][];
  throw new DataError({
    where,
    expected: `${expected}, or several of these by name`,
    got: wrong ? `${describe(wrong[1])} as "${wrong[0]}"` : describe(given),
  });
}

/** Whether it is a list of numbers from 0 to 1, but for rounding. */
export function areShares(list: unknown): list is readonly number[] {
  const isShare = (x: unknown) => typeof x === "number" && x >= -1e-9 && x <= 1 + 1e-9;
  return Array.isArray(list) && list.length > 0 && Array.from(list).every(isShare);
}
