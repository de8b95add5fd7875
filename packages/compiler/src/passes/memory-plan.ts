/**
 * Where values lie: long-lived ones in blocks of their own, the others in one arena whose parts are used again.
 */

import type { Parameter } from "@chainrule/core";
import { sizeOf } from "@chainrule/core";
import { type FusedGraph, type FusionGroup, isFusibleReduction } from "../ir/fused-graph.ts";
import type { Graph, GraphNode } from "../ir/graph.ts";
import type { Phase } from "../ir/phases.ts";
import { isContiguous, isView, longStrides, stridesWithin } from "../ir/views.ts";
import { bytesPer } from "../wasm/heap.ts";

/** A part of the arena that a value takes up while it is needed. */
export interface Part {
  readonly node: GraphNode;
  readonly bytes: number;
  /** The first and the last group that need it. */
  readonly from: number;
  readonly to: number;
  /** Bytes from the start of the arena. */
  offset: number;
}

export interface Plan {
  readonly parts: readonly Part[];
  /** The bytes of the arena: the most that is needed at once, and what first fit wastes. */
  readonly bytes: number;
  /** Values that are computed right where a parameter's old value was. */
  readonly inPlace: ReadonlyMap<GraphNode, Parameter>;
  /** Values that are made by changing another's memory, which nobody needs any more: that other. */
  readonly takenOver: ReadonlyMap<GraphNode, GraphNode>;
}

const grain = 16;

export function bytesOf(node: GraphNode): number {
  return Math.max(grain, Math.ceil((sizeOf(node.shape) * bytesPer(node.dtype)) / grain) * grain);
}

/** What a group reads that it does not compute. */
export function readsOf(group: FusionGroup, { views }: FusedGraph): GraphNode[] {
  return group.members.flatMap((node) =>
    isView(node) ? [views.through(node).base] : node.inputs.map((input) => views.of(input).base),
  );
}

/** @param phases the groups that run at the same time: what one needs, none of the others may overwrite. */
export function plan(graph: Graph, fused: FusedGraph, phases: readonly Phase[] = []): Plan {
  const uses = usesOf(graph, fused);
  const takenOver = takenOverIn(fused, uses);
  const inPlace = computedInPlace(graph, fused, uses, takenOver);
  const lives = lifetimes(fused, uses, { inPlace, takenOver }, phases);
  const parts = lives.toSorted((a, b) => a.from - b.from || b.bytes - a.bytes);
  /** The parts that are still needed, in the order in which they lie. */
  let living: Part[] = [];
  let bytes = 0;
  for (const part of parts) {
    living = living.filter((other) => other.to >= part.from);
    const { offset, before } = firstGap(part, living);
    part.offset = offset;
    living.splice(before, 0, part);
    bytes = Math.max(bytes, offset + part.bytes);
  }
  return { parts, bytes, inPlace, takenOver };
}

/** Where the part fits in among others, and before which of them that is. */
function firstGap(part: Part, others: readonly Part[]): { readonly offset: number; readonly before: number } {
  let offset = 0;
  const found = others.findIndex((other) => {
    if (other.offset - offset >= part.bytes) return true;
    offset = Math.max(offset, other.offset + other.bytes);
    return false;
  });
  return { offset, before: found < 0 ? others.length : found };
}

/** When values are made and read, by the numbers of the groups. */
interface Uses {
  readonly madeAt: ReadonlyMap<GraphNode, number>;
  readonly lastRead: ReadonlyMap<GraphNode, number>;
  /** What is still needed when all groups have run. */
  readonly ends: ReadonlySet<GraphNode>;
}

function usesOf(graph: Graph, fused: FusedGraph): Uses {
  const madeAt = new Map<GraphNode, number>();
  const lastRead = new Map<GraphNode, number>();
  fused.groups.forEach((group, at) => {
    for (const node of group.members) madeAt.set(node, at);
    for (const base of readsOf(group, fused)) lastRead.set(base, at);
  });
  const ends = [...graph.outputs, ...graph.assigned.map(([, value]) => value)];
  return { madeAt, lastRead, ends: new Set(ends.map((node) => fused.views.of(node).base)) };
}

/** scatterAdd, which copies and then adds: the copy is spared where nobody else reads what is copied. */
function takenOverIn({ groups, views }: FusedGraph, { madeAt, lastRead, ends }: Uses): Map<GraphNode, GraphNode> {
  const found = new Map<GraphNode, GraphNode>();
  groups.forEach(({ kind, members: [node] }, at) => {
    const { lowering } = node;
    if (kind !== "indexing" || lowering?.kind !== "indexing" || lowering.indexing !== "scatterAdd") return;
    const { base } = views.of(node.inputs[0]);
    const others = node.inputs.slice(1).some((input) => views.of(input).base === base);
    if (others || !madeAt.has(base) || ends.has(base) || lastRead.get(base) !== at || base.size !== node.size) return;
    // Two groups that read it at the end: only the last may change it.
    found.set(node, found.get(base) ?? base);
  });
  return found;
}

function lifetimes(
  { groups, stored }: FusedGraph,
  { lastRead, ends }: Uses,
  { inPlace, takenOver }: Pick<Plan, "inPlace" | "takenOver">,
  phases: readonly Phase[],
): Part[] {
  const parts = new Map<GraphNode, Part>();
  // The groups that may run while this one does.
  const spans = groups.map((_, at) => [at, at]);
  for (const { kind, first, last } of phases)
    if (kind === "split") for (let at = first; at <= last; at++) spans[at] = [first, last];
  groups.forEach(({ members }, at) => {
    for (const node of members) {
      if (!stored.has(node)) continue;
      const to = ends.has(node) ? groups.length : spans[lastRead.get(node) ?? at][1];
      const root = takenOver.get(node) ?? node;
      const known = parts.get(root);
      parts.set(root, { node: root, bytes: bytesOf(root), from: known?.from ?? spans[at][0], to, offset: 0 });
    }
  });
  return [...parts.values()].filter(({ node }) => !inPlace.has(node));
}

/** Updates: the new value may take the old one's place where nobody reads the old one afterwards. */
function computedInPlace(
  graph: Graph,
  fused: FusedGraph,
  { madeAt, lastRead, ends }: Uses,
  takenOver: Plan["takenOver"],
): Map<GraphNode, Parameter> {
  const { groups, views } = fused;
  const found = new Map<GraphNode, Parameter>();
  const stateOf = new Map(
    graph.nodes.flatMap((node) => (node.source.kind === "state" ? [[node.source.parameter, node] as const] : [])),
  );
  // Whether nobody reads the old value after group `at`, and the group itself only where it writes.
  const isFreeAt = (at: number, root: GraphNode, old: GraphNode) => {
    const read = lastRead.get(old) ?? -1;
    const isLoop = groups[at].kind === "loop" && !groups[at].rowPasses && !isFusibleReduction(root);
    return !ends.has(old) && (read < at || (read === at && isLoop && readsInPlace(groups[at], old, fused)));
  };
  for (const [parameter, value] of graph.assigned) {
    const old = stateOf.get(parameter);
    const { base, offset } = views.of(value);
    const root = takenOver.get(base) ?? base;
    const at = madeAt.get(root);
    if (at === undefined || found.has(root) || offset !== 0 || base.size !== value.size) continue;
    if (old && !isFreeAt(at, root, old)) continue;
    found.set(root, parameter);
  }
  return found;
}

/** Whether the loop reads each element only where it will write it. */
function readsInPlace(group: FusionGroup, old: GraphNode, { views }: FusedGraph): boolean {
  return group.members.every((node) => {
    const space = isFusibleReduction(node) ? node.inputs[0].shape : node.shape;
    const reads = isView(node)
      ? [[views.through(node), node.shape] as const]
      : node.inputs.map((input) => [views.of(input), input.shape] as const);
    return reads.every(
      ([view, shape]) =>
        view.base !== old ||
        (view.offset === 0 &&
          isContiguous(view.strides, shape) &&
          `${stridesWithin(view, shape, space)}` === `${longStrides(view.strides, shape)}` &&
          sizeOf(space) === sizeOf(shape)),
    );
  });
}
