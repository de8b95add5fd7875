/**
 * Identities that make a graph cheaper: each looks at one operation on nodes, and writes an equal one with tensors.
 *
 * Results are the same up to rounding. NaN and infinities are what they were wherever the rule applies.
 */

import {
  add,
  exp,
  log,
  mul,
  neg,
  type Op,
  scatterAdd,
  sub,
  type Tensor,
  takeAlongAxis,
  transpose,
} from "@chainrule/core";
import {
  type AxisRange,
  applyOp,
  matmulOp,
  maxOp,
  sameShape,
  scatterAddOp,
  sumOp,
  type Transposed,
  takeAlongAxisOp,
} from "@chainrule/core/internal";
import type { AppliedOp, GraphNode } from "../ir/graph.ts";

/** An operation that is about to be recorded. */
export interface Recorded<Attributes = unknown> {
  readonly source: AppliedOp;
  readonly attributes: Attributes;
  readonly shape: readonly number[];
  /** A tensor that stands for a node. */
  readonly tensor: (node: GraphNode) => Tensor;
}

/** The same value in other operations; null where the rule does not apply. */
type Rule<Attributes = void> = (recorded: Recorded<Attributes>) => Tensor | null;

/** The inputs of a node that is made by this op, else null. */
function inputsOf<Attributes>(node: GraphNode, op: Op<Attributes>): readonly GraphNode[] | null {
  return node.isMadeBy(op) ? node.inputs : null;
}

/** Whether it is x - max x: at most 0, with a 0 in every line, so that its exponentials have a sum of at least 1. */
function isBelowItsMaximum(node: GraphNode): boolean {
  const [x, most] = inputsOf(node, sub.op) ?? [];
  return most !== undefined && inputsOf(most, maxOp)?.[0] === x;
}

/**
 * exp(x - log Σ exp(x)) = exp(x) / Σ exp(x), where exp(x) is there already: one exponential for softmax and its logarithm.
 *
 * Only where x is something less its maximum: exp(x) could overflow else, and ∞ / ∞ is no 0.
 */
const softmaxOfLogSoftmax: Rule = ({ source: { inputs }, tensor }) => {
  const [x, logTotal] = inputsOf(inputs[0], sub.op) ?? [];
  const [total] = (logTotal && inputsOf(logTotal, log.op)) ?? [];
  const [powers] = (total && inputsOf(total, sumOp)) ?? [];
  if (!x || !powers || inputsOf(powers, exp.op)?.[0] !== x) return null;
  if (!isBelowItsMaximum(x)) return null;
  return tensor(powers).div(tensor(total!));
};

/** Elements taken of f(x, y) are f of the elements taken: labels look at few of the numbers. */
const takeBeforeComputing: Rule<number> = ({ source: { inputs }, attributes: axis, tensor }) => {
  const [x, indices] = inputs;
  if (x.source.kind !== "op" || x.lowering?.kind !== "elementwise" || x.source.op.random) return null;
  if (indices.shape[axis] >= x.shape[axis]) return null;
  const taken = x.inputs.map((input) => {
    if (input.uniform !== null && input.size === 1) return tensor(input);
    if (sameShape(input.shape, x.shape)) return takeAlongAxis(tensor(input), tensor(indices), axis);
    // One element along the axis stands for all of them.
    const isSingle = input.shape.length === x.shape.length && input.shape[axis] === 1;
    return isSingle ? tensor(input) : null;
  });
  const { op, attributes: of } = x.source;
  return taken.every((each) => each !== null) ? applyOp(op, taken, of) : null;
};

/** Values added at positions of zeros: the gradient of what labels take. */
interface ScatterOfZeros {
  readonly zeros: GraphNode;
  readonly indices: GraphNode;
  readonly values: GraphNode;
  readonly axis: number;
}

function scatterOfZeros(node: GraphNode, shape: readonly number[]): ScatterOfZeros | null {
  const [zeros, indices, values] = inputsOf(node, scatterAddOp) ?? [];
  const { lowering } = node;
  if (lowering?.kind !== "indexing" || zeros?.uniform !== 0 || !sameShape(node.shape, shape)) return null;
  return { zeros, indices, values, axis: lowering.axis };
}

/** Other values at the same positions, added to something of the same shape. */
function scatterInto(
  { indices, axis }: ScatterOfZeros,
  into: Tensor,
  values: Tensor,
  tensor: Recorded["tensor"],
): Tensor {
  return scatterAdd(into, tensor(indices), values, axis);
}

const negatedScatter: Rule = ({ source: { inputs }, shape, tensor }) => {
  const scatter = scatterOfZeros(inputs[0], shape);
  return scatter && scatterInto(scatter, tensor(scatter.zeros), neg(tensor(scatter.values)), tensor);
};

const scaledScatter: Rule = ({ source: { inputs }, shape, tensor }) => {
  for (const [i, input] of inputs.entries()) {
    const scatter = scatterOfZeros(input, shape);
    const factor = inputs[1 - i];
    if (scatter && factor.size === 1 && factor.uniform !== null && Number.isFinite(factor.uniform))
      return scatterInto(scatter, tensor(scatter.zeros), mul(tensor(scatter.values), factor.uniform), tensor);
  }
  return null;
};

/** a + a scatter of zeros: the scatter into a. */
const addedScatter: Rule = ({ source: { inputs }, shape, tensor }) => {
  for (const [i, input] of inputs.entries()) {
    const scatter = scatterOfZeros(input, shape);
    const other = inputs[1 - i];
    if (scatter && sameShape(other.shape, shape))
      return scatterInto(scatter, tensor(other), tensor(scatter.values), tensor);
  }
  return null;
};

const subtractedScatter: Rule = ({ source: { inputs }, shape, tensor }) => {
  const [a, b] = inputs;
  const [first, second] = [scatterOfZeros(a, shape), scatterOfZeros(b, shape)];
  if (second && sameShape(a.shape, shape)) return scatterInto(second, tensor(a), neg(tensor(second.values)), tensor);
  if (first && sameShape(b.shape, shape)) return scatterInto(first, sub(0, tensor(b)), tensor(first.values), tensor);
  return null;
};

/** The sum along the axis along which there is one value each. */
const summedScatter: Rule<AxisRange> = ({ source: { inputs }, attributes: { first, last }, shape, tensor }) => {
  const scatter = scatterOfZeros(inputs[0], inputs[0].shape);
  if (!scatter || first !== last || first !== scatter.axis || !sameShape(scatter.values.shape, shape)) return null;
  return tensor(scatter.values);
};

/**
 * A product of one column and one row: each element of the one times each of the other, which joins the loops around it.
 * One neuron's whole step is elementwise then, and needs no kernel for products.
 */
const productOfColumnAndRow: Rule<Transposed> = ({ source: { inputs }, attributes: swap, tensor }) => {
  const [x, y] = inputs;
  if (x.shape[x.shape.length - (swap.a ? 2 : 1)] !== 1) return null;
  const column = swap.a ? transpose(tensor(x)) : tensor(x);
  const row = swap.b ? transpose(tensor(y)) : tensor(y);
  // A sum begins at 0, which makes 0 of -0.
  return mul(column, row).add(0);
};

const rules = new Map<Op, Rule<unknown>>();

function rule<Attributes>(op: Op<Attributes>, rewrite: Rule<Attributes>): void {
  rules.set(op as Op, rewrite as Rule<unknown>);
}

rule(matmulOp, productOfColumnAndRow);
rule(exp.op, softmaxOfLogSoftmax);
rule(takeAlongAxisOp, takeBeforeComputing);
rule(neg.op, negatedScatter);
rule(mul.op, scaledScatter);
rule(add.op, addedScatter);
rule(sub.op, subtractedScatter);
rule(sumOp, summedScatter);

/** The operation in other words, if there is a rule for its op that applies; else null. */
export function rewrite(source: AppliedOp, shape: readonly number[], tensor: Recorded["tensor"]): Tensor | null {
  return rules.get(source.op)?.({ source, attributes: source.attributes, shape, tensor }) ?? null;
}

/** Whether there is a rule for operations by this op. */
export function hasRule(op: Op): boolean {
  return rules.has(op);
}
