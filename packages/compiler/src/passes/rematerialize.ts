/**
 * Rematerialization: values that are cheaper to compute again than to keep are computed again. What the forward pass leaves
 * for the backward pass is mostly sums and products of values that are kept in any case, and computing takes less time than
 * moving through memory.
 *
 * Holds for operations that draw no random numbers, of values that do not change until then: the same instructions, on as
 * many lanes, of the same numbers.
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
import { type FusedGraph, type FusionGroup, fusedGraph } from "../ir/fused-graph.ts";
import { callsUser, type GraphNode } from "../ir/graph.ts";
import { basesOf, isFusibleReduction, readsSameElement } from "../ir/reads.ts";
import type { Views } from "../ir/views.ts";
import { mostMembers } from "./group-graph.ts";

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

/** The same graph, its loops computing for themselves what is cheap. */
export function rematerialize(fused: FusedGraph): FusedGraph {
  return fusedGraph(fused.graph, new Rematerialization(fused).groups(), fused.views);
}

/** A group whose members change. */
type Draft = FusionGroup & { readonly members: GraphNode[] };

class Rematerialization {
  readonly #groups: readonly Draft[];
  readonly #views: Views;
  /** The group that computes a value first. */
  readonly #groupOf = new Map<GraphNode, Draft>();
  /** The groups that read a value. */
  readonly #readers = new Map<GraphNode, Set<Draft>>();
  readonly #members = new Map<FusionGroup, Set<GraphNode>>();
  readonly #liveOut: ReadonlySet<GraphNode>;
  /** The groups some of whose values others compute for themselves. */
  readonly #relieved: Draft[] = [];
  /** Parameters that change: reading them later would keep their update from happening in place. */
  readonly #changing: ReadonlySet<object>;

  constructor({ graph, groups, views, liveOut }: FusedGraph) {
    this.#groups = groups.map((group) => ({ ...group, members: [...group.members] }));
    this.#views = views;
    for (const group of this.#groups) {
      this.#members.set(group, new Set(group.members));
      for (const node of group.members) {
        this.#groupOf.set(node, group);
        this.#addReader(group, node);
      }
    }
    this.#liveOut = liveOut;
    this.#changing = new Set(graph.assigned.map(([parameter]) => parameter));
  }

  groups(): readonly FusionGroup[] {
    for (const group of this.#groups) {
      if (!isSinglePass(group)) continue;
      let isRelieved = false;
      for (const node of [...group.members])
        if (cheap.has(node.op) && !this.#liveOut.has(node) && this.#isKept(node))
          isRelieved = this.#tryNode(node, group) || isRelieved;
      if (isRelieved) this.#relieved.push(group);
    }
    for (const group of this.#relieved) this.#dropUnread(group);
    // Where all readers compute a value for themselves, nothing may be left of the group that did.
    return this.#groups.filter(({ members }) => members.length > 0);
  }

  #addReader(group: Draft, node: GraphNode): void {
    for (const base of basesOf(node, this.#views)) {
      const readers = this.#readers.get(base);
      if (readers) readers.add(group);
      else this.#readers.set(base, new Set([group]));
    }
  }

  /** Whether the value goes through memory: somebody reads it who does not compute it. */
  #isKept(node: GraphNode): boolean {
    if (this.#liveOut.has(node)) return true;
    for (const reader of this.#readers.get(node) ?? []) if (!this.#members.get(reader)!.has(node)) return true;
    return false;
  }

  /** Has all readers compute the node themselves, if all can and it pays; whether that is so. */
  #tryNode(node: GraphNode, group: Draft): boolean {
    const others = [...this.#readers.get(node)!].filter((reader) => !this.#members.get(reader)!.has(node));
    const plans: (readonly GraphNode[])[] = [];
    for (const reader of others) {
      const plan = this.#planFor(node, group, reader);
      if (plan === null) return false;
      plans.push(plan);
    }
    others.forEach((reader, i) => {
      const members = this.#members.get(reader)!;
      for (const each of plans[i]) {
        members.add(each);
        reader.members.push(each);
        this.#addReader(reader, each);
      }
      reader.members.sort((a, b) => a.id - b.id);
    });
    return true;
  }

  /** What the reader would have to compute for the node; null where it cannot, or should not. */
  #planFor(node: GraphNode, group: Draft, reader: Draft): readonly GraphNode[] | null {
    if (!isSinglePass(reader) || reader.wide !== group.wide || !sameShape(reader.lengths, group.lengths)) return null;
    if (reader.members.length + mostOperations > mostMembers) return null;
    if (!reader.members.every((member) => readsSameElement(member, node, this.#views))) return null;
    const computed = new Set<GraphNode>();
    const read = new Set<GraphNode>();
    const collect = (each: GraphNode): boolean => {
      if (!cheap.has(each.op) || each.size !== node.size || computed.size === mostOperations) return false;
      computed.add(each);
      return basesOf(each, this.#views).every((base) => {
        if (base.uniform !== null || computed.has(base) || this.#members.get(reader)!.has(base))
          return !isFusibleReduction(base) || !this.#members.get(reader)!.has(base);
        if (this.#isAtHand(base, reader)) return true;
        if (this.#groupOf.get(base) === group && !this.#isKept(base))
          return readsSameElement(each, base, this.#views) && collect(base);
        if (base.source.kind === "state" && this.#changing.has(base.source.parameter)) return false;
        if (base.size * small > node.size) read.add(base);
        return true;
      });
    };
    // One value more to read, in place of this one.
    return collect(node) && read.size <= 1 ? [...computed] : null;
  }

  #isAtHand(base: GraphNode, reader: Draft): boolean {
    return this.#readers.get(base)?.has(reader) ?? false;
  }

  /** Takes out what the group no longer has to compute. */
  #dropUnread(group: Draft): void {
    const read = new Set<GraphNode>();
    const left: GraphNode[] = [];
    for (const node of group.members.toReversed()) {
      if (!isFusibleReduction(node) && !read.has(node) && !this.#isKeptBy(group, node) && !callsUser(node)) continue;
      left.push(node);
      for (const base of basesOf(node, this.#views)) read.add(base);
    }
    group.members.splice(0, group.members.length, ...left.reverse());
  }

  /** Whether it is this group that writes the value to memory. */
  #isKeptBy(group: Draft, node: GraphNode): boolean {
    return this.#groupOf.get(node) === group && this.#isKept(node);
  }
}

/** A loop that passes over its elements once. */
function isSinglePass({ kind, rowPasses }: Draft): boolean {
  return kind === "loop" && rowPasses === undefined;
}
