/**
 * Arithmetic on shapes: sizes, strides, axes and broadcasting.
 */
import { listInWords } from "../arguments.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";

/** The length of a tensor along each axis; `[]` is a scalar. */
export type Shape = readonly number[];

/** As many axes as NumPy's arrays may have: what is deeper is a mistake, or a circle. */
export const mostAxes = 64;

/** The number of elements: the product of the lengths. @example sizeOf([2, 3]); // 6 */
export function sizeOf(shape: Shape): number {
  if (!Array.isArray(shape)) checkShape("sizeOf", shape);
  let size = 1;
  for (const length of shape) size *= length;
  if (!(size >= 0)) checkShape("sizeOf", shape);
  return size;
}

/** How far apart neighbours along each axis lie in row-major order. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Whether both have the same lengths along the same axes. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** `[2, 3]`, as error messages and `toString` write it. */
export function formatShape(shape: Shape): string {
  return listInWords(shape);
}

/** Throws unless every length is a whole number of at least 0. */
export function checkShape(where: string, shape: unknown): asserts shape is Shape {
  if (!Array.isArray(shape))
    throw new ShapeError({
      where,
      expected: "a shape such as [2, 3]",
      got: describe(shape),
      hint: typeof shape === "number" ? "Its lengths stand in one array: [2, 3], and [2] for a vector." : undefined,
    });
  for (const length of shape as readonly unknown[])
    if (typeof length !== "number" || !Number.isInteger(length) || length < 0)
      throw new ShapeError({
        where,
        expected: "a shape of whole numbers of at least 0",
        got: formatShape(shape),
        hint: "Only reshape takes -1, once, for the length that follows from the others.",
      });
}

/** For options in place of an axis, as other libraries write it. */
function axisHint(where: string, given: unknown): string | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  return `The axis stands by itself, and options come after it: ${where}(1, { keepDims: true }).`;
}

/** An axis counted from the front: -1 becomes the last. @example normalizeAxis("sum", -1, 2); // 1 */
export function normalizeAxis(where: string, axis: number, rank: number): number {
  if (!Number.isInteger(rank)) throw new ValueError({ where, expected: "a number of axes", got: describe(rank) });
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ValueError({
      where,
      expected: rank === 0 ? "a tensor with axes" : `an axis from ${-rank} to ${rank - 1}`,
      got: `${describe(axis).replace("the number ", "axis ")}${rank === 0 ? " of a scalar" : ""}`,
      hint: axisHint("x.sum", axis),
    });
  return axis < 0 ? axis + rank : axis;
}

/**
 * Several axes counted from the front, ascending, each once; none given means all of them.
 *
 * @example normalizeAxes("sum", [-1, 0], 2); // [0, 1]
 */
export function normalizeAxes(
  where: string,
  axes: number | readonly number[] | null | undefined,
  rank: number,
): number[] {
  if (!Number.isInteger(rank) || rank > mostAxes)
    throw new ValueError({ where, expected: "a number of axes", got: describe(rank) });
  if (axes === null || axes === undefined) {
    const all: number[] = [];
    for (let axis = 0; axis < rank; axis++) all.push(axis);
    return all;
  }
  if (typeof axes !== "number" && !Array.isArray(axes))
    throw new ValueError({
      where,
      expected: "an axis, an array of axes, or null for all",
      got: describe(axes),
      hint: axisHint(where, axes),
    });
  if (typeof axes === "number") return [normalizeAxis(where, axes, rank)];
  const list = [...axes].map((axis) => normalizeAxis(where, axis, rank));
  if (new Set(list).size !== list.length)
    throw new ValueError({ where, expected: "each axis once", got: formatShape(axes) });
  return list.sort((a, b) => a - b);
}

/** The shape that both broadcast to by NumPy's rule, or null where they do not fit. */
export function tryBroadcast(a: Shape, b: Shape): number[] | null {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let back = 1; back <= rank; back++) {
    const x = back <= a.length ? a[a.length - back] : 1;
    const y = back <= b.length ? b[b.length - back] : 1;
    if (x !== y && x !== 1 && y !== 1) return null;
    out[rank - back] = x === 1 ? y : x;
  }
  return out;
}

/**
 * The shape that both broadcast to: aligned at the last axis, lengths equal or 1.
 *
 * @throws ShapeError where they do not fit.
 * @example broadcastShapes("add", [2, 1], [3]); // [2, 3]
 */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  if (!Array.isArray(a) || !Array.isArray(b)) for (const shape of [a, b]) checkShape(where, shape);
  if (sameShape(a, b)) return a;
  for (const shape of [a, b]) checkShape(where, shape);
  const out = tryBroadcast(a, b);
  if (out) return out;
  throw new ShapeError({
    where,
    expected: "shapes that broadcast (aligned at the last axis, each pair of lengths equal or one of them 1)",
    got: `${formatShape(a)} and ${formatShape(b)}`,
    hint: broadcastHint(a, b),
  });
}

function broadcastHint(a: Shape, b: Shape): string {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  if (short.length === 1 && long.includes(short[0])) {
    const axis = long.indexOf(short[0]);
    const column = [short[0], ...new Array(long.length - axis - 1).fill(1)];
    return `To line [${short[0]}] up with axis ${axis} of ${formatShape(long)}, reshape it to ${formatShape(column)}.`;
  }
  if (a.length === 2 && b.length === 2 && a[0] === b[1] && a[1] === b[0])
    return "Did you mean to transpose one of them?";
  return "Reshape one of them, or unsqueeze the axis that is missing.";
}

/**
 * Strides with which a tensor of `shape` is read as if it had the shape `out`: 0 along every axis it lacks or
 * has once.
 *
 * @param strides those of the tensor itself; contiguous by default.
 */
export function broadcastStrides(shape: Shape, out: Shape, strides: readonly number[] = stridesOf(shape)): number[] {
  const lead = out.length - shape.length;
  return out.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : strides[axis - lead]));
}
