/**
 * Parts of rows: how many rows each of so many threads takes of a loop whose rows do not meet.
 */

/** Whole vectors and blocks of rows: what goes over rows alone, four at a time, is cut where all else is. */
const grain = 4;

/** How many rows are a part's, but for the last; none has a single row, which kernels treat in another way. */
export function rowsPerPart(rows: number, parts: number): number {
  let per = Math.ceil(rows / parts / grain) * grain;
  while (per < rows && rows % per === 1) per += grain;
  return per;
}

/** Into how many parts, no more than so many, rows can be cut so that none is empty. */
export function rowParts(rows: number, most: number): number {
  let parts = most;
  while (parts > 1 && Math.ceil(rows / rowsPerPart(rows, parts)) !== parts) parts--;
  return parts;
}
