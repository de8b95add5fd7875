/**
 * Sums down columns, row after row: running sums wait in memory for the next rows, so that everything is read in the order in
 * which it lies. Column after column, each number would be a line of the cache away from the one before. A few rows are
 * taken at once, so that the sums are fetched and put back less often.
 */
import type { FusionGroup } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { isFusibleReduction } from "../ir/reads.ts";
import { type Accumulator, addFour } from "./accumulators.ts";
import type { MemoryOperand, VectorEmitter } from "./vector-emitter.ts";

/** Running sums are doubles. */
const sumBytes = 8;
/** More than this leaves the nearest caches. */
const mostBytes = 65536;
/** Fewer rows are not worth running sums in memory. */
const leastRows = 4;

/** Bytes of the running sums of one reduction of the group: of whole vectors, so that the next begin at one. */
export function columnSumBytes({ lengths, reducedAxes, rowPasses }: FusionGroup): number {
  const first = rowPasses ? lengths.length - 1 : (reducedAxes?.last ?? 0) + 1;
  const columns = lengths.slice(first).reduce((total, length) => total * length, 1);
  return Math.ceil(columns / 4) * 4 * sumBytes;
}

/** The reductions that add up columns where a loop goes over rows besides. */
function columnSumsOf({ rowPasses = [] }: FusionGroup): GraphNode[] {
  return rowPasses.flatMap(({ members, down }) => (down ? members.filter(isFusibleReduction) : []));
}

/** Bytes of all running sums, where the group adds up columns row after row; 0 where it does not. */
export function columnSumsScratch(group: FusionGroup): number {
  const { kind, wide, lengths, reducedAxes, rowPasses, members } = group;
  if (rowPasses) return columnSumBytes(group) * columnSumsOf(group).length;
  if (kind !== "loop" || !wide || !reducedAxes || reducedAxes.last === lengths.length - 1) return 0;
  const rows = lengths.slice(reducedAxes.first, reducedAxes.last + 1).reduce((total, length) => total * length, 1);
  const reductions = members.filter(isFusibleReduction);
  const bytes = columnSumBytes(group) * reductions.length;
  const isSums = reductions.every(({ lowering }) => lowering.reducer === "sum");
  return isSums && rows >= leastRows && bytes <= mostBytes ? bytes : 0;
}

/** A running sum of each of the columns at hand: out of memory, so many rows added, and back. */
export interface ColumnSum extends Accumulator {
  keep(): void;
}

/** @param sum where the running sums of the columns at hand lie. */
export function columnSum(e: VectorEmitter, sum: () => MemoryOperand): ColumnSum {
  const { code } = e;
  const [x, low, high] = [code.local("v128"), code.local("v128"), code.local("v128")];
  const one = code.local("f64");
  const pushPointer = () => {
    const { pointer } = sum();
    if (pointer === null) code.int(0);
    else code.get(pointer);
  };
  const load = (beyond: number) => {
    pushPointer();
    code.access("v128.load", sum().address + beyond);
  };
  const save = (beyond: number, two: number) => {
    pushPointer();
    code.get(two).access("v128.store", sum().address + beyond);
  };
  return {
    initialize: () => {
      if (e.width === 1) {
        pushPointer();
        code.access("f64.load", sum().address).set(one);
        return;
      }
      load(0);
      code.set(low);
      load(16);
      code.set(high);
    },
    accumulate: (value) => {
      value();
      if (e.width === 1) {
        code.lane("f32x4.extract_lane", 0).op("f64.promote_f32").get(one).op("f64.add").set(one);
        return;
      }
      addFour(code, { x, low, high });
    },
    keep: () => {
      if (e.width === 1) {
        pushPointer();
        code.get(one).access("f64.store", sum().address);
        return;
      }
      save(0, low);
      save(16, high);
    },
    store: (to) =>
      e.store("f32", to, () => {
        load(0);
        code.op("f32x4.demote_f64x2_zero");
        if (e.width === 1) return;
        load(16);
        code.op("f32x4.demote_f64x2_zero").shuffle(0, 1, 4, 5);
      }),
  };
}
