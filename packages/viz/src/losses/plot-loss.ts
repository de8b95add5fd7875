/**
 * Losses as curves with their derivatives below, in SVG.
 */
import { asTensor, DataError, OptionError, type Tensor, type TensorLike } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { drawLine } from "../charts/line-chart.ts";
import { checkSize } from "../charts/line-data.ts";
import { checkDrawingOptions, checkRange } from "../drawing/options.ts";
import {
  axisLabels,
  clipped,
  drawAxes,
  lastTickRoom,
  layoutLegend,
  lineEntry,
  type PlotArea,
  tickRoom,
} from "../drawing/plot-area.ts";
import { svgDocument, text, wrapText } from "../drawing/svg.ts";
import { type Axis, axisFor, axisWithin, type Extent, formatNumber } from "../drawing/ticks.ts";
import {
  checkLossFunction,
  combinations,
  followLoss,
  inWords,
  type LossCurve,
  type LossOptionLists,
} from "./curves.ts";
import { type LossLike, type Slice, sliceOf } from "./slices.ts";

/** A loss: of the library, made by `defineLoss`, or a plain function of a prediction and a target. */
export type PlottedLoss = LossLike;

/** Options of {@link plotLoss} that are the drawing's, and those that choose the slice. */
export interface PlotLossOptions {
  title?: string;
  /** What x is; by default the slice says it. */
  xLabel?: string;
  /** In pixels, 480 by default. */
  width?: number;
  /** In pixels; by default 400, and more where the legend has several rows. */
  height?: number;
  /** From where to where x goes; by default where the loss is interesting. */
  xRange?: Extent;
  /** Which input is varied, by its name: "variance" of `gaussianNll`. By default the first. */
  along?: string;
  /** Where the other inputs stand, by their names: `{ target: 0 }`. */
  at?: Readonly<Record<string, number>>;
  /** A slice of one's own: the loss's inputs at x, which is a tensor without axes. */
  inputs?: (x: Tensor) => readonly TensorLike[];
}

const own = ["title", "xLabel", "width", "height", "xRange", "along", "at", "inputs"] as const;
const where = "plotLoss";

/**
 * Draws a loss as a curve, and its derivative below, in SVG.
 *
 * What lies along the axis follows from the numbers that the loss takes, and is written there: the predicted probability of
 * what is true, the logit of the right class among three, the prediction beside a target, the first probability of a
 * distribution, the distance or the angle of two vectors. `along`, `at` and `inputs` choose another slice. The derivative is
 * the library's own, by `backward()`. Where a curve runs off to infinity, the drawing ends before.
 *
 * @param loss a loss of the library, of `defineLoss`, or a function of a prediction and a target.
 * @param options the loss's own options; a list is a list of values to compare, one curve for each, and for each
 *   combination of several lists. An option whose value is a list itself stands in another list.
 * @param drawing the size, the title, and the slice.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws OptionError for options that the loss or the drawing does not know, for more than 18 curves, and for a loss of
 *   whose inputs nothing is known; DataError where the loss is nowhere finite.
 *
 * @example
 * await writeFile("focal.svg", plotLoss(binaryFocal, { gamma: [0, 1, 2] }));
 *
 * @example
 * plotLoss(gaussianNll, {}, { along: "variance", at: { mean: 1 }, xRange: [0.1, 4] });
 * plotLoss((prediction, target) => prediction.sub(target).abs().sqrt(), {}, { title: "A loss of one's own" });
 */
export function plotLoss(
  loss: (prediction: Tensor, target: Tensor) => Tensor,
  options?: LossOptionLists,
  drawing?: PlotLossOptions,
): string;
export function plotLoss(loss: PlottedLoss, options?: LossOptionLists, drawing?: PlotLossOptions): string;
export function plotLoss(loss: PlottedLoss, options: LossOptionLists = {}, drawing: PlotLossOptions = {}): string {
  checkLossFunction(where, loss);
  for (const given of [options, drawing] as unknown[])
    if (typeof given !== "object" || given === null || Array.isArray(given)) checkOptions(where, given as object, own);
  checkDrawingOptions(where, drawing, own);
  const { width = 480, height } = drawing;
  checkSize(where, "width", width, 240);
  if (height !== undefined) checkSize(where, "height", height, 240);
  const given: LossLike = loss;
  const compared = combinations(where, options);
  const curves: LossCurve[] = [];
  let slice: Slice | undefined;
  for (const { name, options } of compared) {
    const fixed = underOptions(given, options);
    // The first decides, since one axis serves all.
    slice ??= chooseSlice(fixed, drawing);
    curves.push(followLoss(where, fixed, slice, name));
  }
  return draw(curves, slice!, { ...drawing, width, title: drawing.title ?? titleOf(given, options) });
}

/** The loss with options fixed. A plain function has them after its inputs, and has to read them. */
function underOptions(loss: LossLike, options: Readonly<Record<string, unknown>>): LossLike {
  if (Object.keys(options).length === 0) return loss;
  if (loss.with) return loss.with(options as never);
  return Object.assign(
    (...inputs: unknown[]) => {
      const read = new Set<PropertyKey>();
      const get = (target: object, key: string) => {
        read.add(key);
        return (target as Record<string, unknown>)[key];
      };
      const result = (loss as (...given: unknown[]) => Tensor)(...inputs, new Proxy(options, { get }));
      const unread = Object.keys(options).find((key) => !read.has(key));
      if (unread === undefined) return result;
      throw new OptionError({
        where,
        expected: `options that ${loss.name || "the function"} reads from what it gets after its inputs`,
        got: `"${unread}"`,
      });
    },
    { inputs: loss.inputs },
  );
}

function titleOf(loss: LossLike, options: LossOptionLists): string {
  const fixed = Object.entries(options).filter(([, value]) => !Array.isArray(value));
  const name = loss.lossName ?? (loss.name || "loss");
  return [name, ...fixed.map(([key, value]) => `${key} ${inWords(value)}`)].join(", ");
}

function chooseSlice(loss: LossLike, { inputs, along, at, xRange, xLabel }: PlotLossOptions): Slice {
  if (xRange !== undefined) checkRange(where, xRange);
  if (inputs !== undefined) return { label: xLabel ?? "x", range: xRange ?? [-3, 3], inputs: ownInputs(inputs) };
  if (along !== undefined && typeof along !== "string")
    throw new OptionError({ where, expected: "the name of an input as along", got: describe(along) });
  const isPlace = at !== null && typeof at === "object" && Object.values(at).every((x) => typeof x === "number");
  if (at !== undefined && !isPlace)
    throw new OptionError({ where, expected: "numbers by the names of inputs as at", got: describe(at) });
  const slice = sliceOf(where, loss, { along, at });
  return { ...slice, label: xLabel ?? slice.label, range: xRange ?? slice.range };
}

function ownInputs(inputs: unknown): Slice["inputs"] {
  if (typeof inputs !== "function")
    throw new OptionError({ where, expected: "a function of x as inputs", got: describe(inputs) });
  return (x) => {
    const found: unknown = inputs(x);
    if (Array.isArray(found)) return found.map((input) => asTensor(input, "an input", "float64"));
    throw new OptionError({ where, expected: "inputs(x) to return a list: the loss's inputs", got: describe(found) });
  };
}

const gapBetween = 18;

function draw(
  curves: readonly LossCurve[],
  { label, range }: Slice,
  { title, width, height: wanted }: PlotLossOptions & { title: string; width: number },
): string {
  const [losses, slopes] = (["points", "derivatives"] as const).map((part) => {
    const lines = curves.map((curve) => ({ name: curve.name, points: curve[part] }));
    const ys = lines.map(({ points }) => points.map(([, y]) => y));
    // Whether a derivative is positive is the first thing to see.
    return { lines, axis: part === "points" ? limitedAxis(ys, 5) : limitedAxis([...ys, [0]], 4) };
  });
  const xAxis = axisWithin(range, Math.max(2, Math.round(width / 60)));
  const left = Math.max(tickRoom(losses.axis), tickRoom(slopes.axis)) + 20;
  const legend = layoutLegend(
    curves.map(({ name }, i) => lineEntry(name, i)),
    width - left - 10,
  );
  const said = wrapText(label, width - left - 10, 12);
  const top = 38 + legend.height;
  const height = wanted ?? 400 + Math.max(0, legend.height - 20);
  const bottom = height - 30 - 16 * said.length;
  const middle = top + (bottom - top - gapBetween) * 0.56;
  const right = width - lastTickRoom(xAxis);
  const upper: PlotArea = { left, right, top, bottom: middle };
  const lower: PlotArea = { left, right, top: middle + gapBetween, bottom };
  const panel = (frame: PlotArea, { lines, axis }: typeof losses) =>
    clipped(
      frame,
      lines.flatMap((line, i) => drawLine(line, i, frame, xAxis, axis)),
      1,
    );
  const contents = [
    text(left, 24, title, { class: "title" }),
    ...legend.draw(left, 44),
    ...drawAxes(upper, { ...xAxis, ticks: [] }, losses.axis),
    ...axisLabels(upper, undefined, "loss"),
    panel(upper, losses),
    ...drawAxes(lower, xAxis, slopes.axis),
    ...axisLabels(lower, undefined, "derivative"),
    ...said.map((line, i) => text((left + right) / 2, bottom + 38 + 16 * i, line, { "text-anchor": "middle" })),
    panel(lower, slopes),
  ];
  return svgDocument(width, height, title, contents, { description: describeCurves(curves, label) });
}

/**
 * An axis for the curves, which leaves out the ends where one of them runs off: beyond half of what the middle nine tenths
 * of it span.
 */
function limitedAxis(curves: readonly (readonly number[])[], count: number): Axis {
  const limits = curves.flatMap((values) => {
    const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
    if (sorted.length === 0) return [];
    const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
    const [low, high, least, most] = [at(0.05), at(0.95), at(0), at(1)];
    const span = high - low;
    const limits = span === 0 ? [least, most] : [Math.max(least, low - span / 2), Math.min(most, high + span / 2)];
    return limits.map((limit) => (Math.abs(limit) < 1e-9 * span ? 0 : limit));
  });
  if (limits.length > 0) return axisFor(limits, count);
  throw new DataError({
    where,
    expected: "a loss that is finite somewhere along the slice",
    got: "none that is",
    hint: "Choose another part of it with xRange, or other inputs.",
  });
}

function describeCurves(curves: readonly LossCurve[], label: string): string {
  const told = curves.map(({ name, points }) => {
    const finite = points.filter(([, y]) => Number.isFinite(y));
    const least = finite.reduce((best, point) => (point[1] < best[1] ? point : best), finite[0]);
    return least
      ? `${name ? `${name}: ` : ""}least, ${formatNumber(least[1])}, at ${formatNumber(least[0])}`
      : `${name}: not finite`;
  });
  return `Loss and derivative by ${label}. ${told.join("; ")}.`;
}
