/**
 * Fusion: puts the values of a graph in groups that are computed in one go. Elementwise chains and the reductions that end
 * them share a loop; everything else is a group by itself.
 *
 * Holds always: each value is computed by the instructions that would compute it alone, of the same numbers, rounded to its
 * dtype; only the order in which sums are added up follows the loop.
 */

import { sizeOf } from "@chainrule/core";
import type { AxisRange } from "@chainrule/core/internal";
import { sameShape } from "@chainrule/core/internal";
import { isAxisLoop } from "../codegen/axis-loops.ts";
import { isCopy } from "../codegen/copy.ts";
import { emitterFor } from "../codegen/emitters.ts";
import { isIndexing } from "../codegen/gather-scatter.ts";
import { isProduct } from "../codegen/matmul.ts";
import { isWindow } from "../codegen/window.ts";
import { type FusedGraph, type FusionGroup, fusedGraph } from "../ir/fused-graph.ts";
import { type Graph, type GraphNode, resultsOf } from "../ir/graph.ts";
import { guardOp } from "../ir/guard.ts";
import { isFusibleReduction, type Reduction, readsSameElement } from "../ir/reads.ts";
import { type Scan, scanResultOf } from "../ir/scan.ts";
import { isView, longAxes, Views } from "../ir/views.ts";
import { type GroupDraft, GroupGraph, mostGroups, mostMembers } from "./group-graph.ts";

/** The graph in groups. */
export function fuse(graph: Graph): FusedGraph {
  const views = new Views();
  const elementwise = new Set(graph.nodes.filter(isElementwise));
  writeOutViews(graph, elementwise, views);
  return fusedGraph(graph, new Fusion(graph, elementwise, views).groups(), views);
}

/** Whether the node is computed in a loop over elements, other than as its end. Views are, where they are written out. */
function isElementwise(node: GraphNode): boolean {
  return node.lowering?.kind === "elementwise" && node.size > 0 && emitterFor(node) !== null;
}

/** Kernels and the outside read contiguous values only: views that are not contiguous are written out for them. */
function writeOutViews(graph: Graph, elementwise: ReadonlySet<GraphNode>, views: Views): void {
  const found = graph.nodes.filter(isView);
  if (found.length === 0) return;
  const wanted = new Set(resultsOf(graph).filter(isView));
  for (const node of graph.nodes) {
    const readsStrided =
      elementwise.has(node) || isView(node) || isFusibleReduction(node) || isProduct(node) || isCopy(node);
    if (!readsStrided) for (const input of node.inputs) if (isView(input)) wanted.add(input);
  }
  const strided = () => {
    const list: GraphNode[] = [];
    // In this order each finds what it is a view of, however long a chain of views is.
    for (const node of found) {
      const view = views.isWritten(node) ? views.viewOf(node) : views.of(node);
      // A reshape that strides cannot express needs a contiguous input, too.
      if (view.base === node) list.push(node.inputs[0]);
      if (wanted.has(node) && !views.isContiguous(node)) list.push(node);
    }
    return list;
  };
  // Until nothing changes: writing out a view changes the strides of the views of it.
  for (let list = strided(); list.length > 0; list = strided()) views.writeOut(list);
}

/** How a node is computed that takes part in no loop. */
function kindOf(node: GraphNode): Exclude<FusionGroup["kind"], "loop"> {
  if (isProduct(node)) return "matmul";
  if (isWindow(node)) return "window";
  if (isAxisLoop(node)) return "axisLoop";
  if (isIndexing(node)) return "indexing";
  if (node.isMadeBy(guardOp)) return "guard";
  if (scanResultOf(node)) return "scan";
  return isCopy(node) ? "copy" : "host";
}

/** Of a value that many loops reduce, so many are looked at for one that another can join. */
const mostAlike = 8;

class Fusion {
  readonly #graph: Graph;
  readonly #elementwise: ReadonlySet<GraphNode>;
  readonly #views: Views;
  #groups: GroupGraph;
  readonly #scans = new Map<Scan, GroupDraft>();

  constructor(graph: Graph, elementwise: ReadonlySet<GraphNode>, views: Views) {
    this.#graph = graph;
    this.#elementwise = elementwise;
    this.#views = views;
    this.#groups = new GroupGraph(views);
  }

  groups(): readonly FusionGroup[] {
    const done: GroupDraft[] = [];
    const finish = () => {
      this.#mergeReductions();
      for (const group of this.#groups.sorted()) done.push(group);
    };
    for (const node of this.#graph.nodes) {
      if (node.op === null || !this.#views.isWritten(node)) continue;
      const scan = scanResultOf(node)?.scan;
      const begun = scan && this.#scans.get(scan);
      if (begun) {
        // The results of a scan stand one after another.
        this.#groups.add(begun, node);
        continue;
      }
      if (this.#groups.count >= mostGroups) {
        // What is finished here needs nothing that comes later.
        finish();
        this.#groups = new GroupGraph(this.#views);
      }
      if (this.#elementwise.has(node) || (isView(node) && node.size > 0)) this.#placeElementwise(node);
      else if (isFusibleReduction(node)) this.#placeReduction(node);
      else {
        const group: GroupDraft = { kind: kindOf(node), members: [], lengths: [], wide: false, reducedAxes: null };
        this.#groups.add(group, node);
        if (scan) this.#scans.set(scan, group);
      }
    }
    finish();
    return done;
  }

  /** Loops that reduce the same value, as those for the gradients of a layer's scale and shift do, become one. */
  #mergeReductions(): void {
    const readersOf = new Map<GraphNode, GroupDraft[]>();
    for (const group of [...this.#groups.groups]) {
      if (group.reducedAxes === null) continue;
      const size = sizeOf(group.lengths);
      const bases = new Set(group.members.flatMap((node) => this.#groups.basesOf(node)));
      const shared = [...bases].filter((base) => base.size >= size);
      const like = shared.flatMap((base) => readersOf.get(base) ?? []);
      const other = like.find((each) => isLike(each, group) && this.#canMerge(each, group));
      if (other) this.#groups.merge(other, group);
      for (const base of shared)
        readersOf.set(base, [...(readersOf.get(base) ?? []).slice(-mostAlike), other ?? group]);
    }
  }

  #placeElementwise(node: GraphNode): void {
    const lengths = longAxes(node.shape);
    const wide = isWide(node, lengths);
    const joined = this.#candidates(node, lengths, wide).find((group) => this.#canJoin(group, node));
    if (!joined) {
      this.#groups.add({ kind: "loop", members: [], lengths, wide, reducedAxes: null }, node);
      return;
    }
    this.#groups.add(joined, node);
    for (const other of this.#candidates(node, lengths, wide))
      if (other !== joined && this.#canMerge(joined, other)) this.#groups.merge(joined, other);
  }

  #placeReduction(node: Reduction): void {
    const [from] = node.inputs;
    const lengths = longAxes(from.shape);
    const wide = isWide(from, lengths) && node.dtype === "float32";
    const reducedAxes = longRange(from.shape, node.lowering.axes);
    const joined = this.#candidates(node, lengths, wide).find(
      (group) => agree(group.reducedAxes, reducedAxes) && this.#canJoin(group, node),
    );
    const group: GroupDraft = joined ?? { kind: "loop", members: [], lengths, wide, reducedAxes };
    group.reducedAxes = reducedAxes;
    this.#groups.add(group, node);
  }

  /** The loops over the same elements that compute one of the node's inputs. */
  #candidates(node: GraphNode, lengths: readonly number[], wide: boolean): GroupDraft[] {
    const found: GroupDraft[] = [];
    for (const base of this.#groups.basesOf(node)) {
      const group = this.#groups.groupOf(base);
      if (group.kind !== "loop" || group.wide !== wide || !sameShape(group.lengths, lengths)) continue;
      if (!found.includes(group)) found.push(group);
    }
    return found;
  }

  /** Whether everything that the node reads from the group is at hand in its loop, and nothing else waits for the group. */
  #canJoin(group: GroupDraft, node: GraphNode): boolean {
    if (group.members.length >= mostMembers) return false;
    return this.#groups.basesOf(node).every((base) => {
      const from = this.#groups.groupOf(base);
      return from === group ? this.#isAtHand(node, base) : !this.#groups.needs(from, group);
    });
  }

  /** Whether a loop that computes the value has the element that the node reads when the node needs it. */
  #isAtHand(node: GraphNode, value: GraphNode): boolean {
    return !isFusibleReduction(value) && readsSameElement(node, value, this.#views);
  }

  /** Whether no third group stands between the two, and what each reads of the other is at hand in the common loop. */
  #canMerge(a: GroupDraft, b: GroupDraft): boolean {
    if (!agree(a.reducedAxes, b.reducedAxes)) return false;
    if (a.members.length + b.members.length > mostMembers) return false;
    if (this.#groups.needsThroughOthers(a, b) || this.#groups.needsThroughOthers(b, a)) return false;
    const readable = (reader: GroupDraft, other: GroupDraft) =>
      reader.members.every((node) =>
        this.#groups.basesOf(node).every((base) => this.#groups.groupOf(base) !== other || this.#isAtHand(node, base)),
      );
    return readable(a, b) && readable(b, a);
  }
}

/** Whether loops go over the same elements in the same way. */
function isLike(a: FusionGroup, b: FusionGroup): boolean {
  return a.wide === b.wide && sameShape(a.lengths, b.lengths);
}

/** Whether loops that reduce these axes can be one; null for none. */
function agree(a: AxisRange | null, b: AxisRange | null): boolean {
  return a === null || b === null || (a.first === b.first && a.last === b.last);
}

/** Whether the node can be computed four lanes at a time: not with doubles, and not worth it for a single number. */
function isWide(node: GraphNode, lengths: readonly number[]): boolean {
  return lengths.length > 0 && node.dtype !== "float64" && node.inputs.every((input) => input.dtype !== "float64");
}

/** A range of axes, counted among those with more than one element; `last` is below `first` where none is left. */
function longRange(shape: readonly number[], { first, last }: AxisRange): AxisRange {
  const from = longAxes(shape.slice(0, first)).length;
  return { first: from, last: from + longAxes(shape.slice(first, last + 1)).length - 1 };
}
