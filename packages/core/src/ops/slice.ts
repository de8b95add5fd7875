/**
 * Cutting a part out of a tensor, as NumPy's `x[1:3, ::-1]`, and scattering it back into zeros.
 */

import { listInWords } from "../arguments.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import { copyStrided, writeStrided } from "../kernels/elementwise.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import type { SliceBounds } from "../tensor/lowering.ts";
import type { Op } from "../tensor/op.ts";
import { formatShape, normalizeAxes, type Shape, stridesOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Formulas } from "./formulas.ts";
import { builtin } from "./registry.ts";
import { reshape } from "./sum.ts";

/** A slice, and how many elements it takes, axis by axis. */
interface SliceAttributes extends SliceBounds {
  readonly lengths: readonly number[];
}

/** Where the first element lies in a tensor of this shape, and how far apart neighbours along each axis. */
function placeOf({ starts, steps }: SliceBounds, shape: Shape): [start: number, strides: number[]] {
  const strides = stridesOf(shape);
  return [
    starts.reduce((offset, at, axis) => offset + at * strides[axis], 0),
    strides.map((stride, axis) => stride * steps[axis]),
  ];
}

export const sliceOp: Op<SliceAttributes> = builtin({
  name: "slice",
  inferShape: ([x], { lengths }) => ({ shape: lengths, dtype: x.dtype }),
  kernel: (out, [x], cut) => copyStrided(out, x.storage, ...placeOf(cut, x.shape)),
  gradient: (g, { inputs: [x], attributes: cut }) => applyOp(sliceScatterOp, [g], { ...cut, shape: x.shape }),
  lower: ({ starts, steps }) => ({ kind: "slice", starts, steps }),
});

/** The reverse of a slice: `x` in zeros of `shape`, where the slice would read. */
export const sliceScatterOp: Op<SliceAttributes & { readonly shape: Shape }> = builtin({
  name: "sliceScatter",
  inferShape: ([x], { shape }) => ({ shape, dtype: x.dtype }),
  kernel: (out, [x], cut) => writeStrided(out.storage, x, ...placeOf(cut, out.shape)),
  gradient: (g, { attributes: { starts, steps, lengths } }) => applyOp(sliceOp, [g], { starts, steps, lengths }),
  lower: ({ starts, steps }) => ({ kind: "sliceScatter", starts, steps }),
});

/**
 * One axis of a slice: an index (the axis goes away), `[start, end, step]` with null for "as far as there is", or
 * NumPy's notation in a string: `":"`, `"1:3"`, `"::-1"`, `"-2:"`; `"..."` stands for all axes not named.
 */
export type SliceRange =
  | number
  | string
  | null
  | readonly [start: number | null, end?: number | null, step?: number | null];

/**
 * A part of the tensor, axis by axis, as NumPy's `x[1:3, :, -1]`. Ends beyond the tensor are cut to it.
 *
 * @throws ValueError for an index that is not there, a step of 0, a range that cannot be read, and for two plain numbers,
 *   which could mean rows or an element.
 * @throws ShapeError for more ranges than axes.
 *
 * @example
 * slice([[1, 2], [3, 4], [5, 6]], "1:", -1); // [4, 6]: of the rows from 1 on, the last column
 * slice([[1, 2], [3, 4], [5, 6]], [null, null, -1]); // [[5, 6], [3, 4], [1, 2]]: the rows backwards
 */
export function slice(x: TensorLike, ...ranges: SliceRange[]): Tensor {
  const input = asTensor(x);
  const { cut, shape } = readRanges(input, ranges);
  const whole = cut.steps.every((step, axis) => step === 1 && cut.lengths[axis] === input.shape[axis]);
  return reshape(whole ? input : applyOp(sliceOp, [input], cut), shape);
}

/** Which elements the ranges take, axis by axis, and the shape of the part, without the axes of plain numbers. */
export function readRanges(input: Tensor, ranges: readonly SliceRange[]): { cut: SliceAttributes; shape: number[] } {
  if (ranges.length === 2 && ranges.every((range) => typeof range === "number")) throw twoNumbers(ranges);
  const full = expandEllipsis(ranges, input);
  const cut = { starts: [] as number[], steps: [] as number[], lengths: [] as number[] };
  const dropped: number[] = [];
  full.forEach((range, axis) => {
    const { start, step, length } = readRange(range, input.shape[axis], axis);
    cut.starts.push(start);
    cut.steps.push(step);
    cut.lengths.push(length);
    if (typeof range === "number") dropped.push(axis);
  });
  return { cut, shape: cut.lengths.filter((_, axis) => !dropped.includes(axis)) };
}

/** An array's `slice(0, 5)` is five rows, NumPy's `x[0, 5]` one element: neither is taken for the other. */
function twoNumbers([a, b]: readonly SliceRange[]): ValueError {
  return new ValueError({
    where: "slice",
    expected: "a range, or an index and a range",
    got: `the two numbers ${a} and ${b}, which could mean rows or an element`,
    hint: `Write slice([${a}, ${b}]) or slice("${a}:${b}") for the rows from ${a} up to ${b}, slice(${a}).slice(${b}) for what stands at [${a}, ${b}], and at(…) for an element as a number.`,
  });
}

function expandEllipsis(ranges: readonly SliceRange[], x: Tensor): SliceRange[] {
  const at = ranges.indexOf("...");
  const named = ranges.length - (at >= 0 ? 1 : 0);
  if (named > x.rank)
    throw new ShapeError({
      where: "slice",
      expected: `at most ${x.rank} ranges for ${formatShape(x.shape)}`,
      got: `${named}`,
    });
  const rest = new Array<SliceRange>(x.rank - named).fill(":");
  return at >= 0 ? [...ranges.slice(0, at), ...rest, ...ranges.slice(at + 1)] : [...ranges, ...rest];
}

function readRange(
  range: SliceRange,
  length: number,
  axis: number,
  where = "slice",
): { start: number; step: number; length: number } {
  if (typeof range === "number") {
    if (!Number.isInteger(range) || range < -length || range >= length)
      throw new ValueError({
        where,
        expected: `an index from ${-length} to ${length - 1} at axis ${axis}`,
        got: describe(range),
      });
    return { start: range < 0 ? range + length : range, step: 1, length: 1 };
  }
  if (typeof range !== "string" && range !== null && !Array.isArray(range))
    throw new ValueError({
      where: "slice",
      expected: 'an index, [start, end, step], or a range such as "1:3"',
      got: describe(range),
    });
  const [first, second, third] = typeof range === "string" ? parseRange(range) : (range ?? [null]);
  const step = third ?? 1;
  for (const part of [first ?? 0, second ?? 0, step])
    if (!Number.isInteger(part))
      throw new ValueError({ where: "slice", expected: "whole numbers in a range", got: describe(part) });
  if (step === 0) throw new ValueError({ where: "slice", expected: "a step other than 0", got: "0" });
  // As in Python: negative positions count from the end, then everything is cut to what is there.
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (at: number) => Math.min(high, Math.max(low, at < 0 ? at + length : at));
  const start = first === null || first === undefined ? (step > 0 ? low : high) : clamp(first);
  const end = second === null || second === undefined ? (step > 0 ? high : low) : clamp(second);
  return { start, step, length: Math.max(0, Math.ceil((end - start) / step)) };
}

function parseRange(text: string): (number | null)[] {
  const match = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?$/.exec(text);
  if (!match)
    throw new ValueError({
      where: "slice",
      expected: 'a range such as "1:3", ":" or "::-1"',
      got: describe(text),
      hint: text.includes(",")
        ? 'Each axis has an argument of its own: slice(":", "0:2"), slice(0, "1:3").'
        : "For a single index, pass the number itself.",
    });
  return match.slice(1, 4).map((part) => (part === undefined ? null : Number(part)));
}

/** The element at an index, as a number: what `x.at(1, -2)` gives. */
export function elementAt(x: Tensor, ...index: readonly number[]): number {
  if (index.length !== x.rank)
    throw new ShapeError({
      where: "at",
      expected: `an index for each of the ${x.rank} axes of ${formatShape(x.shape)}`,
      got: listInWords(index),
      hint:
        index.length < x.rank
          ? `For the part at ${listInWords(index)}, which is a tensor, write slice(${index.join(", ")}).`
          : undefined,
    });
  const flat = index.reduce(
    (at, position, axis) => at * x.shape[axis] + readRange(position, x.shape[axis], axis, "at").start,
    0,
  );
  return Number(x.storage[flat]);
}

/** The elements in reverse along the axes; by default along all. @example flip([1, 2, 3]); // [3, 2, 1] */
export function flip(x: TensorLike, axis?: number | readonly number[]): Tensor {
  const input = asTensor(x);
  const axes = normalizeAxes("flip", axis, input.rank);
  return slice(input, ...input.shape.map((_, a): SliceRange => (axes.includes(a) ? [null, null, -1] : ":")));
}

/** `length` elements along one axis from `start`. */
export function sliceAxis(x: Tensor, axis: number, start: number, length: number): Tensor {
  return slice(x, ...x.shape.map((_, a): SliceRange => (a === axis ? [start, start + length] : ":")));
}

/** What explanations say of these ops. */
export const sliceFormulas: Formulas = {
  slice: {
    text: ["part of a", "∂y/∂a = 1 for an element and itself, else 0"],
    tex: ["\\text{part of } a", "\\frac{\\partial y}{\\partial a} = 1 \\text{ for an element and itself, else } 0"],
    sends: { text: ["g where the part was, else 0"], tex: ["g \\text{ where the part was, else } 0"] },
  },
  sliceScatter: {
    text: ["zeros with a in them", "∂y/∂a = 1 for an element and itself, else 0"],
    tex: [
      "\\text{zeros with } a \\text{ in them}",
      "\\frac{\\partial y}{\\partial a} = 1 \\text{ for an element and itself, else } 0",
    ],
    sends: { text: ["g, the part where a is"], tex: ["g \\text{, the part where } a \\text{ is}"] },
  },
};
