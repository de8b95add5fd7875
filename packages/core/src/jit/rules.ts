/**
 * Identities that make a graph cheaper: each looks at one operation on nodes, and writes an equal one with tensors.
 *
 * Results are the same up to rounding. NaN and infinities are what they were wherever the rule applies.
 */
import { mul, sub } from "../ops/arithmetic.ts";
import { scatterAdd, takeAlongAxis } from "../ops/indexing.ts";
import { transpose } from "../ops/movement.ts";
import { neg } from "../ops/unary.ts";
import { run } from "../tensor/run.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { GraphNode, Source } from "./graph.ts";

/** An operation that is about to be noted. */
export interface Noted {
  readonly source: Source & { kind: "op" };
  readonly shape: readonly number[];
  /** A tensor that stands for a node. */
  readonly tensor: (node: GraphNode) => Tensor;
}

/** The same value in other operations; null where the rule does not apply. */
type Rule = (noted: Noted) => Tensor | null;

/** The inputs of a node that is made by the op of that name, else null. */
function inputsOf(node: GraphNode, name: string): readonly GraphNode[] | null {
  return node.op?.name === name ? node.inputs : null;
}

/** exp(x - log Σ exp(x)) = exp(x) / Σ exp(x), where exp(x) is there already: one exponential for softmax and its logarithm. */
const softmaxOfLogSoftmax: Rule = ({ source: { inputs }, tensor }) => {
  const [x, logTotal] = inputsOf(inputs[0], "sub") ?? [];
  const [total] = (logTotal && inputsOf(logTotal, "log")) ?? [];
  const [powers] = (total && inputsOf(total, "sum")) ?? [];
  if (!x || !powers || inputsOf(powers, "exp")?.[0] !== x) return null;
  return tensor(powers).div(tensor(total!));
};

/** Elements taken of f(x, y) are f of the elements taken: labels look at few of the numbers. */
const takeBeforeComputing: Rule = ({ source: { inputs, attributes }, tensor }) => {
  const [x, indices] = inputs;
  const axis = attributes as number;
  if (x.source.kind !== "op" || x.op!.lower?.kind !== "elementwise" || indices.shape[axis] >= x.shape[axis])
    return null;
  const taken = x.inputs.map((input) => {
    if (input.uniform !== null && input.size === 1) return tensor(input);
    if (sameShape(input.shape, x.shape)) return takeAlongAxis(tensor(input), tensor(indices), axis);
    // One element along the axis stands for all of them.
    const isSingle = input.shape.length === x.shape.length && input.shape[axis] === 1;
    return isSingle ? tensor(input) : null;
  });
  const { op, attributes: of } = x.source;
  return taken.every((each) => each !== null) ? run(op, taken, of) : null;
};

/** Values laid into zeros: the gradient of what labels take. */
interface Laid {
  readonly zeros: GraphNode;
  readonly indices: GraphNode;
  readonly values: GraphNode;
  readonly axis: number;
}

function laidInto(node: GraphNode, shape: readonly number[]): Laid | null {
  const [zeros, indices, values] = inputsOf(node, "scatterAdd") ?? [];
  if (zeros?.uniform !== 0 || !sameShape(node.shape, shape)) return null;
  return { zeros, indices, values, axis: (node.source as { attributes: unknown }).attributes as number };
}

/** The values changed, and laid into something of the same shape. */
function lay({ indices, axis }: Laid, into: Tensor, values: Tensor, tensor: Noted["tensor"]): Tensor {
  return scatterAdd(into, tensor(indices), values, axis);
}

const negatedLaid: Rule = ({ source: { inputs }, shape, tensor }) => {
  const laid = laidInto(inputs[0], shape);
  return laid && lay(laid, tensor(laid.zeros), neg(tensor(laid.values)), tensor);
};

const scaledLaid: Rule = ({ source: { inputs }, shape, tensor }) => {
  for (const [i, input] of inputs.entries()) {
    const laid = laidInto(input, shape);
    const factor = inputs[1 - i];
    if (laid && factor.size === 1 && factor.uniform !== null && Number.isFinite(factor.uniform))
      return lay(laid, tensor(laid.zeros), mul(tensor(laid.values), factor.uniform), tensor);
  }
  return null;
};

/** a + what is laid into zeros: laid into a. */
const addedLaid: Rule = ({ source: { inputs }, shape, tensor }) => {
  for (const [i, input] of inputs.entries()) {
    const laid = laidInto(input, shape);
    const other = inputs[1 - i];
    if (laid && sameShape(other.shape, shape)) return lay(laid, tensor(other), tensor(laid.values), tensor);
  }
  return null;
};

const subtractedLaid: Rule = ({ source: { inputs }, shape, tensor }) => {
  const [a, b] = inputs;
  const [first, second] = [laidInto(a, shape), laidInto(b, shape)];
  if (second && sameShape(a.shape, shape)) return lay(second, tensor(a), neg(tensor(second.values)), tensor);
  if (first && sameShape(b.shape, shape)) return lay(first, sub(0, tensor(b)), tensor(first.values), tensor);
  return null;
};

/** The sum along the axis along which there is one value each. */
const summedLaid: Rule = ({ source: { inputs, attributes }, shape, tensor }) => {
  const laid = laidInto(inputs[0], inputs[0].shape);
  const { first, last } = attributes as { first: number; last: number };
  if (!laid || first !== last || first !== laid.axis || !sameShape(laid.values.shape, shape)) return null;
  return tensor(laid.values);
};

/**
 * A product of one column and one row: each element of the one times each of the other, which joins the loops around it.
 * One neuron's whole step is elementwise then, and needs no kernel for products.
 */
const productOfColumnAndRow: Rule = ({ source: { inputs, attributes }, tensor }) => {
  const swap = attributes as { a: boolean; b: boolean };
  const [x, y] = inputs;
  if (x.shape[x.shape.length - (swap.a ? 2 : 1)] !== 1) return null;
  const column = swap.a ? transpose(tensor(x)) : tensor(x);
  const row = swap.b ? transpose(tensor(y)) : tensor(y);
  // A sum begins at 0, which makes 0 of -0.
  return mul(column, row).add(0);
};

/** The rules for operations by their names. */
export const rules: Readonly<Record<string, Rule>> = {
  matmul: productOfColumnAndRow,
  exp: softmaxOfLogSoftmax,
  takeAlongAxis: takeBeforeComputing,
  neg: negatedLaid,
  mul: scaledLaid,
  add: addedLaid,
  sub: subtractedLaid,
  sum: summedLaid,
};
