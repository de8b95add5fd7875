/**
 * Decision regions as an SVG drawing: a colour for each class, darker where the model is surer, with the data over it.
 */
import { type Tensor, tensor } from "@chainrule/core";
import { checkFunction, isPromise } from "@chainrule/core/internal";
import { gridOver, regionPath } from "../drawing/contours.ts";
import { drawMark } from "../drawing/marks.ts";
import { checkDrawingOptions } from "../drawing/options.ts";
import {
  axisLabels,
  clipped,
  drawBox,
  type LegendEntry,
  lastTickRoom,
  layoutLegend,
  type PlotArea,
  tickRoom,
  xPixel,
  yPixel,
} from "../drawing/plot-area.ts";
import { element, lineColorsOn, mixColors, pageColorOn, svgDocument, text } from "../drawing/svg.ts";
import { axisWithin, formatNumber } from "../drawing/ticks.ts";
import {
  areClasses,
  type BoundaryOptions,
  type BoundaryPrediction,
  boundaryKeys,
  type Plane,
  readScores,
  toClasses,
  toPlane,
  toProbabilities,
} from "./boundary-data.ts";
import { checkSize } from "./line-data.ts";

/** Options of {@link boundarySvg}. */
export interface BoundarySvgOptions extends BoundaryOptions {
  title?: string;
  /** What the first coordinate is. */
  xLabel?: string;
  /** What the second coordinate is. */
  yLabel?: string;
  /** In pixels, 480 by default. */
  width?: number;
  /** In pixels; by default so that a step upwards is as long as one to the right, within bounds. */
  height?: number;
  /** At how many points across the model is asked, 100 by default. */
  resolution?: number;
}

/** From which probability on a region has its second, third and fourth shade. */
const steps = [0.6, 0.75, 0.9] as const;
/** How much of the class's colour is in each shade. */
const shares = { light: [0.14, 0.24, 0.36, 0.5], dark: [0.2, 0.31, 0.43, 0.56] } as const;
/** Of more points none could be told from the next. */
const mostPoints = 4000;

const rulesOn = (theme: "light" | "dark") =>
  [
    ...lineColorsOn[theme].flatMap((color, i) =>
      shares[theme].map((share, s) => `.cr .r${i}s${s}{fill:${mixColors(pageColorOn[theme], color, share)}}`),
    ),
    `.cr .mark,.cr .border{stroke:${pageColorOn[theme]}}`,
  ].join("");
const styles = {
  light: `${rulesOn("light")}.cr .mark{stroke-width:1}.cr .border{fill:none;stroke-width:2}`,
  dark: rulesOn("dark"),
};
const shade = (label: number, step: number) => `r${label % lineColorsOn.light.length}s${step}`;

/**
 * Draws the regions in which a model predicts each class as SVG, with the points in them.
 *
 * Regions are darker where the model is surer: from a probability of 0.6, of 0.75 and of 0.9 on. Scores that are no
 * probabilities are made some by a sigmoid around `threshold` or, for several classes, a softmax; plain classes have one
 * shade. Each class has a colour and a shape. Where the model says NaN, the page shows.
 *
 * @param predict what the model makes of points [n, 2]: their classes (whole numbers from 0), scores from which on it
 *   is class 1 (see `threshold`), or a column of scores for each class, of which the largest counts. It may be
 *   asynchronous.
 * @returns the text of an SVG file, legible on light and dark pages; of an asynchronous model, a promise of it.
 * @throws DataError for points and classes that do not match, and for predictions of another number of points.
 *
 * @example
 * await writeFile("regions.svg", boundarySvg((points) => model.predict(points), { x, y, title: "Two classes" }));
 */
export function boundarySvg(predict: (points: Tensor) => BoundaryPrediction, options?: BoundarySvgOptions): string;
export function boundarySvg(
  predict: (points: Tensor) => Promise<BoundaryPrediction>,
  options?: BoundarySvgOptions,
): Promise<string>;
export function boundarySvg(
  predict: (points: Tensor) => BoundaryPrediction | Promise<BoundaryPrediction>,
  options: BoundarySvgOptions = {},
): string | Promise<string> {
  const where = "boundarySvg";
  checkDrawingOptions(where, options, [...boundaryKeys, "title", "xLabel", "yLabel", "width", "height", "resolution"]);
  checkFunction(where, predict, "a function that predicts the classes of points, (points) => model.predict(points),");
  const plane = toPlane(where, options);
  const { xRange, yRange } = plane;
  const { width = 480, resolution: columns = 100 } = options;
  checkSize(where, "width", width, 200);
  checkSize(where, "resolution", columns, 2);
  const ratio = (yRange[1] - yRange[0]) / (xRange[1] - xRange[0]);
  const { height = Math.round(Math.min(1.2, Math.max(0.5, ratio)) * (width - 60)) + 70 } = options;
  checkSize(where, "height", height, 150);
  const rows = Math.max(2, Math.round((columns * height) / width));
  const grid = gridOver(xRange, yRange, columns, rows);
  const finish = (prediction: BoundaryPrediction) => {
    const scores = readScores(where, prediction, grid.points.length);
    const least = 1 + plane.labels.reduce((most, label) => Math.max(most, label), 1);
    const probabilities = toProbabilities(scores, options.threshold, least);
    const isSure = areClasses(scores, options.threshold);
    const classes = probabilities[0].map((_, label) => ({
      label,
      paths: (frame: PlotArea) => {
        const lead = probabilities.map((row) => row[label] - Math.max(...row.filter((_, other) => other !== label)));
        const own = probabilities.map((row) => row[label]);
        const shades = isSure ? [] : steps.map((step) => regionPath(grid, own, step, frame));
        return [regionPath(grid, lead, 0, frame), ...shades];
      },
    }));
    return draw(plane, classes, { ...options, width, height }, isSure, regionCounts(scores, options));
  };
  const predicted = predict(tensor(grid.points as never));
  return isPromise(predicted) ? predicted.then(finish) : finish(predicted as BoundaryPrediction);
}

interface Region {
  readonly label: number;
  /** The whole region, and the parts of it in which the model is surer. */
  paths(frame: PlotArea): string[];
}

function draw(
  { xRange, yRange, points, labels }: Plane,
  regions: readonly Region[],
  options: BoundarySvgOptions & { width: number; height: number },
  isSure: boolean,
  counts: ReadonlyMap<number, number>,
): string {
  const { title, xLabel, yLabel, width, height, classNames } = options;
  const xAxis = axisWithin(xRange, Math.max(2, Math.round(width / 60)));
  const yAxis = axisWithin(yRange, Math.max(2, Math.round(height / 60)));
  const nameOf = (label: number) => classNames?.[label] ?? `class ${label}`;
  const shown = [...new Set([...counts.keys(), ...labels])].filter((label) => label >= 0).sort((a, b) => a - b);
  const left = tickRoom(yAxis) + (yLabel ? 20 : 0);
  const entries = [
    ...shown.map((label) => classEntry(nameOf(label), label)),
    ...(isSure ? [] : [shadesEntry(shown[0] ?? 0)]),
  ];
  const legend = layoutLegend(entries, width - left - 10);
  const top = 14 + (title ? 24 : 0) + legend.height;
  const frame = { left, right: width - lastTickRoom(xAxis), top, bottom: height - 30 - (xLabel ? 18 : 0) };
  const paths = regions.map(({ label, paths }) => ({ label, parts: paths(frame) }));
  const every = Math.ceil(points.length / mostPoints);
  const marks = points.flatMap(([x, y], i) => {
    if (i % every !== 0 || !Number.isFinite(x) || !Number.isFinite(y)) return [];
    return [drawMark(labels[i], xPixel(frame, xAxis, x), yPixel(frame, yAxis, y))];
  });
  const said = shown.map(
    (label) => `${nameOf(label)} in ${formatNumber(100 * (counts.get(label) ?? 0), 2)}% of the plane`,
  );
  const contents = [
    ...(title ? [text(left, 24, title, { class: "title" })] : []),
    ...legend.draw(left, title ? 44 : 20),
    clipped(frame, [
      ...paths.flatMap(({ label, parts }) =>
        parts.flatMap((d, step) =>
          d ? [element("path", { class: shade(label, step), "fill-rule": "evenodd", d })] : [],
        ),
      ),
      ...paths.flatMap(({ parts: [d] }) => (d ? [element("path", { class: "border", d })] : [])),
      ...marks,
    ]),
    ...drawBox(frame, xAxis, yAxis),
    ...axisLabels(frame, xLabel, yLabel),
  ];
  const description = `Predicted: ${said.join(", ")}. ${points.length} points.`;
  return svgDocument(width, height, title ?? "Decision regions", contents, { ...styles, description });
}

/** Which share of the plane each class has. */
function regionCounts(scores: readonly (readonly number[])[], { threshold }: BoundaryOptions): Map<number, number> {
  const counts = new Map<number, number>();
  for (const label of toClasses(scores, threshold)) counts.set(label, (counts.get(label) ?? 0) + 1 / scores.length);
  return counts;
}

function classEntry(name: string, label: number): LegendEntry {
  return { name, draw: (x, y) => drawMark(label, x + 14, y, 5) };
}

/** What the shades stand for. */
function shadesEntry(label: number): LegendEntry {
  return {
    name: `surer: from ${steps.join(", ")}`,
    draw: (x, y) =>
      [0, 1, 2, 3]
        .map((step) => element("rect", { class: shade(label, step), x: x + 6 * step, y: y - 5, width: 6, height: 10 }))
        .join(""),
  };
}
