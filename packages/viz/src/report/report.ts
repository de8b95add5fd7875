/**
 * A report of a training run: one HTML page that needs nothing else, to open, send or keep.
 */
import { DataError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import type { HeatmapData } from "../charts/heatmap-data.ts";
import { heatmapSvg } from "../charts/heatmap-svg.ts";
import { type Curves, curvesOf, type HistoryLike } from "../charts/history.ts";
import { lineChartSvg } from "../charts/line-chart.ts";
import { checkDrawingOptions } from "../drawing/options.ts";
import { escapeXml } from "../drawing/svg.ts";
import { escapeCode } from "../drawing/terminal.ts";
import { formatNumber } from "../drawing/ticks.ts";
import { type Mistakes, mistakesHtml } from "./mistakes.ts";

/** Options of {@link trainingReport}: what it shows besides the curves. */
export interface TrainingReportOptions {
  /** The heading, "Training" by default. */
  title?: string;
  /** A text below the heading, such as the model's summary; its lines and spaces are kept. */
  summary?: string;
  /** A confusion matrix, its rows the right classes and its columns the predicted ones. */
  confusion?: HeatmapData;
  /** The names of the classes. */
  classNames?: readonly string[];
  /**
   * Drawings that stand side by side where there is room: `[rocSvg(curve), reliabilitySvg(bins), lossLandscapeSvg(landscape)]`.
   */
  charts?: readonly string[];
  /** Samples with their losses, of which the worst are shown, with their pictures or texts. */
  mistakes?: Mistakes;
  /**
   * Drawings by their headings, as wide as the page: `{ Weights: histogramsSvg(recorder.weights) }`. Those of characters, such
   * as `plotHistory`, do as well.
   */
  drawings?: Readonly<Record<string, string>>;
}

const optionKeys = ["title", "summary", "confusion", "classNames", "charts", "mistakes", "drawings"] as const;

const style = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; max-width: 900px;
  margin: 2rem auto; padding: 0 1rem; color: #24292f; background: #ffffff; }
svg { max-width: 100%; height: auto; }
figure { margin: 1rem 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 1rem; align-items: start; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 0.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: 0.25rem 1rem 0.25rem 0; text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 1px solid #8b96a3; font-weight: 600; }
tbody th { font-weight: normal; }
pre { overflow-x: auto; font-size: 13px; }
@media (prefers-color-scheme: dark) { body { color: #d7dde4; background: #0d1117; } }
`;

/**
 * A training run as one HTML page: its curves with a table of their last, least and greatest values, and whatever else there
 * is to see of it.
 *
 * @param history what `fit` returned, or `{ loss: [0.9, 0.5], val_loss: [0.8, 0.6], … }`.
 * @returns the text of an HTML file, which loads nothing and runs no script.
 * @throws DataError for what is no history, and for an empty one; what the drawings throw for data that are none.
 *
 * @example
 * await writeFile("report.html", trainingReport(history, { title: "Digits", confusion, classNames }));
 *
 * @example
 * const loss = binaryCrossEntropy([0.1, 0.9], [1, 1], { reduction: "none" });
 * trainingReport(history, { mistakes: { loss, right: [1, 1], predicted: [0, 1], texts: ["a letter", "a word"] } });
 */
export function trainingReport(history: HistoryLike, options: TrainingReportOptions = {}): string {
  const where = "trainingReport";
  checkDrawingOptions(where, options, optionKeys);
  const { title = "Training", summary, confusion, classNames, charts = [], mistakes, drawings = {} } = options;
  checkDrawings(where, charts, drawings);
  const curves = curvesOf(where, history);
  const names = { rowLabels: classNames, xLabel: "predicted", yLabel: "right" };
  const others = [
    ...(confusion ? [heatmapSvg(confusion, { title: "Confusion matrix", ...names })] : []),
    ...charts.map((drawing, i) => embed(where, `charts[${i}]`, drawing)),
  ];
  const parts = [
    `<h1>${escapeXml(title)}</h1>`,
    ...(summary ? [`<pre>${escapeXml(summary)}</pre>`] : []),
    `<div class="scroll">${table(curves)}</div>`,
    `<div class="charts">\n${[...curves.map(chart), ...others].join("\n")}\n</div>`,
    ...(mistakes ? [`<div class="scroll">${mistakesHtml(`${where}, mistakes`, mistakes, classNames)}</div>`] : []),
    ...Object.entries(drawings).map(([heading, drawing]) => {
      return `<h2>${escapeXml(heading)}</h2>\n<figure class="scroll">${embed(where, heading, drawing)}</figure>`;
    }),
  ];
  return [
    "<!doctype html>",
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeXml(title)}</title>`,
    `<style>${style}</style></head>`,
    "<body>",
    ...parts,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

/** Throws for what are no lists of drawings. */
function checkDrawings(where: string, charts: unknown, drawings: unknown): void {
  if (!Array.isArray(charts))
    throw new DataError({
      where,
      expected: "charts as a list of drawings, [rocSvg(curve)]",
      got: describe(charts),
    });
  if (typeof drawings !== "object" || drawings === null || Array.isArray(drawings))
    throw new DataError({
      where,
      expected: "drawings by their headings, { Weights: histogramsSvg(recorder.weights) }",
      got: describe(drawings),
    });
}

/** A drawing as part of the page: SVG as it is, as long as it neither loads nor runs anything, and text as text. */
function embed(where: string, heading: string, drawing: unknown): string {
  if (typeof drawing !== "string")
    throw new DataError({ where, expected: `a drawing as "${heading}"`, got: describe(drawing) });
  if (!drawing.startsWith("<svg ")) return `<pre>${escapeXml(drawing.replaceAll(colorCodes, ""))}</pre>`;
  const found = /<script|<foreignObject|<image|<use|<a[ >]|\son\w+=|href=|url\(|@import/i.exec(
    drawing.replaceAll(/>[^<]*</g, "><"),
  );
  if (found === null) return drawing;
  throw new DataError({
    where,
    expected: `a drawing of this library as "${heading}", which loads and runs nothing`,
    got: `one with ${found[0].trim()}`,
  });
}

/** What terminals take for colours. */
const colorCodes = new RegExp(`${escapeCode}\\[[\\d;]*m`, "g");

/** The curves of one name; where they were never finite there is nothing to draw. */
function chart({ name, series }: Curves): string {
  const drawable = Object.values(series).some((points) => points.some(([, value]) => Number.isFinite(value)));
  if (drawable) return lineChartSvg(series, { title: name, xLabel: "epoch", width: 440, height: 300 });
  return `<p>${escapeXml(name)} was never a finite number.</p>`;
}

function table(curves: readonly Curves[]): string {
  const rows = curves.flatMap(({ series }) =>
    Object.entries(series).map(([name, points]) => {
      const finite = points.filter(([, value]) => Number.isFinite(value));
      const least = finite.reduce<Point | undefined>(
        (best, point) => (best && best[1] <= point[1] ? best : point),
        undefined,
      );
      const most = finite.reduce<Point | undefined>(
        (best, point) => (best && best[1] >= point[1] ? best : point),
        undefined,
      );
      const cells = [formatNumber(points[points.length - 1][1]), inEpoch(least), inEpoch(most)];
      return `<tr><th scope="row">${escapeXml(name)}</th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
    }),
  );
  const head = ["", "last", "least", "greatest"].map((name) => `<th scope="col">${name}</th>`).join("");
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

type Point = readonly [epoch: number, value: number];

function inEpoch(point: Point | undefined): string {
  return point ? `${formatNumber(point[1])} in epoch ${point[0]}` : "none";
}
