/**
 * Identities that make a graph cheaper: each looks at one operation on nodes, and writes an equal one with tensors.
 *
 * Each says when it holds, and why: for every number then, NaN, infinities and zeros of both signs included, up to the
 * rounding of softmax alone. `test/rules.test.ts` holds each against what was written, at all of them.
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
import { type AppliedOp, callsUser, type GraphNode } from "../ir/graph.ts";

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

/** Whether it is x - max x over these axes: at most 0, with a 0 in every line, so that its exponentials add up to at least 1. */
function isBelowItsMaximum(node: GraphNode, axes: AxisRange): boolean {
  const [x, most] = inputsOf(node, sub.op) ?? [];
  return most !== undefined && inputsOf(most, maxOp)?.[0] === x && sameAxes(axesOf(most), axes);
}

/** The axes that a reduction goes along. */
function axesOf({ source }: GraphNode): AxisRange {
  return (source as AppliedOp).attributes as AxisRange;
}

function sameAxes(a: AxisRange, b: AxisRange): boolean {
  return a.first === b.first && a.last === b.last;
}

/**
 * exp(x - log Σ exp(x)) = exp(x) / Σ exp(x), where exp(x) is there already: one exponential for softmax and its logarithm.
 *
 * Holds where x is something less its maximum along the axes of the sum. exp(x) is at most 1 then, and the sum at least 1,
 * so that neither overflows nor is 0; a NaN or an infinite maximum makes the whole line NaN either way. Elsewhere ∞ / ∞
 * would be NaN, where what was written is 0.
 */
const softmaxOfLogSoftmax: Rule = ({ source: { inputs }, tensor }) => {
  const [x, logTotal] = inputsOf(inputs[0], sub.op) ?? [];
  const [total] = (logTotal && inputsOf(logTotal, log.op)) ?? [];
  const [powers] = (total && inputsOf(total, sumOp)) ?? [];
  if (!x || !powers || inputsOf(powers, exp.op)?.[0] !== x) return null;
  if (!isBelowItsMaximum(x, axesOf(total!))) return null;
  return tensor(powers).div(tensor(total!));
};

/**
 * Elements taken of f(x, y) are f of the elements taken: labels look at few of the numbers.
 *
 * Holds for every elementwise f that draws no random numbers: each element depends on those at its position alone. A
 * function of the user's is called for all of them, since one that is not taken may be what it refuses. The
 * same indices are looked up along an axis of the same length, so that one that is not there is found.
 */
const takeBeforeComputing: Rule<number> = ({ source: { inputs }, attributes: axis, tensor }) => {
  const [x, indices] = inputs;
  if (x.source.kind !== "op" || x.lowering?.kind !== "elementwise") return null;
  if (x.source.op.random || callsUser(x)) return null;
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

/**
 * Values v added at positions of zeros z, one in each line: the gradient of what labels take. It is z + v at the positions
 * that the indices name, and z everywhere else.
 *
 * Several values in a line may name one position. Their sum can overflow, or have another rounding, where each is added to
 * something else one by one: no rule holds for those.
 */
interface ScatterOfZeros {
  readonly zeros: GraphNode;
  /** 0 or -0, which are different numbers: -0 added to something is that, and 0 makes 0 of -0. */
  readonly zero: number;
  readonly indices: GraphNode;
  readonly values: GraphNode;
  readonly axis: number;
}

function scatterOfZeros(node: GraphNode, shape: readonly number[]): ScatterOfZeros | null {
  const [zeros, indices, values] = inputsOf(node, scatterAddOp) ?? [];
  const { lowering } = node;
  if (lowering?.kind !== "indexing" || zeros?.uniform !== 0 || !sameShape(node.shape, shape)) return null;
  const { axis } = lowering;
  return values.shape[axis] === 1 ? { zeros, zero: zeros.uniform, indices, values, axis } : null;
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

/** Whether it is 0, and not -0. */
function isPositiveZero(x: number): boolean {
  return Object.is(x, 0);
}

/**
 * -(0 + v) at the positions, -0 elsewhere: -(0 + v) laid into zeros that are -0.
 *
 * Holds for zeros that are 0. The base is right elsewhere, and -0 + u = u for every u.
 */
const negatedScatter: Rule = ({ source: { inputs }, shape, tensor }) => {
  const scatter = scatterOfZeros(inputs[0], shape);
  if (!scatter || !isPositiveZero(scatter.zero)) return null;
  return scatterInto(scatter, neg(tensor(scatter.zeros)), neg(tensor(scatter.values).add(0)), tensor);
};

/**
 * (z + v) · c at the positions, z · c elsewhere: (v + z) · c laid into z · c.
 *
 * Holds where z · c is -0, which added to anything is that. Into a 0, a product that is -0 would become 0, by underflow
 * too; and z · c of an infinite or NaN c is NaN.
 */
const scaledScatter: Rule = ({ source: { inputs }, shape, tensor }) => {
  for (const [i, input] of inputs.entries()) {
    const scatter = scatterOfZeros(input, shape);
    const factor = inputs[1 - i];
    if (!scatter || factor.size !== 1 || factor.uniform === null) continue;
    if (!Object.is(scatter.zero * factor.uniform, -0)) continue;
    const values = mul(tensor(scatter.values).add(scatter.zero), factor.uniform);
    return scatterInto(scatter, mul(tensor(scatter.zeros), factor.uniform), values, tensor);
  }
  return null;
};

/**
 * a + (z + v) at the positions, a + z elsewhere: v laid into a + z.
 *
 * Holds always: a + z is a, but where a is a zero, and then (a + z) + v is -0 only if a, z and v are, as a + (z + v) is.
 */
const addedScatter: Rule = ({ source: { inputs }, shape, tensor }) => {
  for (const [i, input] of inputs.entries()) {
    const scatter = scatterOfZeros(input, shape);
    const other = inputs[1 - i];
    if (scatter && sameShape(other.shape, shape))
      return scatterInto(scatter, tensor(other).add(scatter.zero), tensor(scatter.values), tensor);
  }
  return null;
};

/**
 * a - (0 + v) at the positions, a elsewhere: -(0 + v) laid into a. Holds for zeros that are 0, since a - 0 is a and
 * a - u = a + (-u); a - (-0) would make 0 of -0.
 *
 * (z + v) - b at the positions, z - b elsewhere: v laid into z - b. Holds always, as {@link addedScatter} does with -b.
 */
const subtractedScatter: Rule = ({ source: { inputs }, shape, tensor }) => {
  const [a, b] = inputs;
  const [first, second] = [scatterOfZeros(a, shape), scatterOfZeros(b, shape)];
  if (second && isPositiveZero(second.zero) && sameShape(a.shape, shape))
    return scatterInto(second, tensor(a), neg(tensor(second.values).add(0)), tensor);
  if (first && sameShape(b.shape, shape))
    return scatterInto(first, sub(first.zero, tensor(b)), tensor(first.values), tensor);
  return null;
};

/**
 * The sum along the axis along which there is one value each.
 *
 * Holds where the values have the shape of the sum, so that other axes that are summed have length 1: a sum begins at 0, and
 * 0 + z + … + v = 0 + v. That the indices are there is found by another look at them, or the scatter stays for it: see
 * `liveNodes`.
 */
const summedScatter: Rule<AxisRange> = ({ source: { inputs }, shape, tensor }) => {
  const scatter = scatterOfZeros(inputs[0], inputs[0].shape);
  return scatter && sameShape(scatter.values.shape, shape) ? tensor(scatter.values).add(0) : null;
};

/**
 * A product of one column and one row: each element of the one times each of the other, which joins the loops around it.
 * One neuron's whole step is elementwise then, and needs no kernel for products.
 *
 * Holds always: a sum of one product begins at 0, which makes 0 of -0, and rounds once.
 */
const productOfColumnAndRow: Rule<Transposed> = ({ source: { inputs }, attributes: swap, tensor }) => {
  const [x, y] = inputs;
  if (x.shape[x.shape.length - (swap.a ? 2 : 1)] !== 1) return null;
  const column = swap.a ? transpose(tensor(x)) : tensor(x);
  const row = swap.b ? transpose(tensor(y)) : tensor(y);
  return mul(column, row).add(0);
};

interface NamedRule {
  readonly name: string;
  readonly rewrite: Rule<unknown>;
}

const rules = new Map<Op, NamedRule>();

function rule<Attributes>(name: string, op: Op<Attributes>, rewrite: Rule<Attributes>): void {
  rules.set(op as Op, { name, rewrite: rewrite as Rule<unknown> });
}

rule("product of a column and a row", matmulOp, productOfColumnAndRow);
rule("softmax of log-softmax", exp.op, softmaxOfLogSoftmax);
rule("take before computing", takeAlongAxisOp, takeBeforeComputing);
rule("negated scatter", neg.op, negatedScatter);
rule("scaled scatter", mul.op, scaledScatter);
rule("added scatter", add.op, addedScatter);
rule("subtracted scatter", sub.op, subtractedScatter);
rule("summed scatter", sumOp, summedScatter);

/** The names of all rules. */
export const ruleNames: readonly string[] = [...rules.values()].map(({ name }) => name);

/** The rule for operations by this op, if there is one. */
export function ruleFor(op: Op): NamedRule | undefined {
  return rules.get(op);
}

/** The operation in other words; null where the rule does not apply. */
export function rewrite(
  { rewrite }: NamedRule,
  source: AppliedOp,
  shape: readonly number[],
  tensor: Recorded["tensor"],
): Tensor | null {
  return rewrite({ source, attributes: source.attributes, shape, tensor });
}
