/**
 * Order statistics: the median and the quantiles.
 */
import {
  type Axes,
  asTensor,
  gather,
  normalizeAxes,
  permute,
  type ReduceOptions,
  reshape,
  ShapeError,
  sizeOf,
  sort,
  type Tensor,
  type TensorLike,
  tensor,
  ValueError,
  where,
} from "@chainrule/core";
import { checkOptions, describe, floats, formatShape, lookUp } from "@chainrule/core/internal";
import { lerp } from "../elementwise/lerp.ts";

/** How a quantile between two elements is found. */
export interface QuantileOptions extends ReduceOptions {
  /**
   * "linear" (unless given) goes from one to the other, "lower" and "higher" take one of the two, "nearest" the nearer (at the
   * middle the one of even place), "midpoint" their mean.
   */
  interpolation?: "linear" | "lower" | "higher" | "nearest" | "midpoint";
}

/** The way from the element at a whole place to the next, given how much of it the quantile's place is beyond. */
const interpolations: Readonly<Record<string, (beyond: number, below: number) => number>> = {
  linear: (beyond) => beyond,
  lower: () => 0,
  higher: (beyond) => Math.ceil(beyond),
  nearest: (beyond, below) => (beyond === 0.5 ? below % 2 : Math.round(beyond)),
  midpoint: (beyond) => (beyond === 0 ? 0 : 0.5),
};

/**
 * The q-quantiles along the axes: what stands at place q (n - 1) among the n elements in order, between two of them on the way
 * from one to the other. NaN where an element is NaN. (`quantile` is the loss whose minimum they are.)
 *
 * Shape: the axes are gone, or kept with length 1 (`keepDims`); a list of q makes a new axis in front. Integers become floats.
 * The gradient goes to the elements that it was found between.
 *
 * @param q from 0, the smallest element, to 1, the largest.
 * @param axis one axis, several, or all (the default).
 * @throws ValueError for a q that is not between 0 and 1; ShapeError where there are no elements; OptionError for an
 *   interpolation that there is not.
 * @example
 * quantiles([1, 2, 3, 4], 0.5); // 2.5
 * quantiles([[1, 2, 3], [4, 6, 8]], [0, 0.75], 1); // [[1, 4], [2.5, 7]]
 */
export function quantiles(
  x: TensorLike,
  q: number | readonly number[],
  axis?: Axes,
  options: QuantileOptions = {},
): Tensor {
  return orderStatistics("quantiles", x, q, axis, options);
}

/**
 * The median along the axes: the middle one of the elements in order, of an even number the mean of the two in the middle,
 * as in NumPy (PyTorch takes the lower of the two, as `quantiles` does with `interpolation: "lower"`). NaN where an element is NaN.
 *
 * Shape: the axes are gone, or kept with length 1 (`keepDims`); integers become floats. The gradient goes to the middle
 * elements.
 *
 * @param axis one axis, several, or all (the default).
 * @throws ShapeError where there are no elements.
 * @example median([[1, 9, 2], [4, 6, 8]], 1); // [2, 6]
 */
export function median(x: TensorLike, axis?: Axes, options: ReduceOptions = {}): Tensor {
  checkOptions("median", options, ["keepDims"]);
  return orderStatistics("median", x, 0.5, axis, options);
}

function orderStatistics(
  name: string,
  x: TensorLike,
  q: number | readonly number[],
  axis: Axes | undefined,
  options: QuantileOptions,
): Tensor {
  checkOptions(name, options, ["keepDims", "interpolation"]);
  const way = lookUp(name, interpolations, options.interpolation ?? "linear");
  const list = checkedList(name, q);
  const input = floats(asTensor(x, name));
  const axes = normalizeAxes(name, axis, input.rank);
  const kept = input.shape.flatMap((_, a) => (axes.includes(a) ? [] : [a]));
  const n = sizeOf(axes.map((a) => input.shape[a]));
  if (n === 0)
    throw new ShapeError({
      where: name,
      expected: "at least one element along the axes",
      got: formatShape(input.shape),
    });
  const lines = kept.map((a) => input.shape[a]);
  const sorted = sort(reshape(permute(input, [...kept, ...axes]), [...lines, n]));
  const places = list.map((each) => each * (n - 1));
  const below = places.map(Math.floor);
  const weights = places.map((place, i) => way(place - below[i], below[i]));
  const found = between(sorted, below, weights);
  const shape = options.keepDims ? input.shape.map((length, a) => (axes.includes(a) ? 1 : length)) : lines;
  if (typeof q === "number") return reshape(found, shape);
  const front = permute(found, [lines.length, ...lines.map((_, a) => a)]);
  return reshape(front, [list.length, ...shape]);
}

/** What stands between sorted elements along the last axis. NaN is sorted last. */
function between(sorted: Tensor, below: readonly number[], weights: readonly number[]): Tensor {
  const last = sorted.shape.at(-1)! - 1;
  const take = (places: readonly number[]) => gather(sorted, tensor(places as number[], { dtype: "int32" }), -1);
  const lower = take(below);
  const upper = take(below.map((place, i) => (weights[i] > 0 ? Math.min(place + 1, last) : place)));
  const way = lerp(lower, upper, tensor(weights as number[], { dtype: sorted.dtype }));
  // There is no way from one infinity to the same.
  const found = where(lower.equal(upper).logicalAnd(lower.isInfinite()), lower, way);
  return where(take([last]).isNaN(), Number.NaN, found);
}

function checkedList(name: string, q: number | readonly number[]): readonly number[] {
  const list = typeof q === "number" ? [q] : q;
  if (
    !Array.isArray(list) ||
    list.length === 0 ||
    !list.every((each) => typeof each === "number" && each >= 0 && each <= 1)
  )
    throw new ValueError({
      where: name,
      expected: "q as a number from 0 to 1, or several in an array",
      got: Array.isArray(q) ? `[${q.map(String).join(", ")}]` : describe(q),
      hint: "The 90th percentile is q = 0.9.",
    });
  return list;
}
