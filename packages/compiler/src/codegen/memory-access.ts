/**
 * What a nest of loops reads and writes: where it begins, and how it steps along the loops.
 */
import { stridesOf } from "@chainrule/core/internal";
import type { FusionGroup, RowPass } from "../ir/fused-graph.ts";
import { type LaneType, laneBytes } from "./lanes.ts";

/** Something that is read or written along the loops. */
export interface MemoryAccess {
  readonly lane: LaneType;
  /** Where it begins: so many bytes beyond the address in a local. */
  readonly address: number;
  readonly from: number;
  /** One stride for each axis of the group, then (see `merge`) for each loop; in elements. */
  strides: readonly number[];
  /** The local that holds what was loaded. */
  value: number;
  /** Which of the passes over a row needs it. */
  readonly rowPass: RowPass;
  /** For what each block of rows has in the same memory: how far a row lies from the next. */
  readonly rowStride?: number;
}

/** Strides of a group's reductions in their results: 0 along the axes that are reduced. */
export function reductionStrides({ lengths, reducedAxes }: FusionGroup): number[] {
  const isGone = (axis: number) => reducedAxes !== null && axis >= reducedAxes.first && axis <= reducedAxes.last;
  const kept = stridesOf(lengths.filter((_, axis) => !isGone(axis)));
  let at = 0;
  return lengths.map((_, axis) => (isGone(axis) ? 0 : kept[at++]));
}

/**
 * Accesses that step alike from the same address share their pointers, under this name; those that step backwards have their
 * own, since no instruction reads before a pointer.
 */
export function patternOf({ lane, strides, address, from }: MemoryAccess): string {
  const bytes = strides.map((stride) => stride * laneBytes[lane]);
  return bytes.some((step) => step < 0) ? `${bytes}@${from}+${address}` : `${bytes} ${from}`;
}
