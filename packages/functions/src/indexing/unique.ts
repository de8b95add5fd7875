/**
 * The different elements, or slices, of a tensor.
 */
import {
  asTensor,
  gather,
  normalizeAxis,
  permute,
  reshape,
  type Tensor,
  type TensorLike,
  tensor,
} from "@chainrule/core";
import { checkOptions } from "@chainrule/core/internal";
import { needsNumbers } from "../define/known-numbers.ts";

/** What is different: the elements, and what of them is where. */
export interface Unique {
  /** The different elements in ascending order, NaN last; the gradient goes to the first of each. */
  values: Tensor;
  /** Where each occurs first, in int32. */
  indices: Tensor;
  /** For each element, the place of its value among `values`, in int32. */
  inverse: Tensor;
  /** How often each occurs, in int32. */
  counts: Tensor;
}

/**
 * The different elements in ascending order, or the different slices along an axis in lexicographic order. NaNs are one value, as
 * in NumPy.
 *
 * Shape: values [k], indices [k] in row-major order, inverse that of x, counts [k]; with an `axis` of length n values [.., k, ..],
 * indices [k], inverse [n], counts [k].
 *
 * @throws JitError within `jit`, because the numbers decide the shape; ValueError for an axis that x does not have.
 * @example
 * unique([3, 1, 3]).values; // [1, 3]
 * unique([3, 1, 3]).counts; // [1, 2]
 * unique([[1, 2], [0, 5], [1, 2]], { axis: 0 }).values; // [[0, 5], [1, 2]]
 */
export function unique(x: TensorLike, options: { axis?: number | null } = {}): Unique {
  checkOptions("unique", options, ["axis"]);
  const input = asTensor(x, "unique");
  const axis = options.axis ?? null;
  const along = axis === null ? 0 : normalizeAxis("unique", axis, input.rank);
  needsNumbers(
    "unique",
    [input],
    "Find the values outside, before the function is compiled; for counts of whole numbers, write bincount(x, { length }).",
  );
  const flat = axis === null ? reshape(input, [input.size]) : input;
  const { first, inverse, counts } = groups(flat, along);
  const whole = (list: Int32Array, shape: readonly number[] = [list.length]) => tensor(list, { shape });
  const indices = whole(first);
  return {
    values: gather(flat, indices, along),
    indices,
    inverse: whole(inverse, axis === null ? input.shape : undefined),
    counts: whole(counts),
  };
}

/** Slices that are the same, in order: the first of each group, the group of each slice, and how many it has. */
function groups(x: Tensor, axis: number): { first: Int32Array; inverse: Int32Array; counts: Int32Array } {
  const n = x.shape[axis];
  const rows = permute(
    x.detach(),
    [axis, ...x.shape.keys()].filter((a, i) => i === 0 || a !== axis),
  ).storage;
  const width = n === 0 ? 0 : rows.length / n;
  const compare = (p: number, q: number): number => {
    for (let k = 0; k < width; k++) {
      const order = inOrder(rows[p * width + k], rows[q * width + k]);
      if (order !== 0) return order;
    }
    return 0;
  };
  const order = Array.from({ length: n }, (_, i) => i).sort(compare);
  const inverse = new Int32Array(n);
  const first: number[] = [];
  const counts: number[] = [];
  order.forEach((row, i) => {
    if (i === 0 || compare(order[i - 1], row) !== 0) {
      first.push(row);
      counts.push(0);
    }
    inverse[row] = first.length - 1;
    counts[first.length - 1]++;
  });
  return { first: Int32Array.from(first), inverse, counts: Int32Array.from(counts) };
}

/** NaN behind all others, and equal to itself. */
function inOrder(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : Number(a > b);
}
