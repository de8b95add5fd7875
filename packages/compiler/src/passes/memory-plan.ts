/**
 * The memory plan: where in one arena intermediate results are stored, whose memory is used again once nobody needs them.
 */

import { sizeOf } from "@chainrule/core";
import type { FusedGraph } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { livenessOf } from "../ir/liveness.ts";
import type { Phase } from "../ir/phases.ts";
import { bytesPer } from "../wasm/heap.ts";
import type { InPlace } from "./in-place.ts";

/** Memory of the arena that a value takes up while it is needed. */
export interface Allocation {
  readonly node: GraphNode;
  readonly bytes: number;
  /** The first and the last group that need it. */
  readonly from: number;
  readonly to: number;
  /** Bytes from the start of the arena. */
  readonly offset: number;
}

export interface MemoryPlan {
  readonly allocations: readonly Allocation[];
  /** The bytes of the arena: the most that is needed at once, and what first fit wastes. */
  readonly bytes: number;
}

/** Values begin at multiples of so many bytes. */
const grain = 16;

/** The bytes that a value takes up in memory. */
export function bytesOf(node: GraphNode): number {
  return Math.max(grain, Math.ceil((sizeOf(node.shape) * bytesPer(node.dtype)) / grain) * grain);
}

/**
 * @param inPlace what needs no memory of the arena, or another's.
 * @param phases the groups that run at the same time: what one needs, none of the others may overwrite.
 */
export function planMemory(fused: FusedGraph, inPlace: InPlace, phases: readonly Phase[] = []): MemoryPlan {
  const ranges = liveRanges(fused, inPlace, phases).sort((a, b) => a.from - b.from || b.bytes - a.bytes);
  const allocations: Allocation[] = [];
  /** The allocations that are still needed, by their offsets. */
  let living: Allocation[] = [];
  let bytes = 0;
  /** When the first of them is not needed any more, and whether there are no gaps between them. */
  let firstEnd = Number.POSITIVE_INFINITY;
  let packed = true;
  for (const range of ranges) {
    if (firstEnd < range.from) {
      living = living.filter((other) => other.to >= range.from);
      firstEnd = living.reduce((first, { to }) => Math.min(first, to), Number.POSITIVE_INFINITY);
      packed = isPacked(living);
    }
    const { offset, before } = packed ? { offset: endOf(living), before: living.length } : firstGap(range, living);
    const allocation = { ...range, offset };
    allocations.push(allocation);
    if (before === living.length) living.push(allocation);
    else {
      living.splice(before, 0, allocation);
      packed = isPacked(living);
    }
    firstEnd = Math.min(firstEnd, range.to);
    bytes = Math.max(bytes, offset + range.bytes);
  }
  return { allocations, bytes };
}

/** When a value needs memory, and how much. */
type LiveRange = Omit<Allocation, "offset">;

function endOf(living: readonly Allocation[]): number {
  const last = living[living.length - 1];
  return last ? last.offset + last.bytes : 0;
}

/** Whether each begins where the one before it ends, the first at 0: the next can only go to the end. */
function isPacked(living: readonly Allocation[]): boolean {
  let end = 0;
  for (const { offset, bytes } of living) {
    if (offset !== end) return false;
    end += bytes;
  }
  return true;
}

/** Where the range fits in among others, and before which of them that is. */
function firstGap(
  { bytes }: LiveRange,
  others: readonly Allocation[],
): { readonly offset: number; readonly before: number } {
  let offset = 0;
  const found = others.findIndex((other) => {
    if (other.offset - offset >= bytes) return true;
    offset = Math.max(offset, other.offset + other.bytes);
    return false;
  });
  return { offset, before: found < 0 ? others.length : found };
}

function liveRanges(fused: FusedGraph, { parameters, aliases }: InPlace, phases: readonly Phase[]): LiveRange[] {
  const { groups, stored, liveOut } = fused;
  const { lastUse } = livenessOf(fused);
  const ranges = new Map<GraphNode, LiveRange>();
  // The groups that may run while this one does.
  const spans = groups.map((_, at) => [at, at]);
  for (const { kind, first, last } of phases)
    if (kind === "split") for (let at = first; at <= last; at++) spans[at] = [first, last];
  groups.forEach(({ members }, at) => {
    for (const node of members) {
      if (!stored.has(node)) continue;
      const to = liveOut.has(node) ? groups.length : spans[lastUse.get(node) ?? at][1];
      const root = aliases.get(node) ?? node;
      const known = ranges.get(root);
      ranges.set(root, { node: root, bytes: bytesOf(root), from: known?.from ?? spans[at][0], to });
    }
  });
  return [...ranges.values()].filter(({ node }) => !parameters.has(node));
}
