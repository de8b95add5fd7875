/**
 * Tables as text: cells padded to the width of their column.
 */

/** The same rows with each column's cells of equal length, aligned to the left or, where `isRight` says so, to the right. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  isRight: (column: number) => boolean = () => false,
): string[][] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((cell, column) => (isRight(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))),
  );
}
