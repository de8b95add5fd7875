/**
 * What heat maps are given: a matrix with the names of its rows and columns.
 */
import { DataError, type Tensor } from "@chainrule/core";
import { extentOf } from "../drawing/shades.ts";
import type { Extent } from "../drawing/ticks.ts";
import { toMatrix } from "./line-data.ts";

/** A matrix as nested arrays or as a tensor with two axes. */
export type HeatmapData = Tensor | readonly (readonly number[])[];

/** Options of heat maps. */
export interface HeatmapOptions {
  title?: string;
  /** What the rows are, for example "right class". */
  yLabel?: string;
  /** What the columns are, for example "predicted class". */
  xLabel?: string;
  /** The names of the rows; by default their indices. */
  rowLabels?: readonly (string | number)[];
  /** The names of the columns; by default those of the rows where there are as many, else their indices. */
  columnLabels?: readonly (string | number)[];
  /** Whether to write the numbers into the cells; by default where there are at most 12 columns. */
  values?: boolean;
  /** The number that is drawn faintest; by default the smallest, or 0 where none is negative. */
  min?: number;
  /** The number that is drawn strongest; by default the largest. */
  max?: number;
}

export const heatmapKeys = ["title", "yLabel", "xLabel", "rowLabels", "columnLabels", "values", "min", "max"] as const;

/** A matrix ready to be drawn. */
export interface LabelledMatrix {
  readonly rows: readonly (readonly number[])[];
  readonly rowNames: readonly string[];
  readonly columnNames: readonly string[];
  /** Whether numbers are written into the cells. */
  readonly values: boolean;
  readonly range: Extent;
}

/** Of more rows and columns nothing can be seen. */
const most = 10_000;

/** The matrix with its names. @throws DataError for what is no matrix, and for too few or too many names. */
export function toLabelledMatrix(where: string, matrix: HeatmapData, options: HeatmapOptions): LabelledMatrix {
  const rows = toMatrix(where, matrix);
  const [height, width] = [rows.length, rows[0].length];
  if (height > most || width > most)
    throw new DataError({
      where,
      expected: `at most ${most} rows and columns, of which something can be seen`,
      got: `${height} x ${width}`,
      hint: "Average neighbours first, as avgPool2d does.",
    });
  const { rowLabels, columnLabels = width === height ? rowLabels : undefined } = options;
  const { min = Math.min(0, ...rows.map((row) => Math.min(...row.filter(Number.isFinite)))), max } = options;
  return {
    rows,
    rowNames: namesOf(where, "rows", height, rowLabels),
    columnNames: namesOf(where, "columns", width, columnLabels),
    values: options.values ?? width <= 12,
    range: extentOf(rows.flat(), min, max),
  };
}

function namesOf(where: string, what: string, count: number, labels?: readonly (string | number)[]): string[] {
  if (labels === undefined) return Array.from({ length: count }, (_, i) => String(i));
  if (labels.length === count) return labels.map(String);
  throw new DataError({ where, expected: `names for ${count} ${what}`, got: `${labels.length}` });
}
