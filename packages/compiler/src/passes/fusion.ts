/**
 * Groups the values of a graph into units that are computed in one go: elementwise chains and the reductions that end
 * them share a loop, everything else is a unit by itself.
 */

import type { DType } from "@chainrule/core";
import type { AxisRange } from "@chainrule/core/internal";
import { sameShape } from "@chainrule/core/internal";
import { isLined } from "../codegen/axis-loops.ts";
import { isCopied } from "../codegen/copy.ts";
import { formFor } from "../codegen/emitters.ts";
import { isIndexed } from "../codegen/gather-scatter.ts";
import { isProduct } from "../codegen/matmul.ts";
import { isWindowed } from "../codegen/window.ts";
import type { Graph, GraphNode } from "../ir/graph.ts";
import { hasBit, Precedence, withBit } from "../ir/reachability.ts";
import { isView, longAxes, longStrides, stridesWithin, Views } from "../ir/views.ts";
import { recompute } from "./rematerialize.ts";
import { joinedStages, type Stage } from "./row-fusion.ts";

/** What is computed together. */
export interface Unit {
  readonly kind: "loop" | "matmul" | "window" | "lines" | "indexed" | "copies" | "host";
  readonly members: GraphNode[];
  /** For loops: the lengths of the axes that have more than one element. */
  readonly lengths: readonly number[];
  /** For loops: four float32 at a time, or one element of whatever dtype. */
  readonly wide: boolean;
  /** For loops that end in reductions: the axes (among `lengths`) that go. */
  folds: AxisRange | null;
  /** For loops that are computed row by row, in several passes over each row. */
  stages?: readonly Stage[];
}

/** The units in an order in which they can run, and how values are read. */
export interface Fused {
  readonly units: readonly Unit[];
  readonly views: Views;
  /** Values that are needed after the unit that computes them, and therefore are written to memory. */
  readonly stored: ReadonlySet<GraphNode>;
}

/** What takes part in a loop over elements, other than as its end. */
export function isMapped(node: GraphNode, views: Views): boolean {
  if (node.size === 0) return false;
  if (isView(node)) return views.isWritten(node);
  return node.lowering?.kind === "elementwise" && formFor(node) !== null;
}

/** What ends a loop: a reduction of floats. */
export function isFolded(node: GraphNode): boolean {
  const isReduction = node.lowering?.kind === "reduce";
  return isReduction && isFloat(node.dtype) && isFloat(node.inputs[0].dtype) && node.inputs[0].size > 0;
}

function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

export function fuse(graph: Graph): Fused {
  const views = new Views();
  writeOutViews(graph, views);
  const units = new Grouping(graph, views).units();
  recompute(graph, units, views);
  return { units, views, stored: storedNodes(graph, units, views) };
}

/** Kernels and the outside want their inputs in one piece: views that are not are written out for them. */
function writeOutViews(graph: Graph, views: Views): void {
  const wanted = [...graph.outputs, ...graph.assigned.map(([, node]) => node)];
  for (const node of graph.nodes) {
    const readsStrided = isView(node) || isMapped(node, views) || isFolded(node) || isProduct(node) || isCopied(node);
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
function kindOf(node: GraphNode): Exclude<Unit["kind"], "loop"> {
  if (isProduct(node)) return "matmul";
  if (isWindowed(node)) return "window";
  if (isLined(node)) return "lines";
  if (isIndexed(node)) return "indexed";
  return isCopied(node) ? "copies" : "host";
}

class Grouping {
  readonly #graph: Graph;
  readonly #views: Views;
  readonly #unitOf = new Map<GraphNode, Unit>();
  readonly #basesOf = new Map<GraphNode, readonly GraphNode[]>();
  /** Units by their numbers in `order`: a unit comes after those that it needs. */
  readonly #order = new Precedence();
  readonly #numbers = new Map<Unit, number>();
  readonly #units: Unit[] = [];
  readonly #lastNode = new Map<Unit, number>();
  /** Draws from one generator keep their order. */
  #lastDraw: Unit | null = null;

  constructor(graph: Graph, views: Views) {
    this.#graph = graph;
    this.#views = views;
  }

  units(): Unit[] {
    for (const node of this.#graph.nodes) {
      if (node.op === null || !this.#views.isWritten(node)) continue;
      if (isMapped(node, this.#views)) this.#placeMapped(node);
      else if (isFolded(node)) this.#placeFolded(node);
      else this.#single(node, kindOf(node));
    }
    this.#joinRows();
    return this.#sorted();
  }

  /** Lets loops that fold rows take in what they read of the same rows, and what reads of theirs. */
  #joinRows(): void {
    const readers = new Map<GraphNode, GraphNode[]>();
    for (const node of this.#unitOf.keys())
      for (const base of this.#bases(node)) readers.set(base, [...(readers.get(base) ?? []), node]);
    const unitsOf = (nodes: readonly GraphNode[]) => new Set(nodes.map((node) => this.#unitOf.get(node)!));
    for (const unit of [...this.#numbers.keys()]) {
      // What was joined to another before is no unit any more.
      let isOpen = this.#numbers.has(unit) && unit.folds !== null;
      while (isOpen) {
        const sources = unitsOf(unit.members.flatMap((node) => this.#bases(node)));
        const users = unitsOf(unit.members.flatMap((node) => readers.get(node) ?? []));
        isOpen =
          [...sources].some((source) => source !== unit && this.#joinRow(unit, source, unit)) ||
          [...users].some((user) => user !== unit && this.#joinRow(unit, unit, user));
      }
    }
  }

  /** Joins `first` and `second`, one of which is `into`, if they can be computed row by row. */
  #joinRow(into: Unit, first: Unit, second: Unit): boolean {
    if (this.#order.hasBetween(this.#numbers.get(first)!, this.#numbers.get(second)!)) return false;
    const stages = joinedStages(first, second, this.#views);
    if (!stages) return false;
    this.#merge(into, first === into ? second : first);
    into.stages = stages;
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

  #needs(unit: Unit, other: Unit): boolean {
    return this.#order.isBefore(this.#numbers.get(other)!, this.#numbers.get(unit)!);
  }

  #single(node: GraphNode, kind: Exclude<Unit["kind"], "loop">): void {
    this.#add({ kind, members: [], lengths: [], wide: false, folds: null }, node);
  }

  #placeMapped(node: GraphNode): void {
    const lengths = longAxes(node.shape);
    const wide = isWide(node, lengths);
    const joined = this.#candidates(node, lengths, wide).find((unit) => this.#canJoin(unit, node));
    if (!joined) {
      this.#add({ kind: "loop", members: [], lengths, wide, folds: null }, node);
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
    const folds = longRun(from.shape, (node.source as { attributes: unknown }).attributes as AxisRange);
    const sameFolds = (unit: Unit) =>
      unit.folds === null || (unit.folds.first === folds.first && unit.folds.last === folds.last);
    const joined = this.#candidates(node, lengths, wide).find((unit) => sameFolds(unit) && this.#canJoin(unit, node));
    const unit: Unit = joined ?? { kind: "loop", members: [], lengths, wide, folds };
    unit.folds = folds;
    this.#add(unit, node);
  }

  /** The loops over the same elements that compute one of the node's inputs. */
  #candidates(node: GraphNode, lengths: readonly number[], wide: boolean): Unit[] {
    const units = this.#bases(node).map((base) => this.#unitOf.get(base)!);
    return [...new Set(units)].filter(
      (unit) => unit.kind === "loop" && unit.wide === wide && sameShape(unit.lengths, lengths),
    );
  }

  /** Whether everything that the node reads from the unit is at hand in its loop, and nothing else waits for the unit. */
  #canJoin(unit: Unit, node: GraphNode): boolean {
    for (const base of this.#bases(node)) {
      const from = this.#unitOf.get(base)!;
      if (from === unit) {
        if (isFolded(base) || !this.#readsInPlace(node, base)) return false;
      } else if (this.#needs(from, unit)) return false;
    }
    return true;
  }

  #readsInPlace(node: GraphNode, base: GraphNode): boolean {
    const inPlace = longStrides(this.#views.of(base).strides, base.shape);
    const over = isFolded(node) ? node.inputs[0].shape : node.shape;
    const reads = isView(node)
      ? [[this.#views.through(node), node.shape] as const]
      : node.inputs.map((x) => [this.#views.of(x), x.shape] as const);
    return reads.every(
      ([view, shape]) =>
        view.base !== base || (view.offset === 0 && sameShape(stridesWithin(view, shape, over), inPlace)),
    );
  }

  /** Whether no third unit stands between the two. */
  #canMerge(a: Unit, b: Unit): boolean {
    if (a.folds && b.folds && (a.folds.first !== b.folds.first || a.folds.last !== b.folds.last)) return false;
    const [first, second] = [this.#numbers.get(a)!, this.#numbers.get(b)!];
    if (this.#order.hasBetween(first, second) || this.#order.hasBetween(second, first)) return false;
    // What one reads of the other must be at hand in the common loop.
    const readable = (reader: Unit, other: Unit) =>
      reader.members.every((node) =>
        this.#bases(node).every(
          (base) => this.#unitOf.get(base) !== other || (!isFolded(base) && this.#readsInPlace(node, base)),
        ),
      );
    return readable(a, b) && readable(b, a);
  }

  #merge(into: Unit, other: Unit): void {
    for (const node of other.members) this.#unitOf.set(node, into);
    into.members.push(...other.members);
    into.members.sort((x, y) => x.id - y.id);
    into.folds ??= other.folds;
    this.#order.merge(this.#numbers.get(into)!, this.#numbers.get(other)!);
    this.#numbers.delete(other);
    if (this.#lastDraw === other) this.#lastDraw = into;
    this.#lastNode.set(into, Math.max(this.#lastNode.get(into)!, this.#lastNode.get(other)!));
  }

  #add(unit: Unit, node: GraphNode): void {
    let number = this.#numbers.get(unit);
    if (number === undefined) {
      number = this.#order.add();
      this.#numbers.set(unit, number);
      this.#units.push(unit);
    }
    const needed = this.#bases(node).map((base) => this.#unitOf.get(base)!);
    if (node.op!.random) {
      if (this.#lastDraw) needed.push(this.#lastDraw);
      this.#lastDraw = unit;
    }
    this.#order.require(
      number,
      needed.map((each) => this.#numbers.get(each)!),
    );
    unit.members.push(node);
    this.#unitOf.set(node, unit);
    this.#lastNode.set(unit, node.id);
  }

  /** Units in an order in which each comes after what it needs, otherwise as late as their last member was noted. */
  #sorted(): Unit[] {
    const order: Unit[] = [];
    let done: Uint32Array = new Uint32Array(0);
    const byLastNode = (units: Iterable<Unit>) =>
      [...units].sort((a, b) => this.#lastNode.get(a)! - this.#lastNode.get(b)!);
    const visit = (unit: Unit): void => {
      const number = this.#numbers.get(unit)!;
      if (hasBit(done, number)) return;
      done = withBit(done, number);
      for (const need of byLastNode(this.#order.before(number, done).map((each) => this.#units[each]))) visit(need);
      order.push(unit);
    };
    for (const unit of byLastNode(this.#numbers.keys())) visit(unit);
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

function storedNodes(graph: Graph, units: readonly Unit[], views: Views): Set<GraphNode> {
  const stored = new Set<GraphNode>();
  const keep = (node: GraphNode) => stored.add(views.of(node).base);
  for (const node of graph.outputs) keep(node);
  for (const [, node] of graph.assigned) keep(node);
  for (const unit of units) {
    // From one pass over a row to the next, values go through memory.
    for (const members of unit.stages?.map((stage) => stage.members) ?? [unit.members]) {
      const inside = new Set(members);
      for (const node of members) {
        if (unit.kind !== "loop" || isFolded(node)) stored.add(node);
        const bases = isView(node) ? [views.through(node).base] : node.inputs.map((x) => views.of(x).base);
        for (const base of bases) if (unit.kind !== "loop" || !inside.has(base)) stored.add(base);
      }
    }
  }
  return stored;
}
