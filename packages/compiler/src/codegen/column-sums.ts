/**
 * Sums down columns, row after row: running sums wait in memory for the next row, so that everything is read in the order in
 * which it lies. Column after column, each number would be a line of the cache away from the one before.
 */
import type { FusionGroup } from "../ir/fused-graph.ts";
import { isFusibleReduction } from "../ir/reads.ts";
import type { Accumulator } from "./accumulators.ts";
import type { MemoryOperand, VectorEmitter } from "./vector-emitter.ts";

/** Running sums are doubles. */
const sumBytes = 8;
/** More than this leaves the nearest caches. */
const mostBytes = 65536;
/** Fewer rows are not worth running sums in memory. */
const leastRows = 4;

/** Bytes of the running sums of one reduction of the group: of whole vectors, so that the next begin at one. */
export function columnSumBytes({ lengths, reducedAxes }: FusionGroup): number {
  const columns = lengths.slice((reducedAxes?.last ?? 0) + 1).reduce((total, length) => total * length, 1);
  return Math.ceil(columns / 4) * 4 * sumBytes;
}

/** Bytes of all running sums, where the group adds up columns row after row; 0 where it does not. */
export function columnSumsScratch(group: FusionGroup): number {
  const { kind, wide, lengths, reducedAxes, rowPasses, members } = group;
  if (kind !== "loop" || !wide || !reducedAxes || rowPasses || reducedAxes.last === lengths.length - 1) return 0;
  const rows = lengths.slice(reducedAxes.first, reducedAxes.last + 1).reduce((total, length) => total * length, 1);
  const reductions = members.filter(isFusibleReduction);
  const bytes = columnSumBytes(group) * reductions.length;
  const isSums = reductions.every(({ lowering }) => lowering.reducer === "sum");
  return isSums && rows >= leastRows && bytes <= mostBytes ? bytes : 0;
}

/** @param sum where the running sums of the columns at hand lie. */
export function columnSum(e: VectorEmitter, sum: () => MemoryOperand): Accumulator {
  const { code } = e;
  const x = code.local("v128");
  const at = (beyond = 0) => {
    const { pointer, address } = sum();
    if (pointer === null) code.int(0);
    else code.get(pointer);
    return address + beyond;
  };
  const add = (beyond: number, two: () => void) => {
    at();
    code.access("v128.load", at(beyond));
    two();
    code.op("f64x2.promote_low_f32x4", "f64x2.add").access("v128.store", sum().address + beyond);
  };
  return {
    // All of them are cleared at once.
    initialize: () => {},
    accumulate: (value) => {
      value();
      code.set(x);
      if (e.width === 1) {
        at();
        code.access("f64.load", at()).get(x).lane("f32x4.extract_lane", 0).op("f64.promote_f32", "f64.add");
        code.access("f64.store", sum().address);
        return;
      }
      add(0, () => code.get(x));
      add(16, () => code.get(x).get(x).shuffle(2, 3, 2, 3));
    },
    store: (to) =>
      e.store("f32", to, () => {
        code.access("v128.load", at()).op("f32x4.demote_f64x2_zero");
        if (e.width === 1) return;
        code.access("v128.load", at(16)).op("f32x4.demote_f64x2_zero").shuffle(0, 1, 4, 5);
      }),
  };
}
