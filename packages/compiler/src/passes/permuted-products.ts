/**
 * Permuted products: a product whose axes are permuted, as the heads of attention are put side by side again, is stored in that
 * order at once, and nothing is copied. What is done to each of its elements on the way is done in the new order.
 *
 * Holds to the bit for what nobody else reads: an element is the same sum of the same products wherever it is stored, and where
 * rows become columns, it is that of the transposed matrices.
 */
import type { Op } from "@chainrule/core";
import { isBuiltinOp, permuteOp, sameShape } from "@chainrule/core/internal";
import type { ProductLowering } from "../codegen/matmul.ts";
import type { AppliedOp, Graph, GraphNode } from "../ir/graph.ts";
import type { GraphRewriter } from "../ir/graph-rewriter.ts";
import { floatLanes } from "../wasm/kernels/float-lanes.ts";
import type { fusedProduct } from "./epilogue.ts";

/** From a product to the last of what permutes it. */
interface Chain {
  readonly product: GraphNode;
  /** What comes after it, permutes and what is done to each element, the first first. */
  readonly steps: readonly GraphNode[];
  /** Which of its axes each axis is in the end. */
  readonly order: readonly number[];
}

/**
 * The same graph, products being stored in the order in which they are wanted.
 *
 * @param rewriter makes the new graph, `fused` the ops of its products: what a page loads for attention imports nothing of the rest.
 */
export function permuteProducts(graph: Graph, rewriter: GraphRewriter, fused: typeof fusedProduct): Graph {
  if (!graph.nodes.some(isPermute)) return graph;
  const readers = readersIn(graph);
  const chains = new Map<GraphNode, Chain>();
  const inChains = new Set<GraphNode>();
  // The last permute of a chain comes last, and stands for all of them.
  for (const node of graph.nodes.toReversed()) {
    const chain = isPermute(node) && !inChains.has(node) ? chainTo(node, readers) : null;
    if (!chain) continue;
    chains.set(node, chain);
    for (const step of chain.steps) inChains.add(step);
  }
  if (chains.size === 0) return graph;
  return rewriter.run(graph, (node, source) => {
    const chain = chains.get(node);
    return chain ? permuted(rewriter, chain, fused) : rewriter.add(source, node);
  });
}

function isPermute(node: GraphNode): boolean {
  return node.isMadeBy(permuteOp);
}

function isProduct({ lowering, dtype, size }: GraphNode): boolean {
  return lowering?.kind === "matmul" && Object.hasOwn(floatLanes, dtype) && size > 0;
}

/** How many read each node. */
function readersIn(graph: Graph): ReadonlyMap<GraphNode, number> {
  const readers = new Map<GraphNode, number>();
  const isRead = (node: GraphNode) => readers.set(node, (readers.get(node) ?? 0) + 1);
  for (const { inputs } of graph.nodes) inputs.forEach(isRead);
  graph.outputs.forEach(isRead);
  for (const [, node] of graph.assigned) isRead(node);
  return readers;
}

function chainTo(last: GraphNode, readers: ReadonlyMap<GraphNode, number>): Chain | null {
  const steps: GraphNode[] = [];
  let order = last.shape.map((_, axis) => axis);
  let node = last;
  for (;;) {
    const operand = operandOf(node);
    if (operand === null || readers.get(operand) !== 1) return null;
    steps.unshift(node);
    if (node.lowering?.kind === "permute") {
      const inner = node.lowering.order;
      order = order.map((axis) => inner[axis]);
    }
    node = operand;
    if (isProduct(node)) return canBePermuted(node, order) ? { product: node, steps, order } : null;
  }
}

/** What the node permutes, or computes something of for each element, beside single numbers; null where it does neither. */
function operandOf(node: GraphNode): GraphNode | null {
  if (isPermute(node)) return node.inputs[0];
  if (node.op === null || !isBuiltinOp(node.op) || node.lowering?.kind !== "elementwise") return null;
  const [operand, ...others] = node.inputs.filter(({ size }) => size > 1);
  return operand && others.length === 0 && sameShape(operand.shape, node.shape) ? operand : null;
}

/** Columns stay side by side; or rows do, which are columns of the transposed product. */
function canBePermuted({ shape, inputs, lowering }: GraphNode, order: readonly number[]): boolean {
  if (lowering?.kind !== "matmul" || lowering.packed) return false;
  const last = order[order.length - 1];
  return last === shape.length - 1 || (last === shape.length - 2 && inputs.length === 2);
}

/** The product in the order of the last step, and what is done to each of its elements. */
function permuted(rewriter: GraphRewriter, { product, steps, order }: Chain, fused: typeof fusedProduct): GraphNode {
  const spec = (node: GraphNode) => ({ shape: steps[steps.length - 1].shape, dtype: node.dtype });
  let made = rewriter.add(inOrder(rewriter, product, order, fused), spec(product));
  let from = product;
  for (const step of steps) {
    const source = step.source as AppliedOp;
    const inputs = source.inputs.map((input) => (input === from ? made : rewriter.of(input)));
    if (!isPermute(step)) made = rewriter.add({ ...source, inputs }, spec(step));
    from = step;
  }
  return made;
}

function inOrder(
  rewriter: GraphRewriter,
  { lowering, inputs, name }: GraphNode,
  order: readonly number[],
  fused: typeof fusedProduct,
): AppliedOp {
  const { transposed, relu = false } = lowering as ProductLowering;
  const operands = inputs.map((input) => rewriter.of(input));
  const [rows, columns] = [order.length - 2, order.length - 1];
  const isTurned = order[columns] === rows;
  const attributes = {
    transposed: isTurned ? { a: !transposed.b, b: !transposed.a } : transposed,
    relu,
    order: isTurned ? order.map((axis) => (axis < rows ? axis : rows + columns - axis)) : order,
  };
  return { kind: "op", op: fused(name) as Op, attributes, inputs: isTurned ? operands.toReversed() : operands };
}
