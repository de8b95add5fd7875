/**
 * Blocks of rows: where several passes go over rows, each goes over a few of them before the next begins. A row's sum, and
 * what is computed of it, takes its time one step after another; meanwhile the processor is busy with the other rows. All of
 * a block is in the nearest cache.
 */

import { blockRows } from "../ir/row-values.ts";

/** How many rows are a block: 1 where they cannot be put in blocks. */
export function rowsPerBlock(rows: number): number {
  return rows % blockRows === 0 ? blockRows : 1;
}

/** How many rows are added up at once: the most of a few of which there are a multiple. */
export function rowsAddedAtOnce(rows: number): number {
  return [4, 3, 2].find((some) => rows % some === 0) ?? 1;
}

/** The lengths of loops, that of the rows as two: blocks, and the rows in each. */
export function lengthsInBlocks(lengths: readonly number[], rows: number, inBlock: number): number[] {
  return lengths.toSpliced(rows, 1, lengths[rows] / inBlock, inBlock);
}

/** Strides along those. */
export function stridesInBlocks(strides: readonly number[], rows: number, inBlock: number): number[] {
  return strides.toSpliced(rows, 1, strides[rows] * inBlock, strides[rows]);
}
