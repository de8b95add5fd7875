/**
 * The products of a program: matrix products and convolutions of data and weights, between which the layers lie.
 */
import type { Parameter } from "@chainrule/core";
import { convolveOp, inputGradientOp, matmulOp } from "@chainrule/core/internal";
import type { DiagnosisContext } from "../program/context.ts";
import type { GraphOp, GraphValue } from "../program/graph.ts";

/** A product with weights. */
export interface Product {
  readonly node: GraphOp;
  readonly weight: Parameter;
  /** What is multiplied with the weights. */
  readonly data: GraphValue;
  /** How many products lie on the longest way from the data to here, this one included. */
  readonly depth: number;
  /** The axis of the data along which its features or channels lie. */
  readonly featureAxis: number;
}

const key = {};

/** All products with weights, in their order. */
export function productsOf(context: DiagnosisContext): readonly Product[] {
  return context.once(key, () => {
    const depths = new Map<GraphValue, number>();
    const depthOf = (value: GraphValue) => depths.get(value) ?? 0;
    return context.graph.ops.flatMap((node): Product[] => {
      const before = Math.max(0, ...node.inputs.map(depthOf));
      const found = productAt(node, before + 1);
      depths.set(node.output, before + (found ? 1 : 0));
      return found ? [found] : [];
    });
  });
}

function productAt(node: GraphOp, depth: number): Product | null {
  const isMatmul = node.op === matmulOp;
  if (!isMatmul && node.op !== convolveOp && node.op !== inputGradientOp) return null;
  const [left, right] = node.inputs;
  const weight = weightOf(right) ?? weightOf(left);
  if (!weight) return null;
  const data = weightOf(right) ? left : right;
  return { node, weight, data, depth, featureAxis: isMatmul ? data.tensor.rank - 1 : 1 };
}

/** The parameter that a value is, or is a view of. */
function weightOf(value: GraphValue): Parameter | null {
  let at = value;
  while (
    at.producer &&
    at.producer.inputs.length === 1 &&
    at.producer.output.tensor.size === at.producer.inputs[0].tensor.size
  )
    at = at.producer.inputs[0];
  return at.parameter;
}

/** Whether a value depends on a parameter. */
export function dependsOnParameters(value: GraphValue): boolean {
  const pending = [value];
  const seen = new Set<GraphValue>();
  for (let at = pending.pop(); at; at = pending.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    if (at.parameter) return true;
    if (at.producer) pending.push(...at.producer.inputs);
  }
  return false;
}

/** The nearest products that a value was computed of. */
export function productBehind(value: GraphValue): GraphOp | null {
  const pending: GraphValue[] = [value];
  const seen = new Set<GraphValue>();
  for (let at = pending.shift(); at; at = pending.shift()) {
    if (seen.has(at) || !at.producer) continue;
    seen.add(at);
    if (productAt(at.producer, 0)) return at.producer;
    pending.push(...at.producer.inputs);
  }
  return null;
}

/** Whether a value goes into a further product with weights. */
export function feedsProduct(value: GraphValue): boolean {
  const pending: GraphValue[] = [value];
  const seen = new Set<GraphValue>();
  for (let at = pending.pop(); at; at = pending.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    for (const consumer of at.consumers) {
      if (consumer.loss) continue;
      if (productAt(consumer, 0)) return true;
      if (consumer.output) pending.push(consumer.output);
    }
  }
  return false;
}
