/**
 * Matrices as shades in SVG: confusion matrices, attention maps, weights.
 */
import { checkDrawingOptions } from "../drawing/options.ts";
import { element, round, svgDocument, text, textWidth, verticalText } from "../drawing/svg.ts";
import { type Extent, formatNumber } from "../drawing/ticks.ts";
import { type HeatmapData, type HeatmapOptions, heatmapKeys, toLabelledMatrix } from "./heatmap-data.ts";

/** Options of {@link heatmapSvg}. */
export interface HeatmapSvgOptions extends HeatmapOptions {
  /** The side of a cell in pixels; by default so that the numbers fit in, or that the whole is about 480 wide. */
  cellSize?: number;
}

/** Blue above 0 and orange below, as strong as the number is large; 0 is the page's own colour. */
const colors = ".cr .above{fill:#1f6fb5}.cr .below{fill:#c45a00}.cr .on{fill:#ffffff}";
/** From this strength on, white is easier to read on a cell than the page's own ink. */
const strong = 0.55;

/**
 * Draws a matrix as SVG, each number as the strength of a colour.
 *
 * @param matrix rows of numbers.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws DataError for what is no matrix, and for names that are not as many as rows or columns.
 *
 * @example
 * await writeFile("confusion.svg", heatmapSvg([[35, 0], [2, 41]], { rowLabels: ["cat", "dog"] }));
 */
export function heatmapSvg(matrix: HeatmapData, options: HeatmapSvgOptions = {}): string {
  const where = "heatmapSvg";
  checkDrawingOptions(where, options, [...heatmapKeys, "cellSize"]);
  const { title, xLabel, yLabel } = options;
  const { rows, rowNames, columnNames, values, range } = toLabelledMatrix(where, matrix, options);
  const written = rows.map((row) => row.map((value) => (values ? formatNumber(value, 3) : "")));
  const widest = Math.max(...written.flat().map((content) => textWidth(content, 12)));
  const size =
    options.cellSize ?? (values ? Math.max(36, widest + 14) : Math.min(36, Math.max(4, 480 / columnNames.length)));
  const nameWidth = (names: readonly string[]) => Math.max(...names.map((name) => textWidth(name, 12)));
  // Names of columns that are wider than their cells are turned to stand upright.
  const upright = nameWidth(columnNames) > size - 4;
  const left = 16 + (yLabel ? 20 : 0) + nameWidth(rowNames);
  const top = 14 + (title ? 28 : 0) + (xLabel ? 20 : 0) + (upright ? nameWidth(columnNames) : 12) + 6;
  const [right, bottom] = [left + size * columnNames.length, top + size * rows.length];
  const legend = drawLegend(left, bottom + 18, range);
  const width = Math.max(right, left + legend.width, title ? left + textWidth(title, 16) : 0) + 16;
  const every = Math.ceil(16 / size);
  const shown = (_: string, i: number) => i % every === 0;
  return svgDocument(
    width,
    bottom + 44,
    title ?? "Heat map",
    [
      ...(title ? [text(left, 26, title, { class: "title" })] : []),
      ...(xLabel ? [text((left + right) / 2, title ? 50 : 22, xLabel, { "text-anchor": "middle" })] : []),
      ...(yLabel ? [verticalText(18, (top + bottom) / 2, yLabel)] : []),
      ...rowNames
        .filter(shown)
        .map((name, i) => text(left - 6, top + size * (i * every + 0.5) + 4, name, { "text-anchor": "end" })),
      ...columnNames
        .filter(shown)
        .map((name, i) => columnName(left + size * (i * every + 0.5), top - 6, name, upright)),
      ...rows.flatMap((row, i) =>
        row.flatMap((value, j) => cell(left + j * size, top + i * size, size, strength(value, range), written[i][j])),
      ),
      element("rect", { class: "axis", fill: "none", x: left, y: top, width: right - left, height: bottom - top }),
      ...legend.contents,
    ],
    { light: colors, description: describeMatrix(rows, [yLabel, xLabel]) },
  );
}

/** What a reader hears: the size, what the axes are, and the ends of the range with their places. */
function describeMatrix(rows: readonly (readonly number[])[], [down, across]: readonly (string | undefined)[]): string {
  const numbers = rows.flat().filter(Number.isFinite);
  const [least, most] = [Math.min, Math.max].map((of) =>
    formatNumber(
      numbers.reduce((a, b) => of(a, b), numbers[0]),
      3,
    ),
  );
  const sides = `${rows.length} rows${down ? ` (${down})` : ""} and ${rows[0].length} columns${across ? ` (${across})` : ""}`;
  return `${sides}${numbers.length > 0 ? `, from ${least} to ${most}` : ""}.`;
}

/** How strongly a number is drawn, from 0 to 1, and negative for what is below 0. */
function strength(value: number, [low, high]: Extent): number {
  const share = low < 0 ? value / Math.max(-low, Math.abs(high)) : (value - low) / (high - low);
  return Number.isNaN(share) ? 0 : Math.min(1, Math.max(-1, share));
}

function cell(x: number, y: number, size: number, share: number, content: string): string[] {
  const middle = { "text-anchor": "middle", class: Math.abs(share) > strong ? "on" : undefined };
  return [
    ...(share === 0 ? [] : [shade(x, y, size, share)]),
    ...(content ? [text(x + size / 2, y + size / 2 + 4, content, middle)] : []),
  ];
}

function shade(x: number, y: number, size: number, share: number): string {
  return element("rect", {
    class: share < 0 ? "below" : "above",
    "fill-opacity": Math.abs(share),
    x,
    y,
    width: size,
    height: size,
  });
}

function columnName(x: number, y: number, name: string, upright: boolean): string {
  if (!upright) return text(x, y, name, { "text-anchor": "middle" });
  return text(x + 4, y, name, { transform: `rotate(-90 ${round(x + 4)} ${round(y)})` });
}

/** The ends of the range, with steps of the shade between them. */
function drawLegend(left: number, top: number, [low, high]: Extent) {
  const [first, last] = [formatNumber(low, 3), formatNumber(high, 3)];
  const start = left + textWidth(first, 12) + 8;
  const steps = Array.from({ length: 9 }, (_, i) => strength(low + ((high - low) * i) / 8, [low, high]));
  const end = start + steps.length * 12;
  return {
    width: end + 8 + textWidth(last, 12) - left,
    contents: [
      text(left, top + 10, first),
      ...steps.flatMap((share, i) => (share === 0 ? [] : [shade(start + i * 12, top, 12, share)])),
      element("rect", { class: "axis", fill: "none", x: start, y: top, width: end - start, height: 12 }),
      text(end + 8, top + 10, last),
    ],
  };
}
