/**
 * Epilogue fusion: matrix products and convolutions add a bias and apply relu where they store their results, a layer in one pass.
 *
 * Holds for those of float32 that nobody else reads. A product's sum is rounded to float32 before the bias is added to it, and what
 * relu gets is rounded as well, as in the operations that they stand for; of no products at all the sum is 0. A convolution's sums begin
 * with the bias.
 */
import { add, JitError, type Op, relu } from "@chainrule/core";
import { type Lowering, matmulOp, reshapeOp, type Sliding, sameShape, type Transposed } from "@chainrule/core/internal";
import { isWindow } from "../codegen/window.ts";
import { type AppliedOp, applied, type Graph, type GraphNode, resultsOf } from "../ir/graph.ts";
import { GraphRewriter } from "../ir/graph-rewriter.ts";

/** The attributes of a product with an epilogue, whose third input is a bias, of packed matrices, or stored in another order. */
interface Fused {
  readonly transposed: Transposed;
  readonly relu: boolean;
  readonly packed?: boolean;
  readonly order?: readonly number[];
}

/** Equal products are made by one op: what compares graphs goes by its identity. */
const ops = new Map<string, Op<Fused>>();

/** A product that the compiler knows more of than that it is one; its name tells reports what the epilogue does. */
export function fusedProduct(name: string): Op<Fused> {
  const known = ops.get(name);
  if (known) return known;
  const op: Op<Fused> = {
    name,
    inferShape: (inputs, { transposed, order }) => {
      const { shape, dtype } = matmulOp.inferShape(inputs, transposed);
      return { shape: order ? order.map((axis) => shape[axis]) : shape, dtype };
    },
    kernel: () => {
      throw new JitError({ where: name, expected: "a product that is compiled", got: "one that is run" });
    },
    lower: (fused) => ({ kind: "matmul", ...fused }),
  };
  ops.set(name, op);
  return op;
}

const withBiasOp = fusedProduct("matmul+bias");
const withReluOp = fusedProduct("matmul+relu");
const withBiasAndReluOp = fusedProduct("matmul+bias+relu");

type Convolution = Sliding & { readonly relu: boolean };

const convolutions = new Map<string, Op<Convolution>>();

/** A convolution with an epilogue, made of the plain one, which a bundle has only where it is used. */
function fusedConvolution(name: string, { inferShape }: Op): Op<Convolution> {
  const op: Op<Convolution> = convolutions.get(name) ?? {
    name,
    inferShape,
    kernel: () => {
      throw new JitError({ where: name, expected: "a convolution that is compiled", got: "one that is run" });
    },
    lower: ({ window, groups, relu }) => ({ kind: "window", call: "convolve", sliding: { window, groups }, relu }),
  };
  convolutions.set(name, op);
  return op;
}

/** The same graph, what follows products being part of them. */
export function fuseEpilogues(graph: Graph): Graph {
  return graph.nodes.some(isProduct) ? new EpilogueFusion(graph).run() : graph;
}

/** Whether the node is a matrix product or a convolution that can have an epilogue. */
function isProduct(node: GraphNode): boolean {
  const lowering = fusible(node);
  if (lowering === null || node.dtype !== "float32" || node.size === 0) return false;
  return lowering.kind === "matmul" || isWindow(node);
}

function fusible({ lowering }: GraphNode): (Lowering & { readonly kind: "matmul" | "window" }) | null {
  if (lowering?.kind === "matmul") return lowering;
  return lowering?.kind === "window" && lowering.call === "convolve" ? lowering : null;
}

/** The product or convolution of such inputs with an epilogue: the third input is a bias. */
function withEpilogue(like: GraphNode, inputs: readonly GraphNode[], cut: boolean): AppliedOp {
  const lowering = fusible(like)!;
  const hasBias = inputs.length > 2;
  if (lowering.kind === "matmul") {
    const op = hasBias ? (cut ? withBiasAndReluOp : withBiasOp) : withReluOp;
    return applied(op, { transposed: lowering.transposed, relu: cut }, inputs);
  }
  const op = fusedConvolution(`convolve${hasBias ? "+bias" : ""}${cut ? "+relu" : ""}`, like.op!);
  return applied(op, { ...lowering.sliding, relu: cut }, inputs);
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
    const product = this.#productBehind(from);
    return product && keepsChannels(node, this.#rewriter.of(product)) ? product : null;
  }

  #withBias(node: GraphNode): GraphNode | null {
    if (!node.isMadeBy(add.op)) return null;
    for (const [i, from] of node.inputs.entries()) {
      const bias = node.inputs[1 - i];
      const product = sameShape(from.shape, node.shape) ? this.#productBehind(from) : null;
      const made = product && this.#rewriter.of(product);
      if (!made || made.inputs.length > 2 || fusible(made)!.relu) continue;
      const vector = biasOf(bias, node, made);
      if (!vector) continue;
      return this.#product(node, product, withEpilogue(made, [...made.inputs, this.#rewriter.of(vector)], false));
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
    return this.#product(node, product, withEpilogue(product, product.inputs, true));
  }

  /** The new product, in the shape of the node whose place it takes. */
  #product(node: GraphNode, like: GraphNode, source: AppliedOp): GraphNode {
    const product = this.#rewriter.add(source, like);
    if (sameShape(product.shape, node.shape)) return product;
    return this.#rewriter.add(applied(reshapeOp, node.shape, [product]), node);
  }
}

/** Which axis of a value of so many axes has the columns of a product, or the channels of a convolution. */
function channelAxis(product: GraphNode, rank: number): number {
  return product.lowering?.kind === "matmul" ? rank - 1 : 1;
}

/** Whether the reshaped product has its columns, or its images and channels, where it has them itself. */
function keepsChannels({ shape }: GraphNode, product: GraphNode): boolean {
  const axis = channelAxis(product, product.shape.length);
  if (shape[channelAxis(product, shape.length)] !== product.shape[axis]) return false;
  return product.lowering?.kind === "matmul" || shape[0] === product.shape[0];
}

/** The vector of one number for each column or channel that is added to the product, contiguous in memory; null for anything else. */
function biasOf(added: GraphNode, sum: GraphNode, product: GraphNode): GraphNode | null {
  const channels = product.shape[channelAxis(product, product.shape.length)];
  const axis = channelAxis(product, sum.shape.length) - sum.shape.length + added.shape.length;
  if (added.size !== channels || added.shape[axis] !== channels) return null;
  let vector = added;
  while (vector.op?.kernel === "view") [vector] = vector.inputs;
  const { source, dtype, uniform } = vector;
  return source.kind !== "op" && uniform === null && dtype === "float32" ? vector : null;
}
