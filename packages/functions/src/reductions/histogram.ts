/**
 * Counting: how many elements fall into each bin, and how many have each whole number.
 */
import {
  arange,
  asTensor,
  cast,
  max,
  min,
  ones,
  promote,
  refuseWhere,
  reshape,
  ShapeError,
  scatterAdd,
  type Tensor,
  type TensorLike,
  tensor,
  ValueError,
  where,
  zeros,
} from "@chainrule/core";
import {
  asIndices,
  checkCount,
  checkOptions,
  describe,
  floats,
  formatShape,
  listInWords,
} from "@chainrule/core/internal";
import { needsNumbers } from "../define/known-numbers.ts";
import { lerp } from "../elementwise/lerp.ts";
import { searchsorted } from "../indexing/searchsorted.ts";

/** The bins of a histogram, and what is counted. */
export interface HistogramOptions {
  /** How many bins of equal width (10 unless given), or their edges in ascending order. */
  bins?: number | readonly number[];
  /** From where to where the bins go; from the smallest element to the largest unless given. */
  range?: readonly [number, number];
  /** How much each element counts, in the shape of x; gradients go to them. */
  weights?: TensorLike;
  /** Divide by the total and by the widths, so that the areas add up to 1. */
  density?: boolean;
}

/**
 * How many elements fall into each bin, and the edges of the bins. A bin has its left edge, the last one its right edge too;
 * elements outside of the range are not counted.
 *
 * Shape: x of any; counts [bins] in int32, in the weights' dtype if there are any, in floats for densities; edges [bins + 1].
 *
 * @throws ValueError for edges or a range that do not ascend, and without a range for elements that are not finite; ShapeError
 *   for weights of another shape.
 * @example
 * histogram([1, 2, 1, 4], { bins: 3 }).counts; // [2, 1, 1]
 * histogram([1, 2, 1, 4], { bins: [0, 2, 10] }); // { counts: [2, 2], edges: [0, 2, 10] }
 */
export function histogram(x: TensorLike, options: HistogramOptions = {}): { counts: Tensor; edges: Tensor } {
  checkOptions("histogram", options, ["bins", "range", "weights", "density"]);
  const given = floats(asTensor(x, "histogram"));
  const input = reshape(given, [given.size]).detach();
  const edges = edgesOf(input, options);
  const bins = edges.size - 1;
  const [first, last] = [edges.slice(0), edges.slice(-1)];
  // One more bin for what is outside.
  const place = searchsorted(edges, input, { side: "right" })
    .sub(1)
    .minimum(bins - 1);
  const inside = input.greaterEqual(first).logicalAnd(input.lessEqual(last));
  const weights = weightsOf("histogram", options.weights, given);
  const start = zeros([bins + 1], { dtype: weights.dtype });
  const counts = scatterAdd(start, where(inside, place, bins), reshape(weights, [input.size])).slice([0, bins]);
  if (!options.density) return { counts, edges };
  const widths = edges.slice("1:").sub(edges.slice(":-1"));
  const floatCounts = cast(counts, promote(counts.dtype, input.dtype));
  return { counts: floatCounts.div(floatCounts.sum()).div(widths), edges };
}

function edgesOf(x: Tensor, { bins = 10, range }: HistogramOptions): Tensor {
  if (Array.isArray(bins)) {
    const ascend = bins.every(
      (edge, i) => typeof edge === "number" && (i === 0 ? !Number.isNaN(edge) : edge >= bins[i - 1]),
    );
    if (bins.length < 2 || !ascend)
      throw new ValueError({
        where: "histogram",
        expected: "at least two edges in ascending order",
        got: listInWords(bins),
      });
    return tensor(bins as number[], { dtype: x.dtype });
  }
  checkCount("histogram", "bins", bins, 1);
  const steps = arange(0, bins + 1, 1, { dtype: x.dtype }).div(bins);
  if (range !== undefined) {
    const [low, high, ...more] = Array.isArray(range) ? (range as readonly number[]) : [];
    if (more.length > 0 || !Number.isFinite(low) || !Number.isFinite(high) || low > high)
      throw new ValueError({ where: "histogram", expected: "a range [low, high]", got: describe(range) });
    return spread(tensor([low], { dtype: x.dtype }), tensor([high], { dtype: x.dtype }), steps);
  }
  if (x.size === 0) return steps;
  refuseWhere(
    x.isFinite().logicalNot(),
    ([at]) =>
      new ValueError({
        where: "histogram",
        expected: "finite numbers, since no range is given",
        got: `one that is not, element ${at} in row-major order`,
        hint: "Give the range: histogram(x, { range: [0, 1] }) does not count what is outside.",
      }),
  );
  return spread(min(x), max(x), steps);
}

/** Edges from low to high; half a step to both sides where they are the same. */
function spread(low: Tensor, high: Tensor, steps: Tensor): Tensor {
  const half = low.equal(high).cast(low.dtype).mul(0.5);
  return lerp(low.sub(half), high.add(half), steps);
}

function weightsOf(name: string, weights: TensorLike | undefined, x: Tensor): Tensor {
  if (weights === undefined) return ones(x.shape, { dtype: "int32" });
  const given = asTensor(weights, name);
  if (formatShape(given.shape) !== formatShape(x.shape))
    throw new ShapeError({
      where: name,
      expected: `one weight for each element, ${formatShape(x.shape)}`,
      got: formatShape(given.shape),
    });
  return given.dtype === "bool" ? cast(given, "int32") : given;
}

/** How many counts there are, and what is counted. */
export interface BincountOptions {
  /** How much each element counts, in the shape of x; gradients go to them. */
  weights?: TensorLike;
  /** At least so many counts, where the largest number decides. */
  minLength?: number;
  /** Exactly so many counts, as within `jit`, where the largest number is not known. */
  length?: number;
}

/**
 * How often each whole number from 0 on occurs: yᵢ is the number of elements (or the sum of their weights) that are i.
 *
 * Shape: x [n]; result [largest + 1], at least [minLength], or [length]; in int32, or in the weights' dtype.
 *
 * @throws ValueError for numbers that are negative, fractional, or not below `length`; ShapeError for weights of another shape;
 *   JitError within `jit` without `length`, because shapes must be known there.
 * @example
 * bincount([0, 2, 2]); // [1, 0, 2]
 * bincount([0, 2, 2], { weights: [0.5, 1, 2], length: 4 }); // [0.5, 0, 3, 0]
 */
export function bincount(x: TensorLike, options: BincountOptions = {}): Tensor {
  checkOptions("bincount", options, ["weights", "minLength", "length"]);
  const numbers = asIndices("bincount", x);
  if (numbers.rank !== 1)
    throw new ShapeError({
      where: "bincount",
      expected: "a vector of whole numbers",
      got: formatShape(numbers.shape),
      hint: "Flatten it first: bincount(x.flatten()).",
    });
  const length = lengthOf(numbers, options);
  refuseWhere(
    numbers.less(0).logicalOr(numbers.greaterEqual(length)),
    ([at]) =>
      new ValueError({
        where: "bincount",
        expected: options.length === undefined ? "numbers of at least 0" : `numbers from 0 to ${length - 1}`,
        got: `another one at [${at}]`,
      }),
  );
  const weights = weightsOf("bincount", options.weights, numbers);
  return scatterAdd(zeros([length], { dtype: weights.dtype }), numbers, weights);
}

function lengthOf(numbers: Tensor, { length, minLength = 0 }: BincountOptions): number {
  if (length !== undefined) {
    checkCount("bincount", "length", length);
    return length;
  }
  checkCount("bincount", "minLength", minLength);
  needsNumbers("bincount", [numbers], "Say how many counts there are: bincount(x, { length: 10 }).");
  return Array.from(numbers.storage).reduce((most, each) => Math.max(most, each + 1), minLength);
}
