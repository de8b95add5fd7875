/**
 * Moving elements without changing them: reorder axes, join, pad, repeat.
 */

import { checkList, listInWords } from "../arguments.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import { copyStrided } from "../kernels/elementwise.ts";
import { asTensor, asTensors, type TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import { promote } from "../tensor/dtype.ts";
import type { Op } from "../tensor/op.ts";
import { formatShape, normalizeAxes, normalizeAxis, sameShape, sizeOf, stridesOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { where } from "./compare.ts";
import type { Formulas } from "./formulas.ts";
import { builtin } from "./registry.ts";
import { sliceAxis, sliceScatterOp } from "./slice.ts";
import { broadcastTo, reshape } from "./sum.ts";

export const permuteOp: Op<readonly number[]> = builtin({
  name: "permute",
  inferShape: ([x], order) => ({ shape: order.map((axis) => x.shape[axis]), dtype: x.dtype }),
  kernel: (out, [x], order) => {
    const strides = stridesOf(x.shape);
    copyStrided(
      out,
      x.storage,
      0,
      order.map((axis) => strides[axis]),
    );
  },
  gradient: (g, { attributes: order }) =>
    permute(
      g,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  lower: (order) => ({ kind: "permute", order }),
});

/**
 * The axes in another order: axis i of the result is axis `order[i]` of `x`.
 *
 * @throws ValueError unless every axis is named once.
 * @example permute(zeros([8, 28, 28, 3]), [0, 3, 1, 2]); // shape [8, 3, 28, 28], from channels last to channels first
 */
export function permute(x: TensorLike, order: readonly number[]): Tensor {
  const input = asTensor(x);
  checkList("permute", order, "the axes in their new order");
  const axes = [...order].map((axis) => normalizeAxis("permute", axis, input.rank));
  if (axes.length !== input.rank || new Set(axes).size !== input.rank)
    throw new ValueError({
      where: "permute",
      expected: `each of the ${input.rank} axes of ${formatShape(input.shape)} once`,
      got: formatShape(order),
    });
  if (axes.every((axis, i) => axis === i)) return input;
  // Where only axes of length 1 move, the order of the numbers stays as it is.
  const long = axes.filter((axis) => input.shape[axis] !== 1);
  if (long.every((axis, i) => i === 0 || long[i - 1] < axis))
    return reshape(
      input,
      axes.map((axis) => input.shape[axis]),
    );
  return applyOp(permuteOp, [input], axes);
}

/**
 * Two axes swapped, by default the last two: the transpose of a matrix, or of each matrix in a batch.
 *
 * @throws ShapeError for a tensor with fewer than two axes.
 * @example transpose([[1, 2, 3]]); // [[1], [2], [3]]
 */
export function transpose(x: TensorLike, axis1 = -2, axis2 = -1): Tensor {
  const input = asTensor(x);
  if (input.rank < 2)
    throw new ShapeError({
      where: "transpose",
      expected: "a tensor with at least two axes",
      got: formatShape(input.shape),
      hint: "To make a column of a vector, use reshape([-1, 1]).",
    });
  const a = normalizeAxis("transpose", axis1, input.rank);
  const b = normalizeAxis("transpose", axis2, input.rank);
  const order = input.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis));
  return permute(input, order);
}

/**
 * Without its axes of length 1: those named, or all of them.
 *
 * @throws ShapeError for a named axis of another length.
 * @example squeeze([[1, 2]]); // [1, 2]
 */
export function squeeze(x: TensorLike, axis?: number | readonly number[]): Tensor {
  const input = asTensor(x);
  const all = axis === undefined;
  const axes = normalizeAxes("squeeze", axis, input.rank).filter((a) => !all || input.shape[a] === 1);
  for (const a of axes)
    if (input.shape[a] !== 1)
      throw new ShapeError({
        where: "squeeze",
        expected: `length 1 at axis ${a}`,
        got: `${input.shape[a]} in ${formatShape(input.shape)}`,
      });
  return reshape(
    input,
    input.shape.filter((_, a) => !axes.includes(a)),
  );
}

/**
 * With a new axis of length 1 at `axis`; -1 puts it last.
 *
 * @throws ValueError for a place that is not there.
 * @example unsqueeze([1, 2], 0); // [[1, 2]]
 */
export function unsqueeze(x: TensorLike, axis: number): Tensor {
  const input = asTensor(x);
  return reshape(input, input.shape.toSpliced(normalizeAxis("unsqueeze", axis, input.rank + 1), 0, 1));
}

/**
 * The axes from `start` to `end` (both included) joined into one; by default all of them.
 *
 * @example flatten(zeros([8, 3, 4, 4]), 1); // shape [8, 48]
 */
export function flatten(x: TensorLike, start = 0, end = -1): Tensor {
  const input = asTensor(x);
  if (input.rank === 0) return reshape(input, [1]);
  const from = normalizeAxis("flatten", start, input.rank);
  const to = normalizeAxis("flatten", end, input.rank);
  if (from > to) throw new ValueError({ where: "flatten", expected: "start ≤ end", got: `${start} and ${end}` });
  const joined = sizeOf(input.shape.slice(from, to + 1));
  return reshape(input, input.shape.toSpliced(from, to - from + 1, joined));
}

export const concatOp: Op<number> = builtin({
  name: "concat",
  inferShape: (inputs, axis) => ({
    shape: inputs[0].shape.with(
      axis,
      inputs.reduce((total, input) => total + input.shape[axis], 0),
    ),
    dtype: inputs[0].dtype,
  }),
  kernel: (out, inputs, axis) => {
    const row = sizeOf(out.shape.slice(axis));
    const rows = sizeOf(out.shape.slice(0, axis));
    let offset = 0;
    for (const input of inputs) {
      const part = sizeOf(input.shape.slice(axis));
      for (let i = 0; i < rows; i++)
        out.storage.set(input.storage.subarray(i * part, (i + 1) * part), i * row + offset);
      offset += part;
    }
  },
  gradient: (g, { inputs, attributes: axis }, which) => {
    const start = inputs.slice(0, which).reduce((total, input) => total + input.shape[axis], 0);
    return sliceAxis(g, axis, start, inputs[which].shape[axis]);
  },
  lower: (axis) => ({ kind: "concat", axis }),
});

/**
 * The tensors one after another along an axis.
 *
 * @throws ShapeError where they differ along another axis.
 * @example concat([[[1, 2]], [[3, 4], [5, 6]]], 0); // [[1, 2], [3, 4], [5, 6]]
 */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  const inputs = together("concat", tensors);
  const along = normalizeAxis("concat", axis, inputs[0].rank);
  for (const input of inputs)
    if (input.rank !== inputs[0].rank || input.shape.some((n, a) => a !== along && n !== inputs[0].shape[a]))
      throw new ShapeError({
        where: "concat",
        expected: `shapes that differ only along axis ${along}`,
        got: inputs.map(({ shape }) => formatShape(shape)).join(", "),
        hint: "To put equal shapes along a new axis, use stack.",
      });
  return inputs.length === 1 ? inputs[0] : applyOp(concatOp, inputs, along);
}

/**
 * The tensors side by side along a new axis.
 *
 * @throws ShapeError where their shapes differ.
 * @example stack([[1, 2], [3, 4]]); // [[1, 2], [3, 4]]
 */
export function stack(tensors: readonly TensorLike[], axis = 0): Tensor {
  const inputs = together("stack", tensors);
  const along = normalizeAxis("stack", axis, inputs[0].rank + 1);
  for (const { shape } of inputs)
    if (!sameShape(shape, inputs[0].shape))
      throw new ShapeError({
        where: "stack",
        expected: "tensors of one shape",
        got: inputs.map(({ shape }) => formatShape(shape)).join(", "),
      });
  return concat(
    inputs.map((input) => unsqueeze(input, along)),
    along,
  );
}

function together(where: string, tensors: readonly TensorLike[]): Tensor[] {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new ValueError({
      where,
      expected: "an array of at least one tensor",
      got: describe(tensors),
      hint: `Write ${where}([a, b]), or ${where}([a, b], axis).`,
    });
  const inputs = asTensors([...tensors], where);
  const dtype = inputs.map((input) => input.dtype).reduce(promote);
  return inputs.map((input) => cast(input, dtype));
}

/**
 * Cut into pieces along an axis: a number of equal pieces, or pieces of the lengths given.
 *
 * @throws ShapeError where the pieces do not make up the whole.
 * @example split([1, 2, 3, 4, 5], [2, 3]); // [[1, 2], [3, 4, 5]]
 */
export function split(x: TensorLike, pieces: number | readonly number[], axis = 0): Tensor[] {
  const input = asTensor(x);
  const along = normalizeAxis("split", axis, input.rank);
  const length = input.shape[along];
  const equal = typeof pieces === "number";
  if (!equal) checkList("split", pieces, "a number of pieces, or their lengths");
  const count = equal && Number.isInteger(pieces) && pieces > 0 && pieces < 2 ** 32 ? pieces : 0;
  const lengths = equal ? Array.from({ length: count }, () => length / count) : pieces;
  if (
    (equal && count === 0) ||
    lengths.some((n) => !Number.isInteger(n) || n < 0) ||
    lengths.reduce((total, n) => total + n, 0) !== length
  )
    throw new ShapeError({
      where: "split",
      expected: `pieces that make up the ${length} along axis ${along} of ${formatShape(input.shape)}`,
      got: equal ? `${pieces} equal pieces` : formatShape(pieces),
    });
  let start = 0;
  return lengths.map((n) => {
    start += n;
    return sliceAxis(input, along, start - n, n);
  });
}

/**
 * With `value` put around it.
 *
 * @param padding for each axis how many elements before and after; a number stands for both, everywhere.
 * @throws ValueError for negative or missing amounts.
 * @example pad([1, 2], [[1, 2]]); // [0, 1, 2, 0, 0]
 */
export function pad(x: TensorLike, padding: number | readonly (readonly [number, number])[], value = 0): Tensor {
  const input = asTensor(x);
  const pairs = typeof padding === "number" ? input.shape.map(() => [padding, padding] as const) : padding;
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0);
  if (!Array.isArray(pairs) || pairs.length !== input.rank || !Array.from(pairs).every(isPair))
    throw new ValueError({
      where: "pad",
      expected: `[before, after] in whole numbers of at least 0 for each of the ${input.rank} axes`,
      got: Array.isArray(padding) ? listInWords(padding) : describe(padding),
      hint: "To cut elements off, use slice.",
    });
  if (pairs.every(([before, after]) => before + after === 0)) return input;
  const cut = { starts: pairs.map(([before]) => before), steps: pairs.map(() => 1), lengths: input.shape };
  const shape = input.shape.map((n, axis) => n + pairs[axis][0] + pairs[axis][1]);
  const placed = applyOp(sliceScatterOp, [input], { ...cut, shape });
  if (value === 0) return placed;
  const inside = applyOp(sliceScatterOp, [broadcastTo(true, input.shape)], { ...cut, shape });
  return where(inside, placed, value);
}

/**
 * The whole tensor repeated along each axis, as NumPy's `tile`.
 *
 * @param times one number for each axis, the last of them last; a number stands for the last axis alone.
 * @throws ValueError unless there is a whole number of times for every axis.
 * @example tile([1, 2], [3]); // [1, 2, 1, 2, 1, 2]
 */
export function tile(x: TensorLike, times: number | readonly number[]): Tensor {
  const input = asTensor(x);
  const given = typeof times === "number" ? [times] : times;
  checkList("tile", given, "how many times along each axis, as [2, 1]");
  const lead = Math.max(0, given.length - input.rank);
  const shape = [...new Array<number>(lead).fill(1), ...input.shape];
  const counts = [...new Array<number>(shape.length - given.length).fill(1), ...given];
  if (counts.some((n) => !Number.isInteger(n) || n < 0))
    throw new ValueError({ where: "tile", expected: "whole numbers of at least 0", got: formatShape(given) });
  const spread = shape.flatMap((n, axis) => [counts[axis], n]);
  const wide = broadcastTo(
    reshape(
      input,
      shape.flatMap((n) => [1, n]),
    ),
    spread,
  );
  return reshape(
    wide,
    shape.map((n, axis) => n * counts[axis]),
  );
}

/**
 * Each element repeated along an axis, as NumPy's `repeat`.
 *
 * @throws ValueError for a number of times that is not whole.
 * @example repeat([1, 2], 3, 0); // [1, 1, 1, 2, 2, 2]
 */
export function repeat(x: TensorLike, times: number, axis = 0): Tensor {
  const input = asTensor(x);
  if (!Number.isInteger(times) || times < 0)
    throw new ValueError({ where: "repeat", expected: "a whole number of times", got: describe(times) });
  const along = normalizeAxis("repeat", axis, input.rank);
  const spread = input.shape.toSpliced(along + 1, 0, times);
  return reshape(broadcastTo(unsqueeze(input, along + 1), spread), input.shape.with(along, input.shape[along] * times));
}

/** What explanations say of these ops. */
export const movementFormulas: Formulas = {
  permute: (attributes) => {
    const order = attributes as readonly number[];
    const n = order.length;
    const isTransposed = order.every((axis, i) => axis === (i === n - 1 ? n - 2 : i === n - 2 ? n - 1 : i));
    return {
      text: [
        isTransposed ? "aᵀ" : `a, its axes in the order ${order.join(", ")}`,
        "∂y/∂a = 1 for an element and itself, else 0",
      ],
      tex: [
        isTransposed ? "a^{\\top}" : `a \\text{, its axes in the order ${order.join(", ")}}`,
        "\\frac{\\partial y}{\\partial a} = 1 \\text{ for an element and itself, else } 0",
      ],
      sends: isTransposed
        ? { text: ["gᵀ"], tex: ["g^{\\top}"] }
        : { text: ["g, its axes back in order"], tex: ["g \\text{, its axes back in order}"] },
    };
  },
  concat: {
    text: ["the inputs, one after another", "∂y/∂a = 1 for an element and itself, else 0"],
    tex: [
      "\\text{the inputs, one after another}",
      "\\frac{\\partial y}{\\partial a} = 1 \\text{ for an element and itself, else } 0",
    ],
    sends: { text: ["g, the part where a is"], tex: ["g \\text{, the part where } a \\text{ is}"] },
  },
};
