/**
 * Where values lie: long-lived ones in blocks of their own, the others in one arena whose parts are used again.
 */
import { sizeOf } from "../tensor/shape.ts";
import { bytesPer } from "../wasm/heap.ts";
import { type Fused, isFolded, type Unit } from "./fuse.ts";
import type { Graph, GraphNode } from "./graph.ts";
import { isContiguous, isView, longStrides, stridesWithin } from "./views.ts";

/** A part of the arena that a value takes up while it is needed. */
export interface Part {
  readonly node: GraphNode;
  readonly bytes: number;
  /** The first and the last unit that need it. */
  readonly from: number;
  readonly to: number;
  /** Bytes from the start of the arena. */
  offset: number;
}

export interface Plan {
  readonly parts: readonly Part[];
  /** The bytes of the arena: the most that is needed at once, and what first fit wastes. */
  readonly bytes: number;
  /** Values that are computed right where a parameter's old value was: the state node of that parameter. */
  readonly inPlace: ReadonlyMap<GraphNode, GraphNode>;
}

const grain = 16;

export function bytesOf(node: GraphNode): number {
  return Math.max(grain, Math.ceil((sizeOf(node.shape) * bytesPer(node.dtype)) / grain) * grain);
}

/** What a unit reads that it does not compute. */
export function readsOf(unit: Unit, { views }: Fused): GraphNode[] {
  return unit.members.flatMap((node) =>
    isView(node) ? [views.through(node).base] : node.inputs.map((input) => views.of(input).base),
  );
}

export function plan(graph: Graph, fused: Fused): Plan {
  const inPlace = computedInPlace(graph, fused);
  const lives = lifetimes(graph, fused, inPlace);
  const parts = lives.toSorted((a, b) => a.from - b.from || b.bytes - a.bytes);
  const placed: Part[] = [];
  let bytes = 0;
  for (const part of parts) {
    part.offset = firstGap(part, placed);
    placed.push(part);
    bytes = Math.max(bytes, part.offset + part.bytes);
  }
  return { parts, bytes, inPlace };
}

function firstGap(part: Part, placed: readonly Part[]): number {
  const others = placed.filter((other) => other.from <= part.to && part.from <= other.to);
  others.sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of others) {
    if (other.offset - offset >= part.bytes) break;
    offset = Math.max(offset, other.offset + other.bytes);
  }
  return offset;
}

function lifetimes(graph: Graph, fused: Fused, inPlace: Plan["inPlace"]): Part[] {
  const { units, views, stored } = fused;
  const from = new Map<GraphNode, number>();
  const to = new Map<GraphNode, number>();
  units.forEach((unit, at) => {
    for (const node of unit.members) if (stored.has(node)) from.set(node, at);
    for (const base of readsOf(unit, fused)) to.set(base, at);
  });
  for (const node of [...graph.outputs, ...graph.assigned.map(([, value]) => value)])
    to.set(views.of(node).base, units.length);
  return [...from].flatMap(([node, at]) =>
    inPlace.has(node) ? [] : [{ node, bytes: bytesOf(node), from: at, to: to.get(node) ?? at, offset: 0 }],
  );
}

/** Optimizers' updates: the new value may take the old one's place where nobody reads the old one afterwards. */
function computedInPlace(graph: Graph, fused: Fused): Map<GraphNode, GraphNode> {
  const { units, views } = fused;
  const found = new Map<GraphNode, GraphNode>();
  const unitOf = new Map<GraphNode, number>();
  const lastRead = new Map<GraphNode, number>();
  units.forEach((unit, at) => {
    for (const node of unit.members) unitOf.set(node, at);
    for (const base of readsOf(unit, fused)) lastRead.set(base, at);
  });
  const ends = [...graph.outputs, ...graph.assigned.map(([, value]) => value)].map((node) => views.of(node).base);
  const stateOf = new Map(
    graph.nodes.flatMap((node) => (node.source.kind === "state" ? [[node.source.parameter, node] as const] : [])),
  );
  for (const [parameter, value] of graph.assigned) {
    const old = stateOf.get(parameter);
    const { base, offset } = views.of(value);
    const at = unitOf.get(base);
    if (!old || at === undefined || found.has(base) || ends.includes(old) || offset !== 0) continue;
    if (units[at].kind !== "loop" || units[at].stages || isFolded(base) || base.size !== value.size) continue;
    if ((lastRead.get(old) ?? 0) > at || !readsInPlace(units[at], old, fused)) continue;
    found.set(base, old);
  }
  return found;
}

/** Whether the loop reads each element only where it will write it. */
function readsInPlace(unit: Unit, old: GraphNode, { views }: Fused): boolean {
  return unit.members.every((node) => {
    const space = isFolded(node) ? node.inputs[0].shape : node.shape;
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
