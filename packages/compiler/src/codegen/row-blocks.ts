/**
 * Blocks of rows: where several passes go over rows, each goes over a few of them before the next begins. A row's sum, and
 * what is computed of it, takes its time one step after another; meanwhile the processor is busy with the other rows. All of
 * a block is in the nearest cache.
 */

/** As many as there are lanes, so that what is one number for each row is computed for all of them at once. */
const blockRows = 4;

/** How many rows are a block: 1 where they cannot be put in blocks. */
export function rowsPerBlock(rows: number): number {
  return rows % blockRows === 0 ? blockRows : 1;
}

/** The lengths of loops, that of the rows as two: blocks, and the rows in each. */
export function lengthsInBlocks(lengths: readonly number[], rows: number): number[] {
  return lengths.toSpliced(rows, 1, lengths[rows] / blockRows, blockRows);
}

/** Strides along those. */
export function stridesInBlocks(strides: readonly number[], rows: number): number[] {
  return strides.toSpliced(rows, 1, strides[rows] * blockRows, strides[rows]);
}
