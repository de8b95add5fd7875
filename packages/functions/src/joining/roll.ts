/**
 * Elements moved around the end of an axis.
 */
import {
  asTensor,
  concat,
  normalizeAxis,
  reshape,
  type SliceRange,
  slice,
  type Tensor,
  type TensorLike,
  ValueError,
} from "@chainrule/core";
import { describe, listInWords } from "@chainrule/core/internal";

/**
 * The elements moved on along an axis, those that leave at its end coming in at its beginning: yᵢ = x₍ᵢ₋ₛ₎ for the shift s.
 *
 * Shape: that of x.
 *
 * @param shift how far, to the front where negative; one for each axis, or the same for all.
 * @param axis one axis or several; none given, the elements move in row-major order.
 * @throws ValueError for shifts that are not whole numbers, or are not as many as the axes.
 * @example
 * roll([1, 2, 3, 4], 1); // [4, 1, 2, 3]
 * roll([[1, 2], [3, 4]], [1, 1], [0, 1]); // [[4, 3], [2, 1]]
 */
export function roll(
  x: TensorLike,
  shift: number | readonly number[],
  axis?: number | readonly number[] | null,
): Tensor {
  const input = asTensor(x, "roll");
  if (axis === undefined || axis === null) {
    const flat = reshape(input, [input.size]);
    return reshape(roll(flat, shift, 0), input.shape);
  }
  const axes = typeof axis === "number" ? [axis] : axis;
  if (!Array.isArray(axes))
    throw new ValueError({ where: "roll", expected: "an axis or several", got: describe(axis) });
  const shifts = typeof shift === "number" ? axes.map(() => shift) : shift;
  if (!Array.isArray(shifts) || shifts.length !== axes.length || !shifts.every(Number.isInteger))
    throw new ValueError({
      where: "roll",
      expected: `a whole number for each axis, of which there are ${axes.length}`,
      got: Array.isArray(shift) ? listInWords(shift) : describe(shift),
    });
  return axes.reduce((rolled, each, i) => rollOne(rolled, shifts[i], normalizeAxis("roll", each, input.rank)), input);
}

function rollOne(x: Tensor, shift: number, axis: number): Tensor {
  const n = x.shape[axis];
  const by = n === 0 ? 0 : ((shift % n) + n) % n;
  if (by === 0) return x;
  const part = (start: number, end: number) =>
    slice(x, ...x.shape.map((_, a): SliceRange => (a === axis ? [start, end] : ":")));
  return concat([part(n - by, n), part(0, n - by)], axis);
}
