/**
 * The numbers at which rewrites go wrong: both zeros, subnormals, the largest, infinities, NaN.
 */
import { type DType, sizeOf, type Tensor, tensor } from "@chainrule/core";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** Beside powers and products that overflow, underflow and round. */
const ofEveryFloat = [nan, infinity, -infinity, 0, -0, 1, -1, 0.3, -2.5, 100, -200, 1e-30, -1e-30];

/** By dtype; with the smallest subnormals, the smallest normal number and the largest of either sign. */
export const specialNumbers: Readonly<Record<DType, readonly number[]>> = {
  float32: [...ofEveryFloat, 2 ** -149, -(2 ** -149), 2 ** -126, (2 - 2 ** -23) * 2 ** 127, -(2 - 2 ** -23) * 2 ** 127],
  float64: [...ofEveryFloat, 5e-324, -5e-324, 2 ** -1022, Number.MAX_VALUE, -Number.MAX_VALUE],
  int32: [0, 1, -1, 3, -7, 46_341, 65_536, 2 ** 31 - 1, -(2 ** 31)],
  bool: [0, 1],
};

/**
 * Columns of special numbers in which every choice of one for each column stands in some row: tensors of shape
 * [rows, 1], as many as `columns` has dtypes.
 */
export function everyChoice(columns: readonly DType[]): Tensor[] {
  const lists = columns.map((dtype) => specialNumbers[dtype]);
  const rows = sizeOf(lists.map(({ length }) => length));
  let repeats = 1;
  return lists.map((list, i) => {
    const each = repeats;
    repeats *= list.length;
    const data = Float64Array.from({ length: rows }, (_, row) => list[Math.floor(row / each) % list.length]);
    return tensor(data, { shape: [rows, 1], dtype: columns[i] });
  });
}
