/**
 * Trees of additions: the sums that gradients of what is used several times are. What the passes over them share.
 */
import { add } from "@chainrule/core";
import { allocate, concatOp, reshapeOp, sameShape } from "@chainrule/core/internal";
import { applied, type Graph, type GraphNode, resultsOf } from "../ir/graph.ts";
import type { GraphRewriter } from "../ir/graph-rewriter.ts";
import { mostConcatenated } from "./simplify-concat.ts";

/** The sums of a graph, and how often each value is read. */
export class AddTrees {
  readonly #readers = new Map<GraphNode, number>();
  /** Additions whose result only another addition reads. */
  readonly #inner = new Set<GraphNode>();

  constructor(graph: Graph) {
    for (const node of resultsOf(graph)) this.#readers.set(node, Number.POSITIVE_INFINITY);
    for (const { inputs } of graph.nodes)
      for (const input of inputs) this.#readers.set(input, (this.#readers.get(input) ?? 0) + 1);
    for (const node of graph.nodes)
      if (isSum(node))
        for (const input of node.inputs) if (isSum(input) && this.isReadOnce(input)) this.#inner.add(input);
  }

  isReadOnce(node: GraphNode): boolean {
    return this.#readers.get(node) === 1;
  }

  /** What the node is the sum of, in the order in which it was written; null for what is no whole sum. */
  termsOf(node: GraphNode): GraphNode[] | null {
    if (!isSum(node) || this.#inner.has(node)) return null;
    const terms: GraphNode[] = [];
    const open = [...node.inputs].reverse();
    for (let next = open.pop(); next; next = open.pop()) {
      if (this.#inner.has(next)) open.push(next.inputs[1], next.inputs[0]);
      else terms.push(next);
    }
    return terms;
  }
}

/** Whether it adds floats, element by element, nothing broadcast. */
function isSum(node: GraphNode): boolean {
  const isFloat = node.dtype === "float32" || node.dtype === "float64";
  return node.isMadeBy(add.op) && isFloat && node.inputs.every(({ shape }) => sameShape(shape, node.shape));
}

/** Writes the operations that the passes put in place of others. */
export class SumWriter {
  readonly #rewriter: GraphRewriter;

  constructor(rewriter: GraphRewriter) {
    this.#rewriter = rewriter;
  }

  zeros(shape: readonly number[], dtype: GraphNode["dtype"]): GraphNode {
    return this.#rewriter.add({ kind: "constant", numbers: allocate(dtype, 1) }, { shape, dtype });
  }

  /** The values one after another along an axis; of very many, parts of them first, as in `simplify`. */
  concat(parts: readonly GraphNode[], axis: number): GraphNode {
    if (parts.length === 1) return parts[0];
    if (parts.length > mostConcatenated) {
      const joined: GraphNode[] = [];
      for (let at = 0; at < parts.length; at += mostConcatenated)
        joined.push(this.concat(parts.slice(at, at + mostConcatenated), axis));
      return this.concat(joined, axis);
    }
    const length = parts.reduce((total, { shape }) => total + shape[axis], 0);
    const { shape, dtype } = parts[0];
    return this.#rewriter.add(applied(concatOp, axis, parts), { shape: shape.with(axis, length), dtype });
  }

  reshape(node: GraphNode, shape: readonly number[]): GraphNode {
    if (sameShape(node.shape, shape)) return node;
    return this.#rewriter.add(applied(reshapeOp, shape, [node]), { shape, dtype: node.dtype });
  }

  sum(terms: readonly GraphNode[]): GraphNode {
    return terms.reduce((total, term) => this.#rewriter.add(applied(add.op, undefined, [total, term]), total));
  }
}
