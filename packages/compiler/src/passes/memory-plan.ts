/**
 * The memory plan: where in one arena intermediate results are stored, whose memory is used again once nobody needs them.
 */

import { sizeOf } from "@chainrule/core";
import type { FusedGraph } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import type { Phase } from "../ir/phases.ts";
import { bytesPer, cacheLine, roundUp, vectorBytes } from "../wasm/heap.ts";
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

/** The bytes that a value takes up in memory, where values begin at multiples of the grain. */
export function bytesOf(node: GraphNode, grain: number): number {
  return Math.max(grain, roundUp(sizeOf(node.shape) * bytesPer(node.dtype), grain));
}

/**
 * @param inPlace what needs no memory of the arena, or another's.
 * @param phases the groups that run at the same time: what one needs, none of the others may overwrite.
 */
export function planMemory(fused: FusedGraph, inPlace: InPlace, phases: readonly Phase[] = []): MemoryPlan {
  const ranges = liveRanges(fused, inPlace, phases).sort((a, b) => a.from - b.from || b.bytes - a.bytes);
  const allocations: Allocation[] = [];
  const memory = new FreeList();
  /** The allocations by the last group that needs them. */
  const ending: Allocation[][] = Array.from({ length: fused.groups.length + 1 }, () => []);
  let freed = 0;
  for (const range of ranges) {
    for (; freed < range.from; freed++) for (const { offset, bytes } of ending[freed]) memory.free(offset, bytes);
    const allocation = { ...range, offset: memory.allocate(range.bytes) };
    allocations.push(allocation);
    ending[range.to].push(allocation);
  }
  return { allocations, bytes: memory.most };
}

/** When a value needs memory, and how much. */
type LiveRange = Omit<Allocation, "offset">;

/** So many gaps are looked at for one that is large enough: what is planned takes as long as there are values. */
const mostGaps = 256;

/** Memory in use from 0 to an end, with gaps. */
class FreeList {
  /** Where each gap begins and ends, in their order. */
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];
  #end = 0;
  /** The furthest that memory was in use. */
  most = 0;

  /** Takes the first gap that is large enough, or memory at the end; returns its offset. */
  allocate(bytes: number): number {
    const [begins, ends] = [this.#begins, this.#ends];
    for (let i = 0; i < begins.length && i < mostGaps; i++) {
      const offset = begins[i];
      if (ends[i] - offset < bytes) continue;
      begins[i] += bytes;
      if (begins[i] === ends[i]) this.#remove(i);
      return offset;
    }
    const offset = this.#end;
    this.#end += bytes;
    this.most = Math.max(this.most, this.#end);
    return offset;
  }

  /** Gives back what was allocated, which becomes one gap with those beside it. */
  free(offset: number, bytes: number): void {
    const [begins, ends] = [this.#begins, this.#ends];
    const at = this.#gapAfter(offset);
    const joinsBefore = at > 0 && ends[at - 1] === offset;
    const joinsAfter = at < begins.length && begins[at] === offset + bytes;
    if (joinsBefore && joinsAfter) {
      ends[at - 1] = ends[at];
      this.#remove(at);
    } else if (joinsBefore) ends[at - 1] += bytes;
    else if (joinsAfter) begins[at] = offset;
    else {
      begins.splice(at, 0, offset);
      ends.splice(at, 0, offset + bytes);
    }
    // What lies after everything in use is no gap.
    if (ends[ends.length - 1] !== this.#end) return;
    this.#end = begins.pop()!;
    ends.pop();
  }

  /** The number of the first gap that begins after an offset. */
  #gapAfter(offset: number): number {
    let [low, high] = [0, this.#begins.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#begins[middle] < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #remove(at: number): void {
    this.#begins.splice(at, 1);
    this.#ends.splice(at, 1);
  }
}

function liveRanges(fused: FusedGraph, { parameters, aliases, parts }: InPlace, phases: readonly Phase[]): LiveRange[] {
  const { groups, stored, inRows, liveOut, liveness } = fused;
  const { lastUse } = liveness;
  const grain = phases.length > 0 ? cacheLine : vectorBytes;
  const ranges = new Map<GraphNode, LiveRange>();
  // The groups that may run while this one does.
  const spans = groups.map((_, at) => [at, at]);
  for (const { kind, first, last } of phases)
    if (kind === "split") for (let at = first; at <= last; at++) spans[at] = [first, last];
  groups.forEach(({ members }, at) => {
    for (const node of members) {
      if (!stored.has(node) || inRows.has(node)) continue;
      const last = liveOut.has(node) ? groups.length : spans[lastUse.get(node) ?? at][1];
      const root = parts.get(node)?.whole ?? aliases.get(node) ?? node;
      const known = ranges.get(root);
      const to = Math.max(known?.to ?? 0, last);
      ranges.set(root, { node: root, bytes: bytesOf(root, grain), from: known?.from ?? spans[at][0], to });
    }
  });
  return [...ranges.values()].filter(({ node }) => !parameters.has(node));
}
