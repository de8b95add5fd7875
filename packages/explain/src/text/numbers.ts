/**
 * How numbers are written in texts.
 */
import { formatShape } from "@chainrule/core/internal";
import { six } from "../explanation/names.ts";
import type { Numbers } from "../explanation/types.ts";

/** So many rows are written, and of more the first. */
const mostRows = 12;
const firstRows = 8;

/** In one line where that is short, else in lines of their own: rows of a matrix below each other. */
export function written(numbers: Numbers, indent: string): string {
  const short = inLine(numbers);
  if (short !== null && short.length <= 60) return short;
  const rows = rowsOf(numbers);
  if (rows === null) return summary(numbers);
  const isLong = rows.length > mostRows;
  const shown = isLong ? rows.slice(0, firstRows) : rows;
  const widths = rows[0].map((_, column) => Math.max(...shown.map((row) => row[column].length)));
  const lines = shown.map((row) => row.map((text, column) => text.padStart(widths[column])).join("  "));
  if (isLong) lines.push(`… and ${rows.length - firstRows} more rows`);
  return lines.map((line) => `\n${indent}${line}`).join("");
}

/** Nested in brackets; null where they were left out. */
export function inLine({ shape, values }: Numbers): string | null {
  if (!values) return null;
  let next = 0;
  const nested = (axis: number): string =>
    axis === shape.length
      ? six(values[next++])
      : `[${Array.from({ length: shape[axis] }, () => nested(axis + 1)).join(", ")}]`;
  return nested(0);
}

/** The rows of the last axis; null where the numbers were left out, or there are none. */
export function rowsOf({ shape, values }: Numbers): string[][] | null {
  if (!values || values.length === 0) return null;
  const columns = shape.at(-1) ?? 1;
  return Array.from({ length: values.length / columns }, (_, row) =>
    values.slice(row * columns, (row + 1) * columns).map(six),
  );
}

/** What many numbers are like. */
export function summary({ shape, min, max, mean, norm }: Numbers): string {
  const count = shape.reduce((total, n) => total * n, 1);
  return `${count} numbers ${formatShape(shape)} from ${six(min)} to ${six(max)}, mean ${six(mean)}, length ${six(norm)}`;
}
