/**
 * Epilogue fusion: matrix products add a bias and apply relu where they store their results, a dense layer in one pass.
 *
 * Holds for float32 products that nobody else reads: a sum is rounded to float32 before the bias is added to it, and what
 * relu gets is rounded as well, as in the operations that they stand for. Of no products at all the sum is 0.
 */
import { add, JitError, type Op, relu } from "@chainrule/core";
import { matmulOp, reshapeOp, sameShape, type Transposed } from "@chainrule/core/internal";
import { type AppliedOp, applied, type Graph, type GraphNode, resultsOf } from "../ir/graph.ts";
import { GraphRewriter } from "../ir/graph-rewriter.ts";

/** The attributes of a product with an epilogue, whose third input is a bias, or of packed matrices. */
interface Fused {
  readonly transposed: Transposed;
  readonly relu: boolean;
  readonly packed?: boolean;
}

/** A product with an epilogue, or of packed matrices; its name tells reports what the epilogue does. */
export function fusedProduct(name: string): Op<Fused> {
  return {
    name,
    inferShape: (inputs, { transposed }) => matmulOp.inferShape(inputs, transposed),
    kernel: () => {
      throw new JitError({ where: name, expected: "a product that is compiled", got: "one that is run" });
    },
    lower: (fused) => ({ kind: "matmul", ...fused }),
  };
}

const withBiasOp = fusedProduct("matmul+bias");
const withReluOp = fusedProduct("matmul+relu");
const withBiasAndReluOp = fusedProduct("matmul+bias+relu");

/** The same graph, what follows products being part of them. */
export function fuseEpilogues(graph: Graph): Graph {
  return graph.nodes.some(isProduct) ? new EpilogueFusion(graph).run() : graph;
}

function isProduct(node: GraphNode): boolean {
  return node.lowering?.kind === "matmul" && node.dtype === "float32" && node.size > 0;
}

class EpilogueFusion {
  readonly #graph: Graph;
  readonly #rewriter = new GraphRewriter();
  /** How many read each node. */
  readonly #readers = new Map<GraphNode, number>();

  constructor(graph: Graph) {
    this.#graph = graph;
    const isRead = (node: GraphNode) => this.#readers.set(node, (this.#readers.get(node) ?? 0) + 1);
    for (const node of resultsOf(graph)) isRead(node);
    for (const { inputs } of graph.nodes) for (const input of inputs) isRead(input);
    for (const node of graph.outputs) this.#readers.set(node, Number.POSITIVE_INFINITY);
  }

  /** Products that went into others are dead afterwards. */
  run(): Graph {
    return this.#rewriter.run(
      this.#graph,
      (node, source) => this.#withBias(node) ?? this.#withRelu(node) ?? this.#rewriter.add(source, node),
    );
  }

  /** The product that the node is, or is a reshape of, if nobody else reads either. */
  #productBehind(node: GraphNode): GraphNode | null {
    if (this.#readers.get(node) !== 1) return null;
    if (node.op?.kernel !== "view") return isProduct(this.#rewriter.of(node)) ? node : null;
    const [from] = node.inputs;
    return from.shape.at(-1) === node.shape.at(-1) ? this.#productBehind(from) : null;
  }

  #withBias(node: GraphNode): GraphNode | null {
    if (!node.isMadeBy(add.op)) return null;
    for (const [i, from] of node.inputs.entries()) {
      const bias = node.inputs[1 - i];
      const product = sameShape(from.shape, node.shape) ? this.#productBehind(from) : null;
      if (!product || !isBias(bias, product)) continue;
      const { inputs, lowering } = this.#rewriter.of(product);
      if (lowering?.kind !== "matmul" || inputs.length > 2 || lowering.relu) continue;
      const fused = { transposed: lowering.transposed, relu: false };
      return this.#product(node, product, applied(withBiasOp, fused, [...inputs, this.#rewriter.of(bias)]));
    }
    return null;
  }

  #withRelu(node: GraphNode): GraphNode | null {
    if (!node.isMadeBy(relu.op)) return null;
    const [from] = node.inputs;
    // A sum that became a product's bias stands for that product.
    if (this.#readers.get(from) !== 1) return null;
    const made = this.#rewriter.of(from);
    const product = made.op?.kernel === "view" ? made.inputs[0] : made;
    const isOwn = from.isMadeBy(add.op) ? product.inputs.length > 2 : this.#productBehind(from) !== null;
    if (!isOwn || !isProduct(product)) return null;
    const { inputs, lowering } = product;
    if (lowering?.kind !== "matmul") return null;
    const op = inputs.length > 2 ? withBiasAndReluOp : withReluOp;
    return this.#product(node, product, applied(op, { transposed: lowering.transposed, relu: true }, inputs));
  }

  /** The new product, in the shape of the node whose place it takes. */
  #product(node: GraphNode, like: GraphNode, source: AppliedOp): GraphNode {
    const product = this.#rewriter.add(source, like);
    if (sameShape(product.shape, node.shape)) return product;
    return this.#rewriter.add(applied(reshapeOp, node.shape, [product]), node);
  }
}

/** Whether the node has one number for each column, contiguous in memory. */
function isBias({ source, size, shape, dtype, uniform }: GraphNode, product: GraphNode): boolean {
  const columns = product.shape.at(-1);
  return (
    source.kind !== "op" && uniform === null && dtype === "float32" && size === columns && shape.at(-1) === columns
  );
}
