/**
 * Lets matrix products add a bias, and cut at zero, where they store their results: a dense layer in one pass.
 */
import { add, JitError, type Op, relu } from "@chainrule/core";
import { matmulOp, sameShape, type Transposed } from "@chainrule/core/internal";
import { type AppliedOp, applied, type Graph, GraphNode, liveNodes, type Source } from "../ir/graph.ts";

/** What a product's attributes say once it has an epilogue; a bias is its third input. */
interface Fused {
  readonly transposed: Transposed;
  readonly relu: boolean;
}

/** A product with an epilogue; its name tells in reports what it does beside. */
function fusedProduct(name: string): Op<Fused> {
  return {
    name,
    inferShape: (inputs, { transposed }) => matmulOp.inferShape(inputs, transposed),
    kernel: () => {
      throw new JitError({ where: name, expected: "a product that is compiled", got: "one that is run" });
    },
    lower: ({ transposed, relu }) => ({ kind: "matmul", transposed, relu }),
  };
}

const withBiasOp = fusedProduct("matmul+bias");
const withReluOp = fusedProduct("matmul+relu");
const withBiasAndReluOp = fusedProduct("matmul+bias+relu");

/** The same graph, with what follows products taken into them. */
export function withEpilogues(graph: Graph): Graph {
  if (!graph.nodes.some(isProduct)) return graph;
  return new Rewriting(graph).run();
}

function isProduct(node: GraphNode): boolean {
  return node.lowering?.kind === "matmul" && node.dtype === "float32" && node.size > 0;
}

/** Rewrites a graph node by node. */
class Rewriting {
  readonly #graph: Graph;
  readonly #owner = {};
  readonly #nodes: GraphNode[] = [];
  /** What became of the nodes of the old graph, and how many read each. */
  readonly #made = new Map<GraphNode, GraphNode>();
  readonly #readers = new Map<GraphNode, number>();

  constructor(graph: Graph) {
    this.#graph = graph;
    const reads = [
      ...graph.outputs,
      ...graph.assigned.map(([, node]) => node),
      ...graph.nodes.flatMap((x) => x.inputs),
    ];
    for (const node of reads) this.#readers.set(node, (this.#readers.get(node) ?? 0) + 1);
    for (const node of graph.outputs) this.#readers.set(node, Number.POSITIVE_INFINITY);
  }

  run(): Graph {
    const { nodes, outputs, assigned } = this.#graph;
    for (const node of nodes) {
      const inputs = node.inputs.map((input) => this.#made.get(input)!);
      this.#made.set(node, this.#withBias(node) ?? this.#withRelu(node) ?? this.#same(node, inputs));
    }
    const graph = {
      nodes: this.#nodes,
      outputs: outputs.map((node) => this.#made.get(node)!),
      assigned: assigned.map(([parameter, node]) => [parameter, this.#made.get(node)!] as const),
    };
    // Products that went into others are read by nobody.
    const live = liveNodes(graph);
    return { ...graph, nodes: graph.nodes.filter((node) => live.has(node)) };
  }

  #add(source: Source, spec: GraphNode): GraphNode {
    const node = new GraphNode(this.#nodes.length, this.#owner, source, spec);
    this.#nodes.push(node);
    return node;
  }

  #same(node: GraphNode, inputs: readonly GraphNode[]): GraphNode {
    return this.#add(node.source.kind === "op" ? { ...node.source, inputs } : node.source, node);
  }

  /** The product that the node is, or is a reshape of, if nobody else reads either. */
  #productBehind(node: GraphNode): GraphNode | null {
    if (this.#readers.get(node) !== 1) return null;
    if (node.op?.kernel !== "view") return isProduct(this.#made.get(node)!) ? node : null;
    const [from] = node.inputs;
    return from.shape.at(-1) === node.shape.at(-1) ? this.#productBehind(from) : null;
  }

  #withBias(node: GraphNode): GraphNode | null {
    if (!node.isMadeBy(add.op)) return null;
    for (const [i, from] of node.inputs.entries()) {
      const bias = node.inputs[1 - i];
      const product = sameShape(from.shape, node.shape) ? this.#productBehind(from) : null;
      if (!product || !isBias(bias, product)) continue;
      const { inputs, lowering } = this.#made.get(product)!;
      if (lowering?.kind !== "matmul" || inputs.length > 2 || lowering.relu) continue;
      const fused = { transposed: lowering.transposed, relu: false };
      return this.#product(node, product, applied(withBiasOp, fused, [...inputs, this.#made.get(bias)!]));
    }
    return null;
  }

  #withRelu(node: GraphNode): GraphNode | null {
    if (!node.isMadeBy(relu.op)) return null;
    const [from] = node.inputs;
    // A sum that became a product's bias stands for that product.
    if (this.#readers.get(from) !== 1) return null;
    const made = this.#made.get(from)!;
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
    const product = this.#add(source, like);
    if (sameShape(product.shape, node.shape)) return product;
    const reshape = this.#graph.nodes.find(({ op }) => op?.kernel === "view")!.source as AppliedOp;
    return this.#add({ ...reshape, attributes: node.shape, inputs: [product] }, node);
  }
}

/** One number for each column, where it lies in one piece in memory. */
function isBias({ source, size, shape, dtype, uniform }: GraphNode, product: GraphNode): boolean {
  const columns = product.shape.at(-1);
  return (
    source.kind !== "op" && uniform === null && dtype === "float32" && size === columns && shape.at(-1) === columns
  );
}
