/**
 * Values that are cheaper to compute again than to keep: what the forward pass leaves for the backward pass is mostly
 * sums and products of values that are kept in any case. Computing takes less time than moving through memory.
 */
import {
  abs,
  add,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  type Op,
  relu,
  sign,
  square,
  sub,
} from "@chainrule/core";
import { castOp, clampOp, sameShape, whereOp } from "@chainrule/core/internal";
import { type FusionGroup, isFusibleReduction } from "../ir/fused-graph.ts";
import type { Graph, GraphNode } from "../ir/graph.ts";
import { isView, longStrides, stridesWithin, type Views } from "../ir/views.ts";

/** Operations that take about as long as loading a number. */
const cheap: ReadonlySet<Op | null> = new Set<Op | null>(
  [
    ...[add, sub, mul, div, neg, square, abs, sign, relu, maximum, minimum],
    ...[equal, notEqual, less, lessEqual, greater, greaterEqual, logicalAnd, logicalOr, logicalNot],
  ]
    .map(({ op }) => op as Op)
    .concat([whereOp as Op, castOp as Op, clampOp as Op]),
);

/** A value is not worth more operations than so many in each loop that needs it. */
const mostOperations = 6;
/** A value this many times smaller than the loop costs nothing to read: it stays in the cache. */
const small = 8;

/** Changes the groups, so that loops compute again what is cheap. */
export function rematerialize(graph: Graph, groups: readonly FusionGroup[], views: Views): void {
  new Rematerialization(graph, groups, views).run();
}

class Rematerialization {
  readonly #groups: readonly FusionGroup[];
  readonly #views: Views;
  /** The group that computes a value first. */
  readonly #groupOf = new Map<GraphNode, FusionGroup>();
  /** The groups that read a value. */
  readonly #readers = new Map<GraphNode, Set<FusionGroup>>();
  readonly #members = new Map<FusionGroup, Set<GraphNode>>();
  readonly #ends: ReadonlySet<GraphNode>;
  /** Parameters that change: reading them later would keep their update from happening in place. */
  readonly #changing: ReadonlySet<object>;

  constructor({ outputs, assigned }: Graph, groups: readonly FusionGroup[], views: Views) {
    this.#groups = groups;
    this.#views = views;
    for (const group of groups) {
      this.#members.set(group, new Set(group.members));
      for (const node of group.members) {
        this.#groupOf.set(node, group);
        this.#noteReads(group, node);
      }
    }
    this.#ends = new Set([...outputs, ...assigned.map(([, value]) => value)].map((node) => views.of(node).base));
    this.#changing = new Set(assigned.map(([parameter]) => parameter));
  }

  run(): void {
    for (const group of this.#groups) {
      if (!isPlain(group)) continue;
      for (const node of [...group.members]) if (this.#isKept(node) && !this.#ends.has(node)) this.#tryOut(node, group);
    }
    for (const group of this.#groups) if (isPlain(group)) this.#dropUnread(group);
  }

  #noteReads(group: FusionGroup, node: GraphNode): void {
    for (const [base] of this.#readsOf(node)) {
      const readers = this.#readers.get(base) ?? new Set();
      this.#readers.set(base, readers.add(group));
    }
  }

  /** Bases that the node reads, each with the strides of the reading in the node's loop. */
  #readsOf(node: GraphNode): (readonly [GraphNode, readonly number[], number])[] {
    const space = isFusibleReduction(node) ? node.inputs[0].shape : node.shape;
    const reads = isView(node)
      ? [[this.#views.through(node), node.shape] as const]
      : node.inputs.map((input) => [this.#views.of(input), input.shape] as const);
    return reads.map(([view, shape]) => [view.base, stridesWithin(view, shape, space), view.offset] as const);
  }

  /** Whether the value goes through memory: somebody reads it who does not compute it. */
  #isKept(node: GraphNode): boolean {
    if (this.#ends.has(node)) return true;
    return [...(this.#readers.get(node) ?? [])].some((reader) => !this.#members.get(reader)!.has(node));
  }

  /** Has all readers compute the node themselves, if all can and it pays. */
  #tryOut(node: GraphNode, group: FusionGroup): void {
    const others = [...this.#readers.get(node)!].filter((reader) => !this.#members.get(reader)!.has(node));
    const plans = others.map((reader) => this.#planFor(node, group, reader));
    if (plans.some((plan) => plan === null)) return;
    others.forEach((reader, i) => {
      const members = this.#members.get(reader)!;
      for (const each of plans[i]!) {
        members.add(each);
        reader.members.push(each);
        this.#noteReads(reader, each);
      }
      reader.members.sort((a, b) => a.id - b.id);
    });
  }

  /** What the reader would have to compute for the node; null where it cannot, or should not. */
  #planFor(node: GraphNode, group: FusionGroup, reader: FusionGroup): readonly GraphNode[] | null {
    if (!isPlain(reader) || reader.wide !== group.wide || !sameShape(reader.lengths, group.lengths)) return null;
    if (!reader.members.every((member) => this.#readsInPlace(member, node))) return null;
    const computed = new Set<GraphNode>();
    const read = new Set<GraphNode>();
    const collect = (each: GraphNode): boolean => {
      if (!cheap.has(each.op) || each.size !== node.size || computed.size === mostOperations) return false;
      computed.add(each);
      return this.#readsOf(each).every(([base]) => {
        if (base.uniform !== null || computed.has(base) || this.#members.get(reader)!.has(base))
          return !isFusibleReduction(base) || !this.#members.get(reader)!.has(base);
        if (this.#isAtHand(base, reader)) return true;
        if (this.#groupOf.get(base) === group && !this.#isKept(base))
          return this.#readsInPlace(each, base) && collect(base);
        if (base.source.kind === "state" && this.#changing.has(base.source.parameter)) return false;
        if (base.size * small > node.size) read.add(base);
        return true;
      });
    };
    // One value more to read, in place of this one.
    return collect(node) && read.size <= 1 ? [...computed] : null;
  }

  #isAtHand(base: GraphNode, reader: FusionGroup): boolean {
    return this.#readers.get(base)?.has(reader) ?? false;
  }

  /** Whether the member reads the value only at the element that it computes, if at all. */
  #readsInPlace(member: GraphNode, value: GraphNode): boolean {
    const own = longStrides(this.#views.of(value).strides, value.shape);
    return this.#readsOf(member).every(
      ([base, strides, offset]) => base !== value || (offset === 0 && sameShape(strides, own)),
    );
  }

  /** Takes out what the group no longer has to compute. */
  #dropUnread(group: FusionGroup): void {
    const read = new Set<GraphNode>();
    const left: GraphNode[] = [];
    for (const node of group.members.toReversed()) {
      if (!isFusibleReduction(node) && !read.has(node) && !this.#isKeptBy(group, node)) continue;
      left.push(node);
      for (const [base] of this.#readsOf(node)) read.add(base);
    }
    group.members.splice(0, group.members.length, ...left.reverse());
  }

  /** Whether it is this group that writes the value to memory. */
  #isKeptBy(group: FusionGroup, node: GraphNode): boolean {
    return this.#groupOf.get(node) === group && this.#isKept(node);
  }
}

/** A loop that passes over its elements once. */
function isPlain({ kind, rowPasses }: FusionGroup): boolean {
  return kind === "loop" && rowPasses === undefined;
}
