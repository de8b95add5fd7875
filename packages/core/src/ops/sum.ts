/**
 * Sum, broadcast and reshape: the three that every gradient rule leans on.
 */

import { checkOptions, describe, ShapeError } from "../errors.ts";
import { copyStrided } from "../kernels/elementwise.ts";
import { sumKernel } from "../kernels/reduce.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import { toNumeric } from "../tensor/dtype.ts";
import type { AxisRange } from "../tensor/lowering.ts";
import type { Op, TensorSpec } from "../tensor/op.ts";
import {
  broadcastStrides,
  checkShape,
  formatShape,
  normalizeAxes,
  type Shape,
  sameShape,
  sizeOf,
  tryBroadcast,
} from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Formulas } from "./formulas.ts";
import { builtin } from "./registry.ts";

/** One axis, several, or (null or nothing) all of them; negative ones count from the end. */
export type Axes = number | readonly number[] | null;

/** What becomes of the axes that a reduction goes along. */
export interface ReduceOptions {
  /** Keep the reduced axes with length 1, so that the result broadcasts against the input. */
  keepDims?: boolean;
}

/** The names in {@link ReduceOptions}. */
export const reduceOptions = ["keepDims"] as const;

/** The spec after the run of axes became length 1. */
export function reducedSpec(x: TensorSpec, { first, last }: AxisRange): TensorSpec {
  return { shape: x.shape.map((length, axis) => (axis >= first && axis <= last ? 1 : length)), dtype: x.dtype };
}

/**
 * Applies a reduction of one run of neighbouring axes to any set of axes, run by run from the last.
 *
 * Right for reductions that may be done in parts, their gradients too: sum, product, any, all. Those that share the
 * gradient among equals, {@link overAxesAtOnce}.
 */
export function overAxes(
  where: string,
  x: Tensor,
  axes: Axes | undefined,
  options: ReduceOptions,
  reduceRun: (x: Tensor, run: AxisRange) => Tensor,
): Tensor {
  checkOptions(where, options, reduceOptions);
  return reduceRuns(x, normalizeAxes(where, axes, x.rank), options.keepDims ?? false, reduceRun);
}

/** The same for axes that are ascending, each once. */
function reduceRuns(
  x: Tensor,
  list: readonly number[],
  keepDims: boolean,
  reduceRun: (x: Tensor, run: AxisRange) => Tensor,
): Tensor {
  let result = x;
  for (let i = list.length - 1; i >= 0; ) {
    const last = list[i];
    while (i > 0 && list[i - 1] === list[i] - 1) i--;
    result = reduceRun(result, { first: list[i], last });
    i--;
  }
  // Without axes too the op decides the dtype: any of a number is a truth value.
  if (list.length === 0) result = reduceRun(x, { first: 0, last: -1 });
  return keepDims
    ? result
    : reshape(
        result,
        x.shape.filter((_, axis) => !list.includes(axis)),
      );
}

export const sumOp: Op<AxisRange> = builtin({
  name: "sum",
  inferShape: ([x], axes) => ({ ...reducedSpec(x, axes), dtype: toNumeric(x.dtype) }),
  kernel: sumKernel,
  gradient: (g, { inputs: [x] }) => broadcastTo(g, x.shape),
  lower: (axes) => ({ kind: "reduce", reducer: "sum", axes }),
});

/**
 * The sum of the elements along the axes, Σ xᵢ; an empty sum is 0.
 *
 * Added up in double precision whatever the dtype; truth values are counted, in int32.
 *
 * @param axis one axis, several, or all (the default).
 * @throws ValueError for an axis that the tensor does not have.
 *
 * @example
 * sum([[1, 2], [3, 4]]); // 10
 * sum([[1, 2], [3, 4]], 0); // tensor([4, 6])
 */
export function sum(x: TensorLike, axis?: Axes, options: ReduceOptions = {}): Tensor {
  return overAxes("sum", asTensor(x), axis, options, sumRun);
}

function sumRun(x: Tensor, axes: AxisRange): Tensor {
  return applyOp(sumOp, [x], axes);
}

/**
 * Sums `x` down to a shape that broadcasts to its own: the gradient of broadcasting.
 *
 * @throws ShapeError where `shape` does not broadcast to that of `x`.
 * @example sumTo(ones([2, 3]), [3]); // [2, 2, 2]
 */
export function sumTo(x: TensorLike, shape: Shape): Tensor {
  const input = asTensor(x, "sumTo");
  checkShape("sumTo", shape);
  return sameShape(input.shape, shape) ? input : sumAxes(input, shape);
}

function sumAxes(x: Tensor, shape: Shape): Tensor {
  const met = tryBroadcast(x.shape, shape);
  if (!met || !sameShape(met, x.shape))
    throw new ShapeError({
      where: "sumTo",
      expected: `a shape that broadcasts to ${formatShape(x.shape)}`,
      got: formatShape(shape),
    });
  const lead = x.rank - shape.length;
  const axes: number[] = [];
  for (let axis = 0; axis < x.rank; axis++)
    if (axis < lead || (shape[axis - lead] === 1 && x.shape[axis] !== 1)) axes.push(axis);
  return reshape(reduceRuns(x, axes, true, sumRun), shape);
}

export const broadcastOp: Op<Shape> = builtin({
  name: "broadcastTo",
  inferShape: ([x], shape) => ({ shape, dtype: x.dtype }),
  kernel: (out, [x]) => copyStrided(out, x.storage, 0, broadcastStrides(x.shape, out.shape)),
  gradient: (g, { inputs: [x] }) => sumTo(g, x.shape),
  lower: { kind: "broadcast" },
});

/**
 * The tensor repeated along axes of length 1, or new leading axes, until it has `shape`.
 *
 * @throws ShapeError where it does not broadcast to that shape.
 *
 * @example
 * broadcastTo([[1], [2]], [2, 3]); // [[1, 1, 1], [2, 2, 2]]
 */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  const input = asTensor(x);
  checkShape("broadcastTo", shape);
  if (sameShape(input.shape, shape)) return input;
  const met = tryBroadcast(input.shape, shape);
  if (!met || !sameShape(met, shape))
    throw new ShapeError({
      where: "broadcastTo",
      expected: `a tensor that broadcasts to ${formatShape(shape)}`,
      got: formatShape(input.shape),
      hint: "Only axes of length 1 are repeated; unsqueeze or reshape it first.",
    });
  return applyOp(broadcastOp, [input], shape);
}

export const reshapeOp: Op<Shape> = builtin({
  name: "reshape",
  inferShape: ([x], shape) => ({ shape, dtype: x.dtype }),
  kernel: "view",
  gradient: (g, { inputs: [x] }) => reshape(g, x.shape),
});

/**
 * The same numbers in the same order with another shape; nothing is copied.
 *
 * @param shape the new lengths; one of them may be -1, and follows from the others.
 * @throws ShapeError where the number of elements differs.
 *
 * @example
 * reshape(arange(6), [2, -1]); // [[0, 1, 2], [3, 4, 5]]
 */
export function reshape(x: TensorLike, shape: readonly number[]): Tensor {
  const input = asTensor(x);
  const full = inferLength(input, shape);
  if (sameShape(input.shape, full)) return input;
  return applyOp(reshapeOp, [input], full);
}

function inferLength(x: Tensor, shape: readonly number[]): Shape {
  const where = "reshape";
  if (!Array.isArray(shape)) throw new ShapeError({ where, expected: "a shape such as [2, -1]", got: describe(shape) });
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const rest = shape.filter((_, axis) => axis !== open);
    checkShape(where, rest);
    const known = sizeOf(rest);
    if (known > 0 && x.size % known === 0) return shape.with(open, x.size / known);
  } else {
    checkShape(where, shape);
    if (sizeOf(shape) === x.size) return [...shape];
  }
  throw new ShapeError({
    where,
    expected: `a shape for the ${x.size} elements of ${formatShape(x.shape)}`,
    got: `${formatShape(shape)}${open >= 0 ? "" : `, which holds ${sizeOf(shape)}`}`,
    hint: "One length may be -1: it follows from the others, where they divide the number of elements.",
  });
}

/** What explanations say of these ops. */
export const sumFormulas: Formulas = {
  sum: {
    text: ["Σ a[i]", "∂y/∂a[i] = 1"],
    tex: ["\\sum_i a_i", "\\frac{\\partial y}{\\partial a_i} = 1"],
    sends: { text: ["g, to each a[i] that was added"], tex: ["g \\text{, to each } a_i \\text{ that was added}"] },
  },
  broadcastTo: {
    text: ["a, repeated", "∂y[i]/∂a = 1 for each copy"],
    tex: ["a \\text{, repeated}", "\\frac{\\partial y_i}{\\partial a} = 1 \\text{ for each copy}"],
    sends: { text: ["Σ g[i], over the copies"], tex: ["\\sum_i g_i \\text{, over the copies}"] },
  },
  reshape: {
    text: ["a, in another shape", "∂y/∂a = 1 for an element and itself, else 0"],
    tex: [
      "a \\text{, in another shape}",
      "\\frac{\\partial y}{\\partial a} = 1 \\text{ for an element and itself, else } 0",
    ],
    sends: { text: ["g, in the shape of a"], tex: ["g \\text{, in the shape of } a"] },
  },
};
