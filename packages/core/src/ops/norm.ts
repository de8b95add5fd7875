/**
 * Norms and the standard deviation: roots of sums of powers, right also where the powers are beyond the dtype's range.
 */
import { checkOptions, describe, ValueError } from "../errors.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { full } from "../tensor/create.ts";
import { normalizeAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { maximum } from "./arithmetic.ts";
import { equal, greater, isInfinite, less, where } from "./compare.ts";
import { floats } from "./define.ts";
import { countOver, max, type SpreadOptions, spread, spreadOptions } from "./reduce.ts";
import { type Axes, type ReduceOptions, reduceOptions, reshape, sum } from "./sum.ts";
import { abs, sqrt, square } from "./unary.ts";

/**
 * The standard deviation along the axes, the root of the variance; with derivative 0 where all elements are equal.
 *
 * @example std([1, 3]); // 1
 */
export function std(x: TensorLike, axis?: Axes, options: SpreadOptions = {}): Tensor {
  checkOptions("std", options, spreadOptions);
  const { deviation, freedom } = spread("std", x, axis, options);
  return lengthAlong("std", deviation, axis, options.keepDims).div(Math.sqrt(freedom));
}

/**
 * The p-norm along the axes, (Σ |xᵢ|ᵖ)^(1/p): 2 (the default) is the length, 1 the sum of sizes, Infinity the
 * largest size. The derivative at the zero vector is taken as 0, and for p below 1 at each coordinate that is 0.
 *
 * @throws ValueError for a p that is not above 0.
 * @example norm([3, 4]); // 5
 */
export function norm(x: TensorLike, axis?: Axes, options: ReduceOptions & { p?: number } = {}): Tensor {
  checkOptions("norm", options, [...reduceOptions, "p"]);
  const { p = 2, keepDims } = options;
  if (typeof p !== "number" || !(p > 0))
    throw new ValueError({ where: "norm", expected: "p above 0", got: describe(p) });
  const input = floats(asTensor(x));
  if (p === Number.POSITIVE_INFINITY) return max(abs(input), axis, { keepDims });
  if (p === 1) return sum(abs(input), axis, { keepDims });
  if (p === 2) return lengthAlong("norm", input, axis, keepDims);
  return powerNorm(input, axis, p, keepDims);
}

/** √ Σ x², with derivative 0 at 0, where it is undefined. */
function lengthAlong(name: string, x: Tensor, axis: Axes | undefined, keepDims?: boolean): Tensor {
  const scale = scaleOfSquares(name, x, axis);
  const squares = sum(square(x.mul(scale)), axis, { keepDims: true });
  const zero = equal(squares, 0);
  const length = where(zero, 0, sqrt(where(zero, 1, squares))).div(scale);
  return keepDims ? length : withoutAxes(name, length, axis);
}

/** Between which sizes squares are in a dtype's range, and what brings larger and smaller numbers there: powers of 2. */
const ranges = {
  float32: { large: 2 ** 48, down: 2 ** -65, small: 2 ** -60, up: 2 ** 86 },
  float64: { large: 2 ** 480, down: 2 ** -513, small: 2 ** -480, up: 2 ** 564 },
};

/** What elements are to be multiplied by so that their squares neither overflow nor vanish: 1 for nearly all. */
function scaleOfSquares(name: string, x: Tensor, axis: Axes | undefined): Tensor {
  const number = (value: number) => full([], value, { dtype: x.dtype });
  if (countOver(name, x, axis) === 0) return number(1);
  const { large, down, small, up } = ranges[x.dtype as keyof typeof ranges];
  const largest = max(abs(x.detach()), axis, { keepDims: true });
  return where(
    greater(largest, number(large)),
    number(down),
    where(less(largest, number(small)), number(up), number(1)),
  );
}

/** As multiples of the largest element, whose powers would be beyond the dtype's range at times. */
function powerNorm(x: Tensor, axis: Axes | undefined, p: number, keepDims?: boolean): Tensor {
  if (countOver("norm", x, axis) === 0) return sum(x, axis, { keepDims });
  const largest = max(abs(x.detach()), axis, { keepDims: true });
  // Not so small that a gradient that is multiplied by it would lose digits.
  const least = full([], x.dtype === "float64" ? 2 ** -960 : 2 ** -100, { dtype: x.dtype });
  const unit = where(isInfinite(largest), 1, maximum(largest, least));
  const sizes = abs(x).div(unit);
  // Below p = 1 the power's derivative at 0 is infinite.
  const none = equal(x, 0);
  const powers = p > 1 ? sizes.pow(p) : where(none, 0, where(none, 1, sizes).pow(p));
  const total = sum(powers, axis, { keepDims: true });
  const zero = equal(total, 0);
  const length = where(zero, 0, where(zero, 1, total).pow(1 / p)).mul(unit);
  return keepDims ? length : withoutAxes("norm", length, axis);
}

function withoutAxes(name: string, x: Tensor, axis: Axes | undefined): Tensor {
  const axes = normalizeAxes(name, axis, x.rank);
  return reshape(
    x,
    x.shape.filter((_, a) => !axes.includes(a)),
  );
}
