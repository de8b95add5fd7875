/**
 * Uneven splits.
 */
import {
  asTensor,
  normalizeAxis,
  type SliceRange,
  slice,
  type Tensor,
  type TensorLike,
  ValueError,
} from "@chainrule/core";
import { describe, listInWords } from "@chainrule/core/internal";

/**
 * Cut into pieces along an axis, by default the first: a number of pieces that are as equal as can be, the longer ones first, or
 * cut before the indices given. (`split` takes equal pieces, or their lengths.)
 *
 * Shape: the axis is cut. Indices count from the end where negative, and are cut to what is there, as in NumPy.
 *
 * @throws ValueError for a number of pieces below 1, or indices that are no whole numbers.
 * @example
 * arraySplit([1, 2, 3, 4, 5], 2); // [[1, 2, 3], [4, 5]]
 * arraySplit([1, 2, 3, 4, 5], [1, 3]); // [[1], [2, 3], [4, 5]]
 */
export function arraySplit(x: TensorLike, pieces: number | readonly number[], axis = 0): Tensor[] {
  const input = asTensor(x, "arraySplit");
  const along = normalizeAxis("arraySplit", axis, input.rank);
  const n = input.shape[along];
  const isList = Array.isArray(pieces);
  const isRight = isList
    ? pieces.every(Number.isInteger)
    : Number.isInteger(pieces) && (pieces as number) >= 1 && (pieces as number) < 2 ** 32;
  if (!isRight)
    throw new ValueError({
      where: "arraySplit",
      expected: "a number of pieces of at least 1, or whole numbers as indices",
      got: isList ? listInWords(pieces) : describe(pieces),
    });
  const ends = isList ? [...pieces, n] : evenEnds(n, pieces as number);
  return ends.map((end, i) =>
    slice(input, ...input.shape.map((_, a): SliceRange => (a === along ? [i === 0 ? 0 : ends[i - 1], end] : ":"))),
  );
}

function evenEnds(n: number, count: number): number[] {
  const [length, longer] = [Math.floor(n / count), n % count];
  return Array.from({ length: count }, (_, i) => (i + 1) * length + Math.min(i + 1, longer));
}
