/**
 * Matrices as shades in the terminal: confusion matrices, attention maps, weights.
 */
import { checkDrawingOptions } from "../drawing/options.ts";
import { blockShades, normalize, selectLevel, viridis } from "../drawing/shades.ts";
import { center, hasColors, lengthOf, paint } from "../drawing/terminal.ts";
import { formatNumber } from "../drawing/ticks.ts";
import { type HeatmapData, type HeatmapOptions, heatmapKeys, toLabelledMatrix } from "./heatmap-data.ts";

/** Numbers on these of viridis's eight shades are written in black, on those before in white. */
const firstBright = 5;
const [white, black] = [231, 16];

/**
 * Draws a matrix as text, each number as a shade.
 *
 * @param matrix rows of numbers.
 * @param options `color`: whether to use colours, by default where the terminal has them; and those of all heat maps.
 * @throws DataError for what is no matrix, and for names that are not as many as rows or columns.
 *
 * @example
 * console.log(heatmap([[35, 0], [2, 41]], { rowLabels: ["cat", "dog"], xLabel: "predicted" }));
 */
export function heatmap(matrix: HeatmapData, options: HeatmapOptions & { color?: boolean } = {}): string {
  const where = "heatmap";
  checkDrawingOptions(where, options, [...heatmapKeys, "color"]);
  const { title, xLabel, yLabel, color = hasColors() } = options;
  const { rows, rowNames, columnNames, values, range } = toLabelledMatrix(where, matrix, options);
  const written = rows.map((row) => row.map((value) => (values ? formatNumber(value, 3) : "")));
  const width = values ? Math.max(...[...written.flat(), ...columnNames].map(lengthOf)) : 2;
  const margin = Math.max(...rowNames.map(lengthOf));
  const cell = (content: string, share: number): string => {
    const padded = values ? ` ${content.padStart(width)}` : "";
    if (!color)
      return values ? padded + selectLevel(blockShades, share) : selectLevel(blockShades, share).repeat(width);
    const foreground = share * viridis.length < firstBright ? white : black;
    return paint(values ? `${padded} ` : " ".repeat(width), foreground, selectLevel(viridis, share));
  };
  const body = rows.map((row, i) => {
    const cells = row.map((value, j) => cell(written[i][j], normalize(value, range)));
    return `${rowNames[i].padStart(margin)} ${cells.join("")}`;
  });
  const names = values ? columnNames.map((name) => ` ${name.padStart(width)} `).join("") : sparse(columnNames, width);
  const total = margin + 1 + lengthOf(names);
  return [
    ...(title ? [center(title, total)] : []),
    ...(yLabel ? [yLabel] : []),
    ...[`${" ".repeat(margin + 1)}${names}`, ...body].map((line) => line.trimEnd()),
    ...(xLabel ? [xLabel.padStart(total)] : []),
  ].join("\n");
}

/** As many names of narrow columns as there is room for, each beginning where its column does. */
function sparse(names: readonly string[], width: number): string {
  const every = Math.ceil((Math.max(...names.map(lengthOf)) + 1) / width);
  return names
    .map((name, i) => (i % every === 0 ? name.padEnd(every * width) : ""))
    .join("")
    .slice(0, names.length * width);
}
