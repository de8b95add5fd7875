/**
 * A report of a training run: one HTML page that needs nothing else, to open, send or keep.
 */
import { checkDrawingOptions } from "../drawing/options.ts";
import { escapeXml } from "../drawing/svg.ts";
import { formatNumber } from "../drawing/ticks.ts";
import type { HeatmapData } from "./heatmap-data.ts";
import { heatmapSvg } from "./heatmap-svg.ts";
import { type Curves, curvesOf, type HistoryLike } from "./history.ts";
import { lineChartSvg } from "./line-chart.ts";

/** Options of {@link trainingReport}. */
export interface TrainingReportOptions {
  /** The heading, "Training" by default. */
  title?: string;
  /** A text below the heading, such as the model's summary; its lines and spaces are kept. */
  summary?: string;
  /** A confusion matrix, its rows the right classes and its columns the predicted ones. */
  confusion?: HeatmapData;
  /** The names of the classes. */
  classNames?: readonly string[];
}

const style = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; max-width: 720px;
  margin: 2rem auto; padding: 0 1rem; color: #24292f; background: #ffffff; }
svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: 0.25rem 1rem 0.25rem 0; text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 1px solid #8b96a3; font-weight: 600; }
tbody th { font-weight: normal; }
pre { overflow-x: auto; font-size: 13px; }
@media (prefers-color-scheme: dark) { body { color: #d7dde4; background: #0d1117; } }
`;

/**
 * The curves of a training run and a table of their last, least and greatest values as one HTML page.
 *
 * @param history what `fit` returned, or `{ loss: [0.9, 0.5], val_loss: [0.8, 0.6], … }`.
 * @returns the text of an HTML file, which loads nothing and runs no script.
 * @throws DataError for what is no history, and for an empty one.
 *
 * @example
 * await writeFile("report.html", trainingReport(history, { title: "Digits", confusion, classNames }));
 */
export function trainingReport(history: HistoryLike, options: TrainingReportOptions = {}): string {
  const where = "trainingReport";
  checkDrawingOptions(where, options, ["title", "summary", "confusion", "classNames"]);
  const { title = "Training", summary, confusion, classNames } = options;
  const curves = curvesOf(where, history);
  const parts = [
    `<h1>${escapeXml(title)}</h1>`,
    ...(summary ? [`<pre>${escapeXml(summary)}</pre>`] : []),
    table(curves),
    ...curves.map(chart),
    ...(confusion
      ? [
          heatmapSvg(confusion, {
            title: "Confusion matrix",
            rowLabels: classNames,
            xLabel: "predicted",
            yLabel: "right",
          }),
        ]
      : []),
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

/** The curves of one name; where they were never finite there is nothing to draw. */
function chart({ name, series }: Curves): string {
  const drawable = Object.values(series).some((points) => points.some(([, value]) => Number.isFinite(value)));
  if (drawable) return lineChartSvg(series, { title: name, xLabel: "epoch" });
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
