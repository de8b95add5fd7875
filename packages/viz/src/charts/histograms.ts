/**
 * How numbers are distributed over time, in SVG: a small chart for each layer or weight, in it a hill for each moment,
 * the latest in front.
 */
import { DataError, OptionError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { checkDrawingOptions } from "../drawing/options.ts";
import { clipped, drawXAxis, type PlotArea, xPixel } from "../drawing/plot-area.ts";
import { element, lineColorsOn, mixColors, pageColorOn, round, svgDocument, text, textWidth } from "../drawing/svg.ts";
import { type Axis, axisFor, axisWithin, formatNumber, paddedBy } from "../drawing/ticks.ts";
import { checkSize } from "./line-data.ts";

/** How numbers were distributed at one moment: so many in each bucket, which ends at its limit and begins at the one before. */
export interface HistogramData {
  /** When that was: an epoch or a step. */
  readonly at: number;
  /** Where the first bucket begins. */
  readonly min: number;
  readonly limits: readonly number[];
  readonly counts: readonly number[];
  /** How many numbers were NaN or infinite. */
  readonly notFinite?: number;
}

/** Options of {@link histogramsSvg}. */
export interface HistogramsOptions {
  title?: string;
  /** What the numbers are, such as "weight". */
  xLabel?: string;
  /** What the moments are; "epoch" by default. */
  yLabel?: string;
  /** In pixels, 640 by default. */
  width?: number;
  /** How many charts stand side by side; by default as many as are 240 pixels wide. */
  columns?: number;
}

/** More hills would hide each other. */
const mostHills = 12;
const mostCharts = 60;
const chartHeight = 190;
/** How high the highest hill is, in distances from one hill's foot to the next. */
const overlap = 2.2;

const hillColors = (theme: "light" | "dark") =>
  Array.from({ length: mostHills }, (_, i) => {
    const share = 0.2 + (0.6 * i) / (mostHills - 1);
    return `.cr .h${i}{fill:${mixColors(pageColorOn[theme], lineColorsOn[theme][0], share)}}`;
  }).join("");
const styles = {
  light: `${hillColors("light")}.cr .hill{stroke:${pageColorOn.light};stroke-width:1}`,
  dark: `${hillColors("dark")}.cr .hill{stroke:${pageColorOn.dark}}`,
};

/**
 * Draws histograms over time as SVG: for each name a chart with a hill for each moment, from the first at the back, pale,
 * to the last in front. All hills of a chart lie on one axis, and each is as high as the others, so that what changes is
 * seen: where the numbers lie, and how wide. Of more than twelve moments every second or third is drawn.
 *
 * @param histograms lists by name, each from the first moment to the last: `weights`, `gradients` or `activations` of a
 *   `HistogramRecorder`.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for what are no histograms, and where there are none or more than 60 names.
 *
 * @example
 * const recorder = new HistogramRecorder({ x });
 * await model.fit(x, y, { epochs: 5, callbacks: [recorder] });
 * await writeFile("weights.svg", histogramsSvg(recorder.weights, { title: "Weights" }));
 */
export function histogramsSvg(
  histograms: Readonly<Record<string, readonly HistogramData[]>>,
  options: HistogramsOptions = {},
): string {
  const where = "histogramsSvg";
  checkDrawingOptions(where, options, ["title", "xLabel", "yLabel", "width", "columns"]);
  const { title, xLabel, yLabel = "epoch", width = 640 } = options;
  checkSize(where, "width", width, 240);
  const charts = readHistograms(where, histograms);
  const { columns = Math.max(1, Math.min(charts.length, Math.floor(width / 240))) } = options;
  if (!Number.isInteger(columns) || columns < 1 || width / columns < 120)
    throw new OptionError({
      where,
      expected: "a number of columns that leaves each 120 pixels",
      got: describe(columns),
    });
  const above = title ? 40 : 12;
  const rows = Math.ceil(charts.length / columns);
  const each = (width - 12) / columns;
  const height = above + rows * chartHeight + (xLabel ? 18 : 0);
  const contents = [
    ...(title ? [text(16, 24, title, { class: "title" })] : []),
    ...charts.flatMap(({ name, list }, i) =>
      drawChart(name, list, 12 + (i % columns) * each, above + Math.floor(i / columns) * chartHeight, each - 12),
    ),
    ...(xLabel ? [text(width / 2, height - 8, xLabel, { "text-anchor": "middle" })] : []),
  ];
  const description = charts.map(({ name, list }) => `${name}: ${describeList(list, yLabel)}.`).join(" ");
  return svgDocument(width, height, title ?? "Histograms", contents, { ...styles, description });
}

interface Chart {
  readonly name: string;
  readonly list: readonly HistogramData[];
}

function readHistograms(where: string, given: unknown): Chart[] {
  const entries = given !== null && typeof given === "object" && !Array.isArray(given) ? Object.entries(given) : [];
  if (entries.length === 0 || entries.length > mostCharts)
    throw new DataError({
      where,
      expected: "lists of histograms by name, such as recorder.weights",
      got:
        entries.length > mostCharts
          ? `${entries.length} names, of which at most ${mostCharts} are drawn`
          : describe(given),
      hint: entries.length > mostCharts ? "Pick some: { kernel: recorder.weights.kernel }." : undefined,
    });
  return entries.map(([name, list]: [string, unknown]) => {
    const wrong = Array.isArray(list) && list.length > 0 ? Array.from(list).find((one) => !isHistogram(one)) : list;
    if (Array.isArray(list) && list.length > 0 && wrong === undefined) return { name, list: list as HistogramData[] };
    throw new DataError({
      where,
      expected: `"${name}" to be a list of histograms, { at, min, limits, counts }`,
      got: Array.isArray(list) && list.length === 0 ? "an empty list" : describe(wrong),
    });
  });
}

function isHistogram(one: unknown): boolean {
  if (one === null || typeof one !== "object") return false;
  const { at, min, limits, counts } = one as Record<string, unknown>;
  const areNumbers = (list: unknown): list is number[] =>
    Array.isArray(list) && Array.from(list).every((x) => typeof x === "number" && Number.isFinite(x));
  if (!Number.isFinite(at) || !Number.isFinite(min) || !areNumbers(limits) || !areNumbers(counts)) return false;
  return (
    limits.length === counts.length && counts.every((count) => count >= 0) && isAscending([min as number, ...limits])
  );
}

const isAscending = (list: readonly number[]) => list.every((x, i) => i === 0 || x >= list[i - 1]);

/** Every second or third where there are too many, the last one always. */
function pick(list: readonly HistogramData[]): readonly HistogramData[] {
  const every = Math.ceil(list.length / mostHills);
  return list.filter((_, i) => (list.length - 1 - i) % every === 0);
}

function drawChart(name: string, list: readonly HistogramData[], x: number, y: number, width: number): string[] {
  const shown = pick(list);
  const lost = list.reduce((sum, { notFinite = 0 }) => sum + notFinite, 0);
  const names = shown.map(({ at }) => formatNumber(at));
  const left = x + 10 + Math.max(...names.map((one) => textWidth(one, 12)));
  const frame: PlotArea = { left, right: x + width, top: y + 22, bottom: y + chartHeight - 34 };
  const ends = shown.flatMap(({ min, limits, counts }) => (counts.length > 0 ? [min, limits[limits.length - 1]] : []));
  // A little more than the numbers, so that hills end inside.
  const wide = axisFor(ends.length > 0 ? paddedBy(0.04, ends) : [], 5, "linear", true, false);
  const axis = axisWithin(wide.range, Math.max(2, Math.floor((frame.right - frame.left) / 55)));
  const room = frame.bottom - frame.top;
  const step = shown.length > 1 ? room / (shown.length - 1 + overlap) : 0;
  const high = shown.length > 1 ? step * overlap : room * 0.9;
  const feet = shown.map((_, i) => frame.bottom - (shown.length - 1 - i) * step);
  const every = Math.ceil(13 / (step || 13));
  const hills = shown.map((histogram, i) => {
    const strength = shown.length === 1 ? mostHills - 1 : Math.round((i * (mostHills - 1)) / (shown.length - 1));
    return drawHill(histogram, axis, frame, feet[i], high, strength);
  });
  return [
    text(x + 2, y + 12, shorten(lost > 0 ? `${name} (${lost} not finite)` : name, width)),
    ...names.flatMap((one, i) =>
      (names.length - 1 - i) % every === 0 ? [text(left - 6, feet[i] + 4, one, { "text-anchor": "end" })] : [],
    ),
    clipped(frame, hills, 1),
    ...drawXAxis(frame, axis),
  ];
}

/** At how many places a hill is drawn, and how much of the axis a number is spread over: single numbers become small hills. */
const places = 80;
const spread = 0.015;

/** The hill of one moment: how dense the numbers are, the densest place as high as there is room for. */
function drawHill(
  { min, limits, counts }: HistogramData,
  axis: Axis,
  frame: PlotArea,
  foot: number,
  high: number,
  strength: number,
): string {
  const [low, top] = axis.range;
  const buckets = counts.map((count, i) => {
    const from = i === 0 ? min : limits[i - 1];
    // Equal numbers are one bucket, whose width says nothing.
    const width = counts.length === 1 ? 0 : limits[i] - from;
    return { count, middle: (from + limits[i]) / 2, size: Math.max(width * 0.6, (top - low) * spread) };
  });
  const grid = Array.from({ length: places + 1 }, (_, i) => low + ((top - low) * i) / places);
  const densities = grid.map((at) =>
    buckets.reduce(
      (sum, { count, middle, size }) => sum + (count / size) * Math.exp(-(((at - middle) / size) ** 2) / 2),
      0,
    ),
  );
  const most = Math.max(...densities);
  if (!(most > 0)) return "";
  const corner = (at: number, density: number) =>
    `${round(xPixel(frame, axis, at))} ${round(foot - (high * density) / most)}`;
  const slope = grid.map((at, i) => `L${corner(at, densities[i])}`).join("");
  return element("path", { class: `hill h${strength}`, d: `M${corner(low, 0)}${slope}L${corner(top, 0)}Z` });
}

/** As much of a name as there is room for: its end, which tells layers apart. */
function shorten(name: string, width: number): string {
  const most = Math.floor(width / (12 * 0.56));
  const letters = [...name];
  return letters.length <= most ? name : `…${letters.slice(letters.length - most + 1).join("")}`;
}

function describeList(list: readonly HistogramData[], yLabel: string): string {
  const last = list[list.length - 1];
  const lost = list.reduce((sum, { notFinite = 0 }) => sum + notFinite, 0);
  const range =
    last.counts.length > 0
      ? `from ${formatNumber(last.min)} to ${formatNumber(last.limits[last.limits.length - 1])}`
      : "no finite numbers";
  return `${list.length} histograms, at ${yLabel} ${formatNumber(last.at)} ${range}${lost > 0 ? `, ${lost} numbers not finite` : ""}`;
}
