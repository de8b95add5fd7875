/**
 * Loss landscapes in SVG: regions of about the same loss, the stronger in colour the greater it is.
 */
import { DataError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { checkSize } from "../charts/line-data.ts";
import { meshPath } from "../drawing/contours.ts";
import { checkDrawingOptions } from "../drawing/options.ts";
import { axisLabels, clipped, drawBox, type PlotArea, tickRoom, xPixel, yPixel } from "../drawing/plot-area.ts";
import { element, lineColorsOn, mixColors, pageColorOn, svgDocument, text, textWidth } from "../drawing/svg.ts";
import { axisWithin, formatNumber } from "../drawing/ticks.ts";
import type { LossLandscape } from "./landscape.ts";

/** Options of {@link lossLandscapeSvg}. */
export interface LossLandscapeOptions {
  title?: string;
  xLabel?: string;
  yLabel?: string;
  /** In pixels, 480 by default; the height follows from it. */
  width?: number;
}

/** So many regions are told apart. */
const bands = 9;
/** From this ratio of the greatest to the least on, regions grow by factors and not by steps. */
const wide = 20;

const bandColors = (theme: "light" | "dark") =>
  Array.from({ length: bands }, (_, i) => {
    const share = 0.08 + (0.82 * i) / (bands - 1);
    return `.cr .b${i}{fill:${mixColors(pageColorOn[theme], lineColorsOn[theme][0], share)}}`;
  }).join("");
const styles = {
  light: `${bandColors("light")}.cr .band{stroke:${pageColorOn.light};stroke-width:0.8;stroke-opacity:0.7}.cr .solution{stroke-width:2}`,
  dark: `${bandColors("dark")}.cr .band{stroke:${pageColorOn.dark}}`,
};

/**
 * Draws a loss landscape as SVG: regions between levels of the loss, the solution marked by a cross. The levels are apart by
 * factors where the loss spans several powers of ten, and otherwise by steps. What is not finite is drawn as the greatest.
 *
 * @param landscape what `lossLandscape` returns.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for what is none, and where no loss is finite.
 *
 * @example
 * const bowl = lossLandscape(() => w.square().sum(), [w], { steps: 11, directions: [[tensor([1, 0])], [tensor([0, 1])]] });
 * await writeFile("bowl.svg", lossLandscapeSvg(bowl, { title: "A bowl" }));
 */
export function lossLandscapeSvg(landscape: LossLandscape, options: LossLandscapeOptions = {}): string {
  const where = "lossLandscapeSvg";
  checkDrawingOptions(where, options, ["title", "xLabel", "yLabel", "width"]);
  const { title, xLabel = "first direction", yLabel = "second direction", width = 480 } = options;
  checkSize(where, "width", width, 240);
  const { x, y, losses } = checkLandscape(where, landscape);
  const flat = losses.flat();
  const finite = flat.filter(Number.isFinite);
  const [least, most] = [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))];
  const levels = levelsBetween(least, most);
  const [xRange, yRange] = [x, y].map((list) => [list[0], list[list.length - 1]] as const);
  const [xAxis, yAxis] = [axisWithin(xRange, 5), axisWithin(yRange, 5)];
  const names = [...levels, most].map((level) => formatNumber(level, 3));
  const legendWidth = 30 + Math.max(...names.map((name) => textWidth(name, 12)));
  const left = tickRoom(yAxis) + 20;
  const top = title ? 40 : 16;
  const right = width - legendWidth - 12;
  const frame: PlotArea = { left, right, top, bottom: top + right - left };
  // Beyond the greatest, so that it is above all levels; NaN would be a hole.
  const field = flat.map((value) => (Number.isFinite(value) ? value : most + (most - least || 1)));
  const regions = levels.map((level, i) => {
    // All there is is above the least.
    const d = i === 0 ? undefined : meshPath(x.length, y.length, field, level, frame);
    const whole = { x: frame.left, y: frame.top, width: right - left, height: right - left };
    if (d === undefined) return element("rect", { class: "b0", ...whole });
    return d === "" ? "" : element("path", { class: `band b${i}`, "fill-rule": "evenodd", d });
  });
  const cross = x[0] <= 0 && xRange[1] >= 0 && y[0] <= 0 && yRange[1] >= 0 ? [0, 0] : null;
  const contents = [
    ...(title ? [text(left, 24, title, { class: "title" })] : []),
    clipped(frame, [...regions, ...(cross ? drawCross(xPixel(frame, xAxis, 0), yPixel(frame, yAxis, 0)) : [])]),
    ...drawBox(frame, xAxis, yAxis),
    ...axisLabels(frame, xLabel, yLabel),
    ...drawLevels(names, right + 14, frame),
  ];
  const solution = atZero(landscape);
  const description =
    `Loss from ${formatNumber(least)} to ${formatNumber(most)}` +
    `${solution === null ? "" : `, ${formatNumber(solution)} at the solution`}` +
    `${finite.length < flat.length ? `; ${flat.length - finite.length} of ${flat.length} are not finite` : ""}.`;
  return svgDocument(width, frame.bottom + 48, title ?? "Loss landscape", contents, { ...styles, description });
}

function checkLandscape(where: string, given: unknown): LossLandscape {
  const { x, y, losses } = (given ?? {}) as Partial<Record<keyof LossLandscape, unknown>>;
  const isAxis = (list: unknown): list is number[] =>
    Array.isArray(list) &&
    list.length >= 2 &&
    list.every((at, i) => Number.isFinite(at) && (i === 0 || at > list[i - 1]));
  const areNumbers = (row: unknown, length: number) =>
    Array.isArray(row) && row.length === length && Array.from(row).every((value) => typeof value === "number");
  const isLandscape =
    isAxis(x) &&
    isAxis(y) &&
    Array.isArray(losses) &&
    losses.length === y.length &&
    losses.every((row) => areNumbers(row, x.length));
  if (!isLandscape)
    throw new DataError({
      where,
      expected: "a landscape, { x, y, losses }, as lossLandscape returns it",
      got: describe(given),
    });
  if (losses.flat().some(Number.isFinite)) return given as LossLandscape;
  throw new DataError({ where, expected: "a loss that is finite somewhere", got: "none that is" });
}

/** The lower ends of the regions. */
function levelsBetween(least: number, most: number): number[] {
  if (most === least) return [least];
  const isWide = least > 0 && most / least > wide;
  return Array.from({ length: bands }, (_, i) => {
    const share = i / bands;
    return isWide ? least * (most / least) ** share : least + (most - least) * share;
  });
}

function drawCross(x: number, y: number): string[] {
  const arms = [
    [-6, -6, 6, 6],
    [-6, 6, 6, -6],
  ];
  return arms.map(([x1, y1, x2, y2]) =>
    element("line", { class: "axis solution", x1: x + x1, y1: y + y1, x2: x + x2, y2: y + y2 }),
  );
}

/** The regions' colours with the levels between them, the least at the bottom. */
function drawLevels(names: readonly string[], x: number, { top, bottom }: PlotArea): string[] {
  const count = names.length - 1;
  const height = Math.min(24, (bottom - top - 18) / count);
  const from = (i: number) => bottom - height * i;
  return [
    ...names.slice(0, -1).map((_, i) => element("rect", { class: `b${i}`, x, y: from(i + 1), width: 14, height })),
    element("rect", { class: "axis", fill: "none", x, y: from(count), width: 14, height: height * count }),
    ...names.map((name, i) => text(x + 20, from(i) + 4, name)),
    text(x, from(count) - 10, "loss"),
  ];
}

function atZero({ x, y, losses }: LossLandscape): number | null {
  const [i, j] = [x.indexOf(0), y.indexOf(0)];
  return i >= 0 && j >= 0 && Number.isFinite(losses[j][i]) ? losses[j][i] : null;
}
