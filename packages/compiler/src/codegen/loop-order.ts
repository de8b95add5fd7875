/**
 * The loops of a nest: which axes are one, in which order they are walked, and where rows are taken in blocks.
 */
import { mergeAxes } from "@chainrule/core/internal";
import type { FusionGroup } from "../ir/fused-graph.ts";
import type { LoopAccesses } from "./loop-accesses.ts";
import { reductionStrides } from "./memory-access.ts";
import { lengthsInBlocks, rowsAddedAtOnce, rowsPerBlock, stridesInBlocks } from "./row-blocks.ts";

export interface LoopOrder {
  readonly lengths: readonly number[];
  /** The axes in the order of the loops, outermost first: those that stay, then those that are reduced. */
  readonly order: readonly number[];
  /** How many of them stay. */
  readonly kept: number;
  /** The axis of the rows of a block, where passes go over blocks of rows; null elsewhere. */
  readonly rowsOfBlock: number | null;
  /** Whether those are written out one after another inside of the loop over columns. */
  readonly goesDown: boolean;
}

/** Joins axes that everything walks through in one stride, and puts the loops in order; gives the accesses strides along them. */
export function orderLoops(group: FusionGroup, accesses: LoopAccesses): LoopOrder {
  const all = accesses.all();
  const { lengths, strides } = mergeAxes(group.lengths, [
    ...all.map((access) => access.strides),
    reductionStrides(group),
  ]);
  all.forEach((access, i) => {
    access.strides = strides[i];
  });
  const axes = lengths.map((_, axis) => axis);
  const isGone = (axis: number) => group.reducedAxes !== null && strides[all.length][axis] === 0;
  const gone = axes.filter(isGone);
  const byRow = accesses.rowPasses.length > 1;
  // Running sums are those of one row of columns.
  if (!byRow && gone.at(-1) !== lengths.length - 2) accesses.sums.clear();
  if (!byRow && accesses.sums.size > 0) return addDownColumns(accesses, lengths, gone[0]);
  const order = [...axes.filter((axis) => !isGone(axis)), ...gone];
  const plain = { lengths, order, kept: axes.length - gone.length, rowsOfBlock: null, goesDown: false };
  return byRow ? blockRows(accesses, plain) : plain;
}

/** The rows of a block come innermost, within each column. */
export function downColumns(order: readonly number[]): number[] {
  return [...order.slice(0, -2), ...order.slice(-2).reverse()];
}

/** Each pass goes over a block of rows, so that no row waits for what the pass before found of it. */
function blockRows(accesses: LoopAccesses, plain: LoopOrder): LoopOrder {
  const inBlock = rowsPerBlock(plain.lengths[plain.lengths.length - 2]);
  const isSplit = inBlock > 1 || accesses.sums.size > 0;
  const loops = isSplit ? { ...plain, ...splitRows(accesses, plain.lengths, inBlock) } : plain;
  // Each block has its values in the same memory.
  for (const access of accesses.all()) {
    const { rowStride } = access;
    if (rowStride === undefined) continue;
    access.strides = access.strides.map((stride, axis) => {
      if (axis === loops.rowsOfBlock) return rowStride;
      return axis === loops.lengths.length - 1 ? stride : 0;
    });
  }
  return loops;
}

/** Running sums are fetched for a few rows at once. */
function addDownColumns(accesses: LoopAccesses, lengths: readonly number[], kept: number): LoopOrder {
  const rows = lengths.length - 2;
  const moving = accesses.all().filter(({ strides }) => strides[rows] !== 0);
  // What lies before an address cannot be read from there. Many rows at once come from memory slowly.
  const isSlow = moving.length > 2 || moving.some(({ strides }) => strides[rows] < 0);
  const split = splitRows(accesses, lengths, isSlow ? 1 : rowsAddedAtOnce(lengths[rows]));
  return { ...split, order: downColumns(split.order), kept, goesDown: true };
}

function splitRows(accesses: LoopAccesses, lengths: readonly number[], inBlock: number) {
  const rows = lengths.length - 2;
  for (const access of accesses.all()) access.strides = stridesInBlocks(access.strides, rows, inBlock);
  const split = lengthsInBlocks(lengths, rows, inBlock);
  return { lengths: split, rowsOfBlock: rows + 1, order: split.map((_, axis) => axis) };
}
