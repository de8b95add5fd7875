/**
 * Stacking products: Σₜ Aₜ Bₜ = [A₁ A₂ …] [B₁; B₂; …], one product along all inner axes. The gradient of a weight that is
 * used at every step of a sequence, or in several places, is such a sum: of many small products, each of which would write
 * the whole gradient. Sums of sums over rows, the gradients of biases, are one sum over the stacked rows.
 *
 * Holds up to rounding: the same products are added up, in another order.
 */
import { type AxisRange, concatOp, matmulOp, reshapeOp, sumOp, type Transposed } from "@chainrule/core/internal";
import { type AppliedOp, applied, type Graph, type GraphNode } from "../ir/graph.ts";
import { GraphRewriter } from "../ir/graph-rewriter.ts";
import { areNeighbours, stretchOf } from "../ir/stretches.ts";
import { isView } from "../ir/views.ts";
import { AddTrees, SumWriter } from "./add-trees.ts";

/** The same graph, sums of products and of sums over rows written as one of each. */
export function stackProducts(graph: Graph): Graph {
  const trees = new AddTrees(graph);
  const sums = graph.nodes.flatMap((node) => {
    const terms = trees.termsOf(node);
    if (!terms) return [];
    const stackable = terms.filter((term) => trees.isReadOnce(term) && kindOf(term) !== null);
    return stackable.length > 1 ? [[node, terms, stackable] as const] : [];
  });
  if (sums.length === 0) return graph;
  const stacking = new Stacking(graph, sums);
  const stacked = stacking.run();
  return stacking.isDone ? stacked : graph;
}

/** The sum, its terms, and those that may be stacked. */
type Sum = readonly [GraphNode, readonly GraphNode[], readonly GraphNode[]];

/** What is stacked to make one of terms, in whatever shape: terms of one kind become one. */
function kindOf(term: GraphNode): string | null {
  const { source, inputs, dtype } = withoutViews(term);
  if (source.kind !== "op") return null;
  if (source.op === matmulOp) {
    const { a, b } = source.attributes as Transposed;
    return inputs.every(({ shape }) => shape.length === 2) ? `product ${a} ${b}` : null;
  }
  if (source.op !== sumOp || dtype !== inputs[0].dtype) return null;
  const { first, last } = source.attributes as AxisRange;
  return first === 0 ? `sum to ${last} of ${inputs[0].shape.slice(1)}` : null;
}

/** The axes along which the node's inputs are stacked. */
function stackedAxes({ source }: GraphNode): readonly number[] {
  const { op, attributes } = source as AppliedOp;
  if (op !== matmulOp) return [0];
  const { a, b } = attributes as Transposed;
  return [a ? 0 : 1, b ? 1 : 0];
}

class Stacking {
  readonly #graph: Graph;
  readonly #sums: ReadonlyMap<GraphNode, Sum>;
  readonly #rewriter = new GraphRewriter();
  readonly #write = new SumWriter(this.#rewriter);
  /** Values that are stacked already, by what they consist of. */
  readonly #stacks = new Map<string, { readonly node: GraphNode; readonly parts: readonly GraphNode[] }>();
  /** What became of such a value, where that was written before its turn. */
  readonly #written = new Map<GraphNode, GraphNode>();
  /** Whether anything was stacked. */
  isDone = false;
  /** What is part of another stack already. */
  readonly #uses = new Set<GraphNode>();
  /** What products will be of, by what it consists of. */
  readonly #planned = new Set<string>();

  constructor(graph: Graph, sums: readonly Sum[]) {
    this.#graph = graph;
    this.#sums = new Map(sums.map((sum) => [sum[0], sum]));
    for (const node of graph.nodes) {
      const parts = partsOf(node);
      if (!parts) continue;
      for (const part of parts) this.#uses.add(part);
      this.#stacks.set(keyOf(parts), { node, parts });
      const flat = flattened(parts);
      this.#stacks.set(keyOf(flat), { node, parts: flat });
    }
    for (const [, , terms] of sums) this.#planProducts(groupsOf(terms));
  }

  /** Notes what will be stacked for products. */
  #planProducts(groups: readonly (readonly GraphNode[])[]): void {
    for (const terms of groups)
      if (withoutViews(terms[0]).isMadeBy(matmulOp) && this.#pays(terms))
        for (const [i, axis] of stackedAxes(withoutViews(terms[0])).entries())
          if (axis === 0) this.#planned.add(keyOf(inputsOf(terms, i)));
  }

  run(): Graph {
    return this.#rewriter.run(this.#graph, (node, source) => {
      const written = this.#written.get(node);
      if (written) return this.#write.reshape(written, node.shape);
      const sum = this.#sums.get(node);
      return (sum && this.#stacked(sum)) ?? this.#rewriter.add(source, node);
    });
  }

  #stacked([, terms, stackable]: Sum): GraphNode | null {
    const stacked = groupsOf(stackable).filter((group) => this.#pays(group));
    if (stacked.length === 0) return null;
    this.isDone = true;
    const gone = new Set(stacked.flat());
    const others = terms.filter((term) => !gone.has(term)).map((term) => this.#rewriter.of(term));
    return this.#write.sum([...others, ...stacked.map((group) => this.#oneOf(group))]);
  }

  /** Whether less has to be copied to its place than sums of the terms would read; sums only of what is stacked anyway. */
  #pays(terms: readonly GraphNode[]): boolean {
    const first = withoutViews(terms[0]);
    let copied = 0;
    for (let i = 0; i < first.inputs.length; i++) {
      const parts = inputsOf(terms, i);
      if (this.#stacks.has(keyOf(parts)) || areInOneValue(parts)) continue;
      if (first.isMadeBy(sumOp)) return this.#planned.has(keyOf(parts));
      for (const part of parts) if (part.op === null || isView(part) || this.#uses.has(part)) copied += part.size;
    }
    return 2 * copied <= (terms.length - 1) * first.size;
  }

  /** One term for all of them. */
  #oneOf(terms: readonly GraphNode[]): GraphNode {
    const { source, shape, dtype } = withoutViews(terms[0]);
    const { op, attributes } = source as AppliedOp;
    const inOrder = this.#inOrder(terms.map(withoutViews));
    const inputs = stackedAxes(inOrder[0]).map((axis, i) =>
      this.#stack(
        inOrder.map(({ inputs }) => inputs[i]),
        axis,
      ),
    );
    const one = this.#rewriter.add(applied(op, attributes, inputs), { shape, dtype });
    return this.#write.reshape(one, terms[0].shape);
  }

  /** The terms in the order in which one of their inputs is stacked already, or else as they were computed. */
  #inOrder(terms: readonly GraphNode[]): readonly GraphNode[] {
    for (const [i, axis] of stackedAxes(terms[0]).entries()) {
      const found = axis === 0 && this.#stacks.get(keyOf(inputsOf(terms, i)));
      if (!found) continue;
      const at = new Map(found.parts.map((part, position) => [part, position]));
      const position = (term: GraphNode) => at.get(withoutViews(term.inputs[i]))!;
      if (at.size === terms.length) return terms.toSorted((x, y) => position(x) - position(y));
    }
    if (areInOneValue(inputsOf(terms, 0)))
      return terms.toSorted((x, y) => stretchOf(x.inputs[0]).start - stretchOf(y.inputs[0]).start);
    return terms.toSorted((x, y) => x.inputs[0].id - y.inputs[0].id);
  }

  /** The values one after another along the axis: those that are there already, if they are. */
  #stack(values: readonly GraphNode[], axis: number): GraphNode {
    const parts = values.map((value) => this.#rewriter.of(value));
    const { node, parts: order } = this.#stacks.get(keyOf(values.map(withoutViews))) ?? {};
    const isThere = axis === 0 && node && order!.every((part, i) => part === withoutViews(values[i]));
    if (!isThere) return this.#write.concat(parts, axis);
    const shape = parts[0].shape.with(
      0,
      parts.reduce((total, part) => total + part.shape[0], 0),
    );
    // It may come later in the graph, and is written now then.
    const known = this.#written.get(node) ?? this.#rewriter.of(node);
    if (known) return this.#write.reshape(known, shape);
    const stack = this.#write.concat(parts, axis);
    this.#written.set(node, stack);
    return stack;
  }
}

/** The terms of each kind of which there are several. */
function groupsOf(terms: Iterable<GraphNode>): readonly GraphNode[][] {
  const kinds = new Map<string, GraphNode[]>();
  for (const term of terms) {
    const kind = kindOf(term)!;
    const known = kinds.get(kind) ?? [];
    kinds.set(kind, known);
    known.push(term);
  }
  return [...kinds.values()].filter(({ length }) => length > 1);
}

/** What each term, in whatever shape, has for its input number i. */
function inputsOf(terms: readonly GraphNode[], i: number): readonly GraphNode[] {
  return terms.map((term) => withoutViews(withoutViews(term).inputs[i]));
}

/** The values that lie one after another in the node's memory; null for what is no concatenation along its first axis. */
function partsOf({ source, shape, inputs }: GraphNode): readonly GraphNode[] | null {
  if (source.kind !== "op" || source.op !== concatOp) return null;
  const isOutermost = shape.slice(0, source.attributes as number).every((length) => length === 1);
  return isOutermost ? inputs.map(withoutViews) : null;
}

/** Those that lie one after another in these, too: of a concatenation of concatenations. */
function flattened(parts: readonly GraphNode[]): readonly GraphNode[] {
  return parts.flatMap((part) => flattened(partsOf(part) ?? []).concat(partsOf(part) ? [] : [part]));
}

/** The value whose numbers the node has in another shape. */
function withoutViews(node: GraphNode): GraphNode {
  return node.isMadeBy(reshapeOp) ? withoutViews(node.inputs[0]) : node;
}

/** Whether the parts lie one after another in one value, so that none has to be copied. */
function areInOneValue(parts: readonly GraphNode[]): boolean {
  const stretches = parts.map(stretchOf).sort((a, b) => a.start - b.start);
  return stretches.every((stretch, i) => i === 0 || areNeighbours(stretches[i - 1], stretch));
}

/** Equal for the same values in whatever order. */
function keyOf(parts: readonly GraphNode[]): string {
  return parts
    .map(({ id }) => id)
    .sort((a, b) => a - b)
    .join();
}
