/**
 * Permuted products: a product whose axes are permuted, as the heads of attention are put side by side again, is stored in that
 * order at once, and nothing is copied. What is done to each of its elements on the way is done in the new order.
 *
 * Holds to the bit for what nobody else reads: an element is the same sum of the same products wherever it is stored, and where
 * rows become columns, it is that of the transposed matrices.
 */
import { isBuiltinOp, sameShape } from "@chainrule/core/internal";
import { isProduct, type ProductLowering } from "../codegen/matmul.ts";
import { type AppliedOp, applied, type Graph, type GraphNode, kindOf, resultsOf } from "../ir/graph.ts";
import { GraphRewriter } from "../ir/graph-rewriter.ts";
import { fusedProduct } from "./epilogue.ts";

/** From a product to the last of what permutes it. */
interface Chain {
  readonly product: GraphNode;
  /** What comes after it, permutes and what is done to each element, the first first. */
  readonly steps: readonly GraphNode[];
  /** Which of its axes each axis is in the end. */
  readonly order: readonly number[];
}

/** The same graph, products being stored in the order in which they are wanted. */
export function permuteProducts(graph: Graph): Graph {
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
  const rewriter = new GraphRewriter();
  return rewriter.run(graph, (node, source) => {
    const chain = chains.get(node);
    return chain ? permuted(rewriter, chain) : rewriter.add(source, node);
  });
}

function isPermute(node: GraphNode): boolean {
  return kindOf(node) === "permute";
}

/** How many read each node. */
function readersIn(graph: Graph): ReadonlyMap<GraphNode, number> {
  const readers = new Map<GraphNode, number>();
  const isRead = (node: GraphNode) => readers.set(node, (readers.get(node) ?? 0) + 1);
  for (const { inputs } of graph.nodes) inputs.forEach(isRead);
  resultsOf(graph).forEach(isRead);
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
  if (kindOf(node) !== "elementwise" || !isBuiltinOp(node.op!)) return null;
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
function permuted(rewriter: GraphRewriter, { product, steps, order }: Chain): GraphNode {
  const spec = (node: GraphNode) => ({ shape: steps[steps.length - 1].shape, dtype: node.dtype });
  let made = rewriter.add(inOrder(rewriter, product, order), spec(product));
  let from = product;
  for (const step of steps) {
    const { op, attributes, inputs } = step.source as AppliedOp;
    const now = (input: GraphNode) => (input === from ? made : rewriter.of(input));
    if (!isPermute(step)) made = rewriter.add(applied(op, attributes, inputs.map(now)), spec(step));
    from = step;
  }
  return made;
}

function inOrder(rewriter: GraphRewriter, { lowering, inputs, name }: GraphNode, order: readonly number[]): AppliedOp {
  const { transposed, relu = false } = lowering as ProductLowering;
  const operands = inputs.map((input) => rewriter.of(input));
  const [rows, columns] = [order.length - 2, order.length - 1];
  const isTurned = order[columns] === rows;
  return applied(
    fusedProduct(name),
    {
      transposed: isTurned ? { a: !transposed.b, b: !transposed.a } : transposed,
      relu,
      order: isTurned ? order.map((axis) => (axis < rows ? axis : rows + columns - axis)) : order,
    },
    isTurned ? operands.toReversed() : operands,
  );
}
