/**
 * Permuted products: a product whose axes are permuted, as the heads of attention are put side by side again, is stored in that
 * order at once, and nothing is copied. What is done to each of its elements on the way is done in the new order.
 *
 * Holds to the bit for what nobody else reads: an element is the same sum of the same products wherever it is stored, and where
 * rows become columns, it is that of the transposed matrices.
 */
import type { Op } from "@chainrule/core";
import { isBuiltinOp, sameShape } from "@chainrule/core/internal";
import { isProduct } from "../codegen/matmul.ts";
import { type AppliedOp, applied, type Graph, type GraphNode, kindOf, resultsOf } from "../ir/graph.ts";
import { GraphRewriter } from "../ir/graph-rewriter.ts";
import { type Fused, fusedProduct } from "./epilogue.ts";

/** From a product to the last of what permutes it. */
interface Chain {
  readonly product: GraphNode;
  /** What comes after it, permutes and what is done to each element, the first first. */
  readonly steps: readonly GraphNode[];
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
  const steps = [last];
  for (let node = operandOf(last); node !== null && readers.get(node) === 1; node = operandOf(node)) {
    if (isProduct(node)) return canBePermuted(node, orderOf(steps, node)) ? { product: node, steps } : null;
    steps.unshift(node);
  }
  return null;
}

/** What the node permutes, or computes something of for each element, beside single numbers; null where it does neither. */
function operandOf(node: GraphNode): GraphNode | null {
  if (isPermute(node)) return node.inputs[0];
  if (kindOf(node) !== "elementwise" || !isBuiltinOp(node.op!)) return null;
  const [operand, ...others] = node.inputs.filter(({ size }) => size > 1);
  return operand && others.length === 0 && sameShape(operand.shape, node.shape) ? operand : null;
}

/** Which of the product's axes each axis is in the end. */
function orderOf(steps: readonly GraphNode[], { shape }: GraphNode): readonly number[] {
  let order = shape.map((_, axis) => axis);
  for (const { lowering } of steps) if (lowering?.kind === "permute") order = lowering.order.map((axis) => order[axis]);
  return order;
}

/** Columns stay side by side; or rows do, which are columns of the transposed product. */
function canBePermuted({ shape, inputs, lowering }: GraphNode, order: readonly number[]): boolean {
  if (lowering?.kind !== "matmul" || lowering.packed) return false;
  const last = order[order.length - 1];
  return last === shape.length - 1 || (last === shape.length - 2 && inputs.length === 2);
}

const ops = new Map<string, Op<Fused>>();

/** The product by such a name that is stored in another order. */
function permutedProduct(name: string): Op<Fused> {
  let op = ops.get(name);
  if (!op) {
    op = fusedProduct(name);
    ops.set(name, op);
  }
  return op;
}

/** The product in the order of the last step, and what is done to each of its elements. */
function permuted(rewriter: GraphRewriter, { product, steps }: Chain): GraphNode {
  const { shape } = steps[steps.length - 1];
  let made = rewriter.add(productInOrder(rewriter, product, orderOf(steps, product)), { ...product, shape });
  let from = product;
  for (const step of steps) {
    const { op, attributes, inputs } = step.source as AppliedOp;
    const now = made;
    if (!isPermute(step))
      made = rewriter.add(
        applied(
          op,
          attributes,
          inputs.map((input) => (input === from ? now : rewriter.of(input))),
        ),
        { shape, dtype: step.dtype },
      );
    from = step;
  }
  return made;
}

function productInOrder(rewriter: GraphRewriter, product: GraphNode, order: readonly number[]): AppliedOp {
  const { lowering, inputs, name } = product;
  if (lowering?.kind !== "matmul") throw new Error(`${name} is no product`);
  const { transposed, relu = false } = lowering;
  const [rows, columns] = [order.length - 2, order.length - 1];
  const operands = inputs.map((input) => rewriter.of(input));
  if (order[columns] === columns) return applied(permutedProduct(name), { transposed, relu, order }, operands);
  const turned = {
    transposed: { a: !transposed.b, b: !transposed.a },
    order: order.map((axis) => (axis === rows ? columns : axis === columns ? rows : axis)),
  };
  return applied(permutedProduct(name), { ...turned, relu }, [operands[1], operands[0]]);
}
