/**
 * Groups the values of a graph into groups that are computed in one go: elementwise chains and the reductions that end
 * them share a loop, everything else is a group by itself.
 */

import type { AxisRange } from "@chainrule/core/internal";
import { sameShape } from "@chainrule/core/internal";
import { isAxisLoop } from "../codegen/axis-loops.ts";
import { isCopy } from "../codegen/copy.ts";
import { emitterFor } from "../codegen/emitters.ts";
import { isIndexing } from "../codegen/gather-scatter.ts";
import { isProduct } from "../codegen/matmul.ts";
import { isWindow } from "../codegen/window.ts";
import { type FusedGraph, type FusionGroup, isFusibleReduction } from "../ir/fused-graph.ts";
import type { Graph, GraphNode } from "../ir/graph.ts";
import { hasBit, Reachability, withBit } from "../ir/reachability.ts";
import { isView, longAxes, longStrides, stridesWithin, Views } from "../ir/views.ts";
import { rematerialize } from "./rematerialize.ts";
import { joinRowPasses } from "./row-fusion.ts";

/** What takes part in a loop over elements, other than as its end. */
export function isElementwise(node: GraphNode, views: Views): boolean {
  if (node.size === 0) return false;
  if (isView(node)) return views.isWritten(node);
  return node.lowering?.kind === "elementwise" && emitterFor(node) !== null;
}

export function fuse(graph: Graph): FusedGraph {
  const views = new Views();
  writeOutViews(graph, views);
  const groups = new Grouping(graph, views).groups();
  rematerialize(graph, groups, views);
  return { groups, views, stored: storedNodes(graph, groups, views) };
}

/** Kernels and the outside want their inputs in one piece: views that are not are written out for them. */
function writeOutViews(graph: Graph, views: Views): void {
  const wanted = [...graph.outputs, ...graph.assigned.map(([, node]) => node)];
  for (const node of graph.nodes) {
    const readsStrided =
      isView(node) || isElementwise(node, views) || isFusibleReduction(node) || isProduct(node) || isCopy(node);
    if (!readsStrided) wanted.push(...node.inputs);
  }
  const inPieces = () => [
    ...wanted.filter((node) => isView(node) && !views.isContiguous(node)),
    // A reshape that strides cannot express needs its input in one piece, too.
    ...graph.nodes
      .filter((node) => isView(node) && views.through(node).base === node)
      .map(({ inputs: [from] }) => from),
  ];
  // Again and again: what looked into a view lies otherwise once that view is written out.
  for (let list = inPieces(); list.length > 0; list = inPieces()) for (const node of list) views.writeOut(node);
}

/** How a node is computed that takes part in no loop. */
function kindOf(node: GraphNode): Exclude<FusionGroup["kind"], "loop"> {
  if (isProduct(node)) return "matmul";
  if (isWindow(node)) return "window";
  if (isAxisLoop(node)) return "axisLoop";
  if (isIndexing(node)) return "indexing";
  return isCopy(node) ? "copy" : "host";
}

class Grouping {
  readonly #graph: Graph;
  readonly #views: Views;
  readonly #groupOf = new Map<GraphNode, FusionGroup>();
  readonly #basesOf = new Map<GraphNode, readonly GraphNode[]>();
  /** FusionGroup by their numbers in `order`: a group comes after those that it needs. */
  readonly #reachability = new Reachability();
  readonly #numbers = new Map<FusionGroup, number>();
  readonly #groups: FusionGroup[] = [];
  readonly #lastNode = new Map<FusionGroup, number>();
  /** Draws from one generator keep their order. */
  #lastDraw: FusionGroup | null = null;

  constructor(graph: Graph, views: Views) {
    this.#graph = graph;
    this.#views = views;
  }

  groups(): FusionGroup[] {
    for (const node of this.#graph.nodes) {
      if (node.op === null || !this.#views.isWritten(node)) continue;
      if (isElementwise(node, this.#views)) this.#placeMapped(node);
      else if (isFusibleReduction(node)) this.#placeFolded(node);
      else this.#single(node, kindOf(node));
    }
    this.#joinRows();
    return this.#sorted();
  }

  /** Lets loops that fold rows take in what they read of the same rows, and what reads of theirs. */
  #joinRows(): void {
    const readers = new Map<GraphNode, GraphNode[]>();
    for (const node of this.#groupOf.keys())
      for (const base of this.#bases(node)) readers.set(base, [...(readers.get(base) ?? []), node]);
    const unitsOf = (nodes: readonly GraphNode[]) => new Set(nodes.map((node) => this.#groupOf.get(node)!));
    for (const group of [...this.#numbers.keys()]) {
      // What was joined to another before is no group any more.
      let isOpen = this.#numbers.has(group) && group.reducedAxes !== null;
      while (isOpen) {
        const sources = unitsOf(group.members.flatMap((node) => this.#bases(node)));
        const users = unitsOf(group.members.flatMap((node) => readers.get(node) ?? []));
        isOpen =
          [...sources].some((source) => source !== group && this.#joinRow(group, source, group)) ||
          [...users].some((user) => user !== group && this.#joinRow(group, group, user));
      }
    }
  }

  /** Joins `first` and `second`, one of which is `into`, if they can be computed row by row. */
  #joinRow(into: FusionGroup, first: FusionGroup, second: FusionGroup): boolean {
    if (this.#reachability.hasIndirectPath(this.#numbers.get(first)!, this.#numbers.get(second)!)) return false;
    const rowPasses = joinRowPasses(first, second, this.#views);
    if (!rowPasses) return false;
    this.#merge(into, first === into ? second : first);
    into.rowPasses = rowPasses;
    return true;
  }

  /** The nodes with memory of their own that a node reads. */
  #bases(node: GraphNode): readonly GraphNode[] {
    let bases = this.#basesOf.get(node);
    if (!bases) {
      const read = isView(node) ? [this.#views.through(node).base] : node.inputs.map((x) => this.#views.of(x).base);
      bases = read.filter((base) => base.op !== null);
      this.#basesOf.set(node, bases);
    }
    return bases;
  }

  #needs(group: FusionGroup, other: FusionGroup): boolean {
    return this.#reachability.isReachable(this.#numbers.get(other)!, this.#numbers.get(group)!);
  }

  #single(node: GraphNode, kind: Exclude<FusionGroup["kind"], "loop">): void {
    this.#add({ kind, members: [], lengths: [], wide: false, reducedAxes: null }, node);
  }

  #placeMapped(node: GraphNode): void {
    const lengths = longAxes(node.shape);
    const wide = isWide(node, lengths);
    const joined = this.#candidates(node, lengths, wide).find((group) => this.#canJoin(group, node));
    if (!joined) {
      this.#add({ kind: "loop", members: [], lengths, wide, reducedAxes: null }, node);
      return;
    }
    this.#add(joined, node);
    for (const other of this.#candidates(node, lengths, wide))
      if (other !== joined && this.#canMerge(joined, other)) this.#merge(joined, other);
  }

  #placeFolded(node: GraphNode): void {
    const [from] = node.inputs;
    const lengths = longAxes(from.shape);
    const wide = isWide(from, lengths) && node.dtype === "float32";
    const reducedAxes = longRun(from.shape, (node.source as { attributes: unknown }).attributes as AxisRange);
    const sameFolds = (group: FusionGroup) =>
      group.reducedAxes === null ||
      (group.reducedAxes.first === reducedAxes.first && group.reducedAxes.last === reducedAxes.last);
    const joined = this.#candidates(node, lengths, wide).find(
      (group) => sameFolds(group) && this.#canJoin(group, node),
    );
    const group: FusionGroup = joined ?? { kind: "loop", members: [], lengths, wide, reducedAxes };
    group.reducedAxes = reducedAxes;
    this.#add(group, node);
  }

  /** The loops over the same elements that compute one of the node's inputs. */
  #candidates(node: GraphNode, lengths: readonly number[], wide: boolean): FusionGroup[] {
    const groups = this.#bases(node).map((base) => this.#groupOf.get(base)!);
    return [...new Set(groups)].filter(
      (group) => group.kind === "loop" && group.wide === wide && sameShape(group.lengths, lengths),
    );
  }

  /** Whether everything that the node reads from the group is at hand in its loop, and nothing else waits for the group. */
  #canJoin(group: FusionGroup, node: GraphNode): boolean {
    for (const base of this.#bases(node)) {
      const from = this.#groupOf.get(base)!;
      if (from === group) {
        if (isFusibleReduction(base) || !this.#readsInPlace(node, base)) return false;
      } else if (this.#needs(from, group)) return false;
    }
    return true;
  }

  #readsInPlace(node: GraphNode, base: GraphNode): boolean {
    const inPlace = longStrides(this.#views.of(base).strides, base.shape);
    const over = isFusibleReduction(node) ? node.inputs[0].shape : node.shape;
    const reads = isView(node)
      ? [[this.#views.through(node), node.shape] as const]
      : node.inputs.map((x) => [this.#views.of(x), x.shape] as const);
    return reads.every(
      ([view, shape]) =>
        view.base !== base || (view.offset === 0 && sameShape(stridesWithin(view, shape, over), inPlace)),
    );
  }

  /** Whether no third group stands between the two. */
  #canMerge(a: FusionGroup, b: FusionGroup): boolean {
    if (
      a.reducedAxes &&
      b.reducedAxes &&
      (a.reducedAxes.first !== b.reducedAxes.first || a.reducedAxes.last !== b.reducedAxes.last)
    )
      return false;
    const [first, second] = [this.#numbers.get(a)!, this.#numbers.get(b)!];
    if (this.#reachability.hasIndirectPath(first, second) || this.#reachability.hasIndirectPath(second, first))
      return false;
    // What one reads of the other must be at hand in the common loop.
    const readable = (reader: FusionGroup, other: FusionGroup) =>
      reader.members.every((node) =>
        this.#bases(node).every(
          (base) => this.#groupOf.get(base) !== other || (!isFusibleReduction(base) && this.#readsInPlace(node, base)),
        ),
      );
    return readable(a, b) && readable(b, a);
  }

  #merge(into: FusionGroup, other: FusionGroup): void {
    for (const node of other.members) this.#groupOf.set(node, into);
    into.members.push(...other.members);
    into.members.sort((x, y) => x.id - y.id);
    into.reducedAxes ??= other.reducedAxes;
    this.#reachability.merge(this.#numbers.get(into)!, this.#numbers.get(other)!);
    this.#numbers.delete(other);
    if (this.#lastDraw === other) this.#lastDraw = into;
    this.#lastNode.set(into, Math.max(this.#lastNode.get(into)!, this.#lastNode.get(other)!));
  }

  #add(group: FusionGroup, node: GraphNode): void {
    let number = this.#numbers.get(group);
    if (number === undefined) {
      number = this.#reachability.addNode();
      this.#numbers.set(group, number);
      this.#groups.push(group);
    }
    const needed = this.#bases(node).map((base) => this.#groupOf.get(base)!);
    if (node.op!.random) {
      if (this.#lastDraw) needed.push(this.#lastDraw);
      this.#lastDraw = group;
    }
    this.#reachability.addEdges(
      needed.map((each) => this.#numbers.get(each)!),
      number,
    );
    group.members.push(node);
    this.#groupOf.set(node, group);
    this.#lastNode.set(group, node.id);
  }

  /** FusionGroup in an order in which each comes after what it needs, otherwise as late as their last member was noted. */
  #sorted(): FusionGroup[] {
    const order: FusionGroup[] = [];
    let done: Uint32Array = new Uint32Array(0);
    const byLastNode = (groups: Iterable<FusionGroup>) =>
      [...groups].sort((a, b) => this.#lastNode.get(a)! - this.#lastNode.get(b)!);
    const visit = (group: FusionGroup): void => {
      const number = this.#numbers.get(group)!;
      if (hasBit(done, number)) return;
      done = withBit(done, number);
      for (const need of byLastNode(this.#reachability.ancestors(number, done).map((each) => this.#groups[each])))
        visit(need);
      order.push(group);
    };
    for (const group of byLastNode(this.#numbers.keys())) visit(group);
    return order;
  }
}

/** Whether the node can be computed four lanes at a time: not with doubles, and not worth it for a single number. */
function isWide(node: GraphNode, lengths: readonly number[]): boolean {
  return lengths.length > 0 && node.dtype !== "float64" && node.inputs.every((input) => input.dtype !== "float64");
}

/** A run of axes, counted among those with more than one element; `last` is below `first` where none is left. */
function longRun(shape: readonly number[], { first, last }: AxisRange): AxisRange {
  const from = longAxes(shape.slice(0, first)).length;
  return { first: from, last: from + longAxes(shape.slice(first, last + 1)).length - 1 };
}

function storedNodes(graph: Graph, groups: readonly FusionGroup[], views: Views): Set<GraphNode> {
  const stored = new Set<GraphNode>();
  const keep = (node: GraphNode) => stored.add(views.of(node).base);
  for (const node of graph.outputs) keep(node);
  for (const [, node] of graph.assigned) keep(node);
  for (const group of groups) {
    // From one pass over a row to the next, values go through memory.
    for (const members of group.rowPasses?.map((rowPass) => rowPass.members) ?? [group.members]) {
      const inside = new Set(members);
      for (const node of members) {
        if (group.kind !== "loop" || isFusibleReduction(node)) stored.add(node);
        const bases = isView(node) ? [views.through(node).base] : node.inputs.map((x) => views.of(x).base);
        for (const base of bases) if (group.kind !== "loop" || !inside.has(base)) stored.add(base);
      }
    }
  }
  return stored;
}
