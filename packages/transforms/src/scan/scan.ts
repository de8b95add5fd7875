/**
 * `scan`: one step after another, each with what the one before left.
 */
import { GraphError, ShapeError, slice, stack, type Tensor, ValueError, zeros } from "@chainrule/core";
import {
  checkCount,
  checkFunction,
  checkOptions,
  describe,
  formatShape,
  refusePromise,
  sameShape,
} from "@chainrule/core/internal";
import { type Leaf, type Tree, takeApart } from "../tree/tree.ts";
import { vmap } from "../vmap/vmap.ts";

/** How many steps are taken, and in which order. */
export interface ScanOptions {
  /** How many steps; wanted where there are no inputs, and else the length of their first axis. */
  readonly length?: number;
  /** Whether to begin with the last input; outputs stand where their inputs do. False by default. */
  readonly reverse?: boolean;
}

/**
 * A loop whose steps pass on a carry: [cₜ, yₜ] = f(cₜ₋₁, xₜ) for t = 1, …, n, from c₀ = `init`; gives [cₙ, (y₁, …, yₙ)], the
 * outputs stacked.
 *
 * Shape: `xs` [n, ..], of which f sees [..]; outputs of f [..] become [n, ..]. Carry, inputs and outputs may be trees: tensors
 * in arrays and records. The carry keeps its form, shapes and dtypes from step to step.
 *
 * Gradients of any order flow through it, to `init`, `xs` and what f uses besides. It takes the steps one by one; within `jit`,
 * equal steps become one loop, so that the program does not grow with n, but tracing it takes as long as n steps. f is to be
 * a function of its arguments, as in JAX, and not to count its calls: a later version may run it once for all steps.
 *
 * @param f from the carry and one step's input to [the next carry, the step's output].
 * @param init the first carry.
 * @param xs the inputs, one for each step along the first axis; null for none.
 * @throws ShapeError where inputs have not one length, or the carry's shape changes from one step to the next.
 * @throws GraphError where f returns anything but [carry, output], or a carry of another form or dtype.
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.lax.scan.html
 *
 * @example
 * scan((sum, x) => [sum.add(x), sum.mul(x)], tensor(0), tensor([1, 2, 3])); // [6, [0, 2, 9]]
 * const [, powers] = scan((p) => [p.mul(2), p], tensor(1), null, { length: 5 });
 * powers; // [1, 2, 4, 8, 16]
 */
export function scan<Carry = Tensor, X = Tensor, Y = Tensor>(
  f: (carry: Carry, x: X) => readonly [Carry, Y],
  init: Carry,
  xs: X,
  options: ScanOptions = {},
): [Carry, Y] {
  const where = "scan";
  checkFunction(where, f, "a function of the carry and an input");
  checkOptions(where, options, ["length", "reverse"]);
  const { reverse = false } = options;
  if (typeof reverse !== "boolean")
    throw new ValueError({ where: "scan, reverse", expected: "true or false", got: describe(reverse) });
  const inputs = takeApart("scan, xs", "inputs", xs);
  const length = lengthOf(inputs, options.length);
  const first = takeApart("scan, init", "a carry", init);
  const take = (carry: Tree, x: Tree): [Tree, Tree] => {
    const step = f(carry.build(tensorsOf(carry)) as Carry, x.build(tensorsOf(x)) as X);
    return results(step, first);
  };
  let carry = first;
  if (length === 0) return [carry.build(tensorsOf(carry)) as Carry, outputsOfNone(take, carry, inputs) as Y];
  const steps = stepsOf(inputs, length);
  const outputs = new Array<Tree>(length);
  for (let t = 0; t < length; t++) {
    const at = reverse ? length - 1 - t : t;
    [carry, outputs[at]] = take(carry, steps[at]);
    checkOutput(outputs[at], outputs[reverse ? length - 1 : 0], t);
  }
  const ys = outputs[0].leaves.map((_, i) => stack(outputs.map(({ leaves }) => leaves[i].tensor)));
  return [carry.build(tensorsOf(carry)) as Carry, outputs[0].build(ys) as Y];
}

function tensorsOf({ leaves }: Tree): Tensor[] {
  return leaves.map(({ tensor }) => tensor);
}

/** How many steps there are. */
function lengthOf({ leaves }: Tree, given: number | undefined): number {
  if (given !== undefined) checkCount("scan", "length", given);
  const lengths = leaves.map(({ tensor, path }) => {
    if (tensor.rank > 0) return tensor.shape[0];
    throw new ShapeError({
      where: `scan, xs${path}`,
      expected: "inputs with an axis along which the steps go",
      got: "a scalar",
    });
  });
  const length = given ?? lengths[0];
  if (length === undefined)
    throw new ValueError({
      where: "scan",
      expected: "inputs, or how many steps to take",
      got: "neither",
      hint: "Without inputs write scan(f, init, null, { length: 10 }).",
    });
  const other = lengths.findIndex((n) => n !== length);
  if (other >= 0)
    throw new ShapeError({
      where: `scan, xs${leaves[other].path}`,
      expected: `${length} steps, ${given === undefined ? `as in xs${leaves[0].path}` : "the length that is given"}`,
      got: `${lengths[other]} along the first axis of ${formatShape(leaves[other].tensor.shape)}`,
    });
  return length;
}

/**
 * The input of each step. Tensors are halved again and again: the gradient of n slices of the whole would be n tensors of
 * its size.
 */
function stepsOf(inputs: Tree, length: number): Tree[] {
  const parts = inputs.leaves.map(({ tensor }) => {
    const rows: Tensor[] = [];
    const visit = (x: Tensor): void => {
      const n = x.shape[0];
      if (n === 1) {
        rows.push(x.reshape(x.shape.slice(1)));
        return;
      }
      const half = Math.ceil(n / 2);
      visit(slice(x, [0, half]));
      visit(slice(x, [half, n]));
    };
    visit(tensor);
    return rows;
  });
  return Array.from({ length }, (_, t) => ({
    ...inputs,
    leaves: inputs.leaves.map((leaf, i): Leaf => ({ ...leaf, tensor: parts[i][t] })),
  }));
}

/** What a step returned, its carry compared with the first one. */
function results(step: unknown, first: Tree): [Tree, Tree] {
  refusePromise("scan", step);
  if (!Array.isArray(step) || step.length !== 2)
    throw new GraphError({
      where: "scan",
      expected: "a function that returns [the next carry, the step's output]",
      got: describe(step),
      hint: "A step without an output returns [carry, null].",
    });
  const next = takeApart("scan, the next carry", "a carry", step[0]);
  if (next.form !== first.form)
    throw new GraphError({
      where: "scan",
      expected: `a next carry of the form of the first, ${first.form}`,
      got: next.form,
      hint: "The function returns [the next carry, the step's output], in this order.",
    });
  for (const [i, { tensor, path }] of next.leaves.entries()) {
    const before = first.leaves[i].tensor;
    if (!sameShape(tensor.shape, before.shape))
      throw new ShapeError({
        where: `scan, carry${path}`,
        expected: `the shape of the first, ${formatShape(before.shape)}, after each step`,
        got: formatShape(tensor.shape),
        hint: "What grows from step to step is no carry: return it as the step's output.",
      });
    if (tensor.dtype !== before.dtype)
      throw new GraphError({
        where: `scan, carry${path}`,
        expected: `the dtype of the first, ${before.dtype}, after each step`,
        got: tensor.dtype,
        hint: `Begin with a carry of this dtype: init.cast("${tensor.dtype}").`,
      });
  }
  return [next, takeApart("scan, the output", "an output", step[1])];
}

function checkOutput(output: Tree, first: Tree, t: number): void {
  const specs = ({ form, leaves }: Tree) =>
    `${form}${leaves.length > 0 ? ` of ${leaves.map(({ tensor }) => `${tensor.dtype} ${formatShape(tensor.shape)}`).join(", ")}` : ""}`;
  if (output !== first && specs(output) !== specs(first))
    throw new ShapeError({
      where: `scan, step ${t}`,
      expected: `an output as in the first step, ${specs(first)}`,
      got: specs(output),
    });
}

/** The outputs of no steps: of the shapes that those of one would have, and none of them. */
function outputsOfNone(take: (carry: Tree, x: Tree) => [Tree, Tree], carry: Tree, inputs: Tree): unknown {
  let form: Tree | undefined;
  const outputs = vmap(
    (_: Tensor, ...xs: Tensor[]) => {
      form = take(carry, { ...inputs, leaves: inputs.leaves.map((leaf, i) => ({ ...leaf, tensor: xs[i] })) })[1];
      return tensorsOf(form);
    },
    { randomness: "different" },
  )(zeros([0]), ...tensorsOf(inputs));
  return form!.build(outputs);
}
