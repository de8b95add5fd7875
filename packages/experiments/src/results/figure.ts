/**
 * The figure of a sweep: curves over epochs, or a number over a setting, each line the mean over the seeds in a band of one
 * standard deviation; bars where neither is there.
 */
import { DataError } from "@chainrule/core";
import { barChartSvg, lineChartSvg } from "@chainrule/viz";
import type { Configuration } from "../grid/grid.ts";
import { summarize } from "../statistics/paired.ts";
import type { Direction } from "./metrics.ts";
import type { Run } from "./run.ts";
import { rowsOf } from "./table.ts";

/** Options of the figure. */
export interface FigureOptions {
  /** Which number; by default the validation loss, the loss, or the first one. */
  metric?: string;
  /** The setting along the lying axis, or "epoch"; by default epochs where there are curves, else the first setting of numbers. */
  x?: string;
  title?: string;
  /** In pixels. */
  width?: number;
  /** In pixels. */
  height?: number;
  yScale?: "linear" | "log";
}

/** What is drawn: points with their spread. */
interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly values: readonly number[] }[];
}

/** More lines cannot be told apart. */
const mostLines = 8;

export function drawFigure(
  configurations: readonly Configuration[],
  runs: readonly Run[],
  metric: string,
  direction: Direction,
  options: FigureOptions,
): string {
  const { title, width, height, yScale } = options;
  const size = { ...(width !== undefined && { width }), ...(height !== undefined && { height }) };
  const hasCurves = runs.some(({ curves }) => Object.hasOwn(curves, metric) && curves[metric].length > 1);
  const numeric = Object.keys(configurations[0].labels).filter((name) =>
    configurations.every(({ settings }) => typeof settings[name] === "number"),
  );
  const x = options.x ?? (hasCurves ? "epoch" : numeric[0]);
  const seeds = new Set(runs.map(({ seed }) => seed)).size;
  const yLabel = seeds > 1 ? `${metric}, mean ± sd of ${seeds} seeds` : metric;
  if (x === undefined) {
    const rows = rowsOf(configurations, runs, metric, direction, "t").filter(({ summary }) => summary !== null);
    const bars = Object.fromEntries(rows.map(({ label, summary }) => [label, summary!.mean]));
    return barChartSvg({ [metric]: bars }, { title: title ?? `${metric}, mean of ${seeds} seeds`, ...size });
  }
  if (x === "epoch" && !hasCurves)
    throw none("curves: a run that returns what fit returns, or lists of numbers", "none");
  if (x !== "epoch" && !numeric.includes(x))
    throw none(`a setting of numbers that is varied as x: ${numeric.join(", ") || "there is none"}`, `"${x}"`);
  const all = x === "epoch" ? overEpochs(configurations, runs, metric) : overSetting(configurations, runs, metric, x);
  const chosen = bestLines(all, direction);
  const note =
    chosen.length < all.length
      ? ` (${chosen.length} of ${all.length} lines, the ${direction === null ? "first" : "best"})`
      : "";
  const means = (series: Series) =>
    series.points.map((point) => [point.x, summarize(point.values).mean] as [number, number]);
  const edge = (series: Series, sign: 1 | -1) =>
    series.points.map((point) => {
      const { mean, sd } = summarize(point.values);
      return [point.x, mean + sign * (Number.isNaN(sd) ? 0 : sd)] as [number, number];
    });
  const xs = chosen.flatMap(({ points }) => points.map((point) => point.x));
  const isWide = x !== "epoch" && Math.min(...xs) > 0 && Math.max(...xs) / Math.min(...xs) >= 20;
  return lineChartSvg(Object.fromEntries(chosen.map((series) => [series.name, means(series)])), {
    title: (title ?? `${metric} by ${x}`) + note,
    xLabel: x,
    yLabel,
    ...(isWide && { xScale: "log" }),
    ...(yScale !== undefined && { yScale }),
    ...size,
    bands:
      seeds > 1
        ? Object.fromEntries(chosen.map((series) => [series.name, { low: edge(series, -1), high: edge(series, 1) }]))
        : {},
  });
}

function none(expected: string, got: string): DataError {
  return new DataError({ where: "figure", expected, got });
}

function overEpochs(configurations: readonly Configuration[], runs: readonly Run[], metric: string): Series[] {
  return configurations.flatMap(({ label }) => {
    const curves = runs.flatMap((run) =>
      run.label === label && Object.hasOwn(run.curves, metric) ? [run.curves[metric]] : [],
    );
    const length = Math.max(0, ...curves.map((curve) => curve.length));
    const points = Array.from({ length }, (_, i) => ({
      x: i + 1,
      values: curves.flatMap((curve) => (Number.isFinite(curve[i]) ? [curve[i]] : [])),
    })).filter(({ values }) => values.length > 0);
    return points.length > 0 ? [{ name: label, points }] : [];
  });
}

function overSetting(
  configurations: readonly Configuration[],
  runs: readonly Run[],
  metric: string,
  x: string,
): Series[] {
  const lines = new Map<string, { x: number; values: number[] }[]>();
  for (const { label, labels, settings } of configurations) {
    const others = Object.entries(labels).filter(([name]) => name !== x);
    const name = others.map(([other, value]) => `${other} ${value}`).join(", ") || metric;
    const values = runs.flatMap((run) =>
      run.label === label && Number.isFinite(run.values[metric]) ? [run.values[metric]] : [],
    );
    const points = lines.get(name) ?? [];
    if (values.length > 0) points.push({ x: settings[x] as number, values });
    lines.set(name, points);
  }
  return [...lines].flatMap(([name, points]) =>
    points.length > 0 ? [{ name, points: points.toSorted((a, b) => a.x - b.x) }] : [],
  );
}

/** Those whose best mean is best, in their order. */
function bestLines(all: readonly Series[], direction: Direction): readonly Series[] {
  if (all.length <= mostLines) return all;
  const sign = direction === "max" ? -1 : 1;
  const merit = ({ points }: Series) => Math.min(...points.map(({ values }) => sign * summarize(values).mean));
  const order = direction === null ? all : all.toSorted((a, b) => merit(a) - merit(b));
  const chosen = new Set(order.slice(0, mostLines));
  return all.filter((series) => chosen.has(series));
}
