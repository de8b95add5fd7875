/**
 * Reductions along axes: extremes, averages, the variance, log-sum-exp, and where the extremes are.
 */

import { checkNumber } from "../arguments.ts";
import { checkOptions, ShapeError } from "../errors.ts";
import { forEachRow, reduceKernel, splitAtAxes } from "../kernels/reduce.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { onesLike } from "../tensor/create.ts";
import { applyOp } from "../tensor/dispatch.ts";
import { toNumeric } from "../tensor/dtype.ts";
import type { AxisRange } from "../tensor/lowering.ts";
import type { Op } from "../tensor/op.ts";
import { formatShape, normalizeAxes, normalizeAxis, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { equal, isInfinite, logicalNot, where } from "./compare.ts";
import { floats } from "./define.ts";
import type { Formulas } from "./formulas.ts";
import { concat, permute } from "./movement.ts";
import { builtin, withOp } from "./registry.ts";
import { sliceAxis } from "./slice.ts";
import {
  type Axes,
  broadcastTo,
  overAxes,
  type ReduceOptions,
  reducedSpec,
  reduceOptions,
  reshape,
  sum,
} from "./sum.ts";
import { exp, log, square } from "./unary.ts";

/** How many elements of `x` go into one element of the result. */
export function countOver(name: string, x: Tensor, axis: Axes | undefined): number {
  return sizeOf(normalizeAxes(name, axis, x.rank).map((a) => x.shape[a]));
}

/**
 * The arithmetic mean along the axes, Σ xᵢ / n; NaN of nothing.
 *
 * @example mean([[1, 2], [3, 4]], 1); // [1.5, 3.5]
 */
export function mean(x: TensorLike, axis?: Axes, options: ReduceOptions = {}): Tensor {
  checkOptions("mean", options, reduceOptions);
  const input = floats(asTensor(x));
  const count = countOver("mean", input, axis);
  return sum(input, axis, options).div(count);
}

/** `correction` 0 (the default) divides by n, 1 by n - 1 (Bessel's correction, PyTorch's default). */
export interface SpreadOptions extends ReduceOptions {
  correction?: number;
}

export const spreadOptions = [...reduceOptions, "correction"];

/**
 * The variance along the axes, Σ (xᵢ - mean)² / (n - correction).
 *
 * @example variance([1, 2, 3, 4]); // 1.25, with { correction: 1 } 1.667
 */
export function variance(x: TensorLike, axis?: Axes, options: SpreadOptions = {}): Tensor {
  checkOptions("variance", options, spreadOptions);
  const { deviation, freedom } = spread("variance", x, axis, options);
  return sum(square(deviation), axis, { keepDims: options.keepDims }).div(freedom);
}

/** What a variance is made of: how far each element is from the mean, and by what their squares' sum is divided. */
export function spread(name: string, x: TensorLike, axis: Axes | undefined, { correction = 0 }: SpreadOptions) {
  checkNumber(name, "correction", correction);
  const input = floats(asTensor(x));
  const deviation = input.sub(mean(input, axis, { keepDims: true }));
  return { deviation, freedom: Math.max(0, countOver(name, input, axis) - correction) };
}

/** Whole numbers and floats alike; the larger, NaN if either is. */
function extreme(name: "max" | "min", initial: number, combine: (total: number, x: number) => number): Op<AxisRange> {
  return builtin({
    name,
    inferShape: ([x], axes) => {
      if (splitAtAxes(x.shape, axes).n === 0)
        throw new ShapeError({
          where: name,
          expected: "at least one element along the reduced axes",
          got: formatShape(x.shape),
          hint: "Nothing has no largest or smallest element.",
        });
      return { ...reducedSpec(x, axes), dtype: toNumeric(x.dtype) };
    },
    kernel: reduceKernel(initial, combine),
    gradient: (g, { inputs: [x], output, attributes: axes }) => {
      const chosen = cast(equal(x, broadcastTo(output, x.shape)), g.dtype);
      const ties = sum(chosen, axisList(axes), { keepDims: true });
      return chosen.mul(g.div(ties));
    },
    lower: (axes) => ({ kind: "reduce", reducer: name, axes }),
  });
}

/**
 * {@link overAxes} for reductions that share the gradient among equal elements, which must all be seen at once: axes that
 * are not neighbours are brought together.
 */
function overAxesAtOnce(
  where: string,
  x: Tensor,
  axes: Axes | undefined,
  options: ReduceOptions,
  reduceRun: (x: Tensor, run: AxisRange) => Tensor,
): Tensor {
  checkOptions(where, options, reduceOptions);
  const list = normalizeAxes(where, axes, x.rank);
  const long = list.filter((axis) => x.shape[axis] !== 1);
  const areNeighbours = long.every((axis, i) => i === 0 || axis === long[i - 1] + 1);
  if (areNeighbours) return overAxes(where, x, list, options, reduceRun);
  const kept = x.shape.flatMap((_, axis) => (list.includes(axis) ? [] : [axis]));
  const together = permute(x, [...kept, ...list]);
  const reduced = overAxes(where, together, axisList({ first: kept.length, last: x.rank - 1 }), {}, reduceRun);
  return options.keepDims
    ? reshape(
        reduced,
        x.shape.map((n, axis) => (list.includes(axis) ? 1 : n)),
      )
    : reduced;
}

function axisList({ first, last }: AxisRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

export const maxOp = extreme("max", Number.NEGATIVE_INFINITY, Math.max);
export const minOp = extreme("min", Number.POSITIVE_INFINITY, Math.min);

/**
 * The largest element along the axes; NaN if one is. Equal largest elements share the gradient evenly.
 *
 * @throws ShapeError where there are no elements.
 * @example max([[1, 5], [7, 2]], 0); // [7, 5]
 */
export function max(x: TensorLike, axis?: Axes, options: ReduceOptions = {}): Tensor {
  return overAxesAtOnce("max", asTensor(x), axis, options, (part, axes) => applyOp(maxOp, [part], axes));
}

/**
 * The smallest element along the axes; NaN if one is. Equal smallest elements share the gradient evenly.
 *
 * @throws ShapeError where there are no elements.
 * @example min([[1, 5], [7, 2]], 0); // [1, 2]
 */
export function min(x: TensorLike, axis?: Axes, options: ReduceOptions = {}): Tensor {
  return overAxesAtOnce("min", asTensor(x), axis, options, (part, axes) => applyOp(minOp, [part], axes));
}

export const prodOp: Op<AxisRange> = builtin({
  name: "prod",
  inferShape: ([x], axes) => ({ ...reducedSpec(x, axes), dtype: toNumeric(x.dtype) }),
  kernel: reduceKernel(1, (total, x) => total * x, Math.imul),
  lower: (axes) => ({ kind: "axisLoop", loop: "prod", axes }),
  gradient: (g, { inputs: [x], attributes: axes }) => {
    const { outer, n, inner } = splitAtAxes(x.shape, axes);
    const lines = cast(reshape(x, [outer, n, inner]), "float64");
    return g.mul(reshape(cast(productOfOthers(lines), x.dtype), x.shape));
  },
});

/**
 * For each element of lines [outer, n, inner] the product of all the others in its line, without a division, which
 * zeros would not allow: the other one of its pair times what is outside the pair, which is the same question of half as
 * many elements.
 */
function productOfOthers(lines: Tensor): Tensor {
  const [outer, n, inner] = lines.shape;
  if (n <= 1) return onesLike(lines);
  const pairs = Math.floor(n / 2);
  const [first, second] = [0, pairs].map((start) => sliceAxis(lines, 1, start, pairs));
  const rest = n % 2 === 1 ? [sliceAxis(lines, 1, n - 1, 1)] : [];
  const outside = productOfOthers(concat([first.mul(second), ...rest], 1));
  const ofPairs = sliceAxis(outside, 1, 0, pairs);
  const ofRest = n % 2 === 1 ? [sliceAxis(outside, 1, pairs, 1)] : [];
  return concat([second.mul(ofPairs), first.mul(ofPairs), ...ofRest], 1).reshape([outer, n, inner]);
}

/**
 * The product of the elements along the axes; an empty product is 1.
 *
 * @example prod([[1, 2], [3, 4]], 1); // [2, 12]
 */
export function prod(x: TensorLike, axis?: Axes, options: ReduceOptions = {}): Tensor {
  return overAxes("prod", asTensor(x), axis, options, (part, axes) => applyOp(prodOp, [part], axes));
}

export const logSumExpOp: Op<AxisRange> = builtin({
  name: "logSumExp",
  inferShape: ([x], axes) => reducedSpec(x, axes),
  kernel: (out, [x], axes) => {
    const from = x.storage;
    const { n } = splitAtAxes(x.shape, axes);
    forEachRow(x.shape, axes, (start, step, line) => {
      const end = start + n * step;
      let most = Number.NEGATIVE_INFINITY;
      for (let i = start; i < end; i += step) most = Math.max(most, from[i]);
      let total = 0;
      if (Math.abs(most) !== Number.POSITIVE_INFINITY)
        for (let i = start; i < end; i += step) total += Math.exp(from[i] - most);
      out.storage[line] = total > 0 ? most + Math.log(total) : most;
    });
  },
  gradient: (g, { inputs: [x], output, attributes: axes }) => g.mul(shareOfSum(x, output, axes)),
  lower: (axes) => ({
    kind: "compose",
    compose: ([x]) => {
      const list = axisList(axes);
      if (splitAtAxes(x.shape, axes).n === 0) return sum(x, list, { keepDims: true }).log();
      const most = max(x, list, { keepDims: true });
      const finite = where(isInfinite(most), 0, most);
      const total = log(sum(exp(x.sub(finite)), list, { keepDims: true }));
      return where(isInfinite(most), most, total.add(finite));
    },
  }),
});

/**
 * exp(x) / Σ exp(x), given log Σ exp(x): 0 where that is -Infinity, and where it is Infinity the limit, of which each
 * infinite x has an equal share.
 */
function shareOfSum(x: Tensor, logSum: Tensor, axes: AxisRange): Tensor {
  const endless = equal(logSum, Number.POSITIVE_INFINITY);
  // Subtracting an infinite sum would make ∞ - ∞; exp(-∞) = 0.
  const below = where(endless, Number.NEGATIVE_INFINITY, x.sub(where(isInfinite(logSum), 0, logSum)));
  const infinite = cast(equal(x, Number.POSITIVE_INFINITY), x.dtype);
  return where(endless, infinite.div(sum(infinite, axisList(axes), { keepDims: true })), exp(below));
}

/**
 * log Σ exp(xᵢ) along the axes, without overflow; -Infinity of nothing, and of nothing but -Infinity.
 *
 * Its derivative is softmax; where the sum is Infinity, the infinite elements share it evenly.
 *
 * @example logSumExp([1000, 1000]); // 1000.693
 */
export function logSumExp(x: TensorLike, axis?: Axes, options: ReduceOptions = {}): Tensor {
  const reduceRun = (part: Tensor, axes: AxisRange) => applyOp(logSumExpOp, [part], axes);
  return overAxesAtOnce("logSumExp", floats(asTensor(x)), axis, options, reduceRun);
}

function truth(name: "any" | "all", initial: number, combine: (total: number, x: number) => number): Op<AxisRange> {
  return builtin({
    name,
    inferShape: ([x], axes) => ({ ...reducedSpec(x, axes), dtype: "bool" }),
    kernel: reduceKernel(initial, combine),
    lower: (axes) => ({ kind: "axisLoop", loop: name, axes }),
  });
}

export const anyOp = truth("any", 0, (total, x) => (x !== 0 ? 1 : total));
export const allOp = truth("all", 1, (total, x) => (x !== 0 ? total : 0));

/** Whether at least one element along the axes is true (not 0); false of nothing. @example any([0, 3]); // true */
export function any(x: TensorLike, axis?: Axes, options: ReduceOptions = {}): Tensor {
  return overAxes("any", asTensor(x), axis, options, (part, axes) => applyOp(anyOp, [part], axes));
}

/** Whether every element along the axes is true (not 0); true of nothing. @example all([0, 3]); // false */
export function all(x: TensorLike, axis?: Axes, options: ReduceOptions = {}): Tensor {
  return overAxes("all", asTensor(x), axis, options, (part, axes) => applyOp(allOp, [part], axes));
}

function argExtreme(name: "argmax" | "argmin", better: (x: number, best: number) => boolean) {
  const op: Op<AxisRange> = builtin({
    name,
    inferShape: ([x], axes) => {
      if (splitAtAxes(x.shape, axes).n === 0)
        throw new ShapeError({ where: name, expected: "at least one element", got: formatShape(x.shape) });
      return { ...reducedSpec(x, axes), dtype: "int32" };
    },
    kernel: (out, [x], axes) => {
      const { n } = splitAtAxes(x.shape, axes);
      forEachRow(x.shape, axes, (start, step, line) => {
        let best = x.storage[start];
        let at = 0;
        for (let p = 1; p < n && !Number.isNaN(best); p++) {
          const value = x.storage[start + p * step];
          if (better(value, best) || Number.isNaN(value)) {
            best = value;
            at = p;
          }
        }
        out.storage[line] = at;
      });
    },
    lower: (axes) => ({ kind: "axisLoop", loop: name, axes }),
  });
  return withOp(op, (x: TensorLike, axis?: number | null, options: ReduceOptions = {}): Tensor => {
    checkOptions(name, options, reduceOptions);
    const { keepDims = false } = options;
    const input = asTensor(x);
    if (axis === undefined || axis === null) {
      const flatIndex = applyOp(op, [reshape(input, [input.size])], { first: 0, last: 0 });
      return reshape(flatIndex, keepDims ? input.shape.map(() => 1) : []);
    }
    const along = normalizeAxis(name, axis, input.rank);
    const result = applyOp(op, [input], { first: along, last: along });
    return keepDims ? result : reshape(result, input.shape.toSpliced(along, 1));
  });
}

/**
 * Where the largest element is: its index along the axis, or (no axis given) among all elements in row-major order.
 * The first of equals; NaN counts as largest.
 *
 * @throws ShapeError where there are no elements.
 * @example argmax([[1, 5], [7, 2]], 1); // [1, 0], int32
 */
export const argmax = argExtreme("argmax", (x, best) => x > best);

/**
 * Where the smallest element is; otherwise like {@link argmax}.
 *
 * @throws ShapeError where there are no elements.
 * @example argmin([4, 2, 8]); // 1
 */
export const argmin = argExtreme("argmin", (x, best) => x < best);

interface Running {
  readonly axis: number;
  readonly reverse: boolean;
}

export const cumsumOp: Op<Running> = builtin({
  name: "cumsum",
  inferShape: ([x]) => ({ shape: x.shape, dtype: toNumeric(x.dtype) }),
  kernel: (out, [x], { axis, reverse }) => {
    const axes = { first: axis, last: axis };
    const { n } = splitAtAxes(x.shape, axes);
    const whole = x.dtype === "int32";
    forEachRow(x.shape, axes, (start, step) => {
      let total = 0;
      for (let p = 0; p < n; p++) {
        const i = start + (reverse ? n - 1 - p : p) * step;
        total = whole ? (total + x.storage[i]) | 0 : total + x.storage[i];
        out.storage[i] = total;
      }
    });
  },
  gradient: (g, { attributes: { axis, reverse } }) => applyOp(cumsumOp, [g], { axis, reverse: !reverse }),
  lower: ({ axis, reverse }) => ({ kind: "axisLoop", loop: "cumsum", axes: { first: axis, last: axis }, reverse }),
});

/**
 * The running sum along an axis: element i is the sum of elements 0 to i.
 *
 * @throws ValueError for an axis that the tensor does not have.
 * @example cumsum([1, 2, 3], 0); // [1, 3, 6]
 */
export function cumsum(x: TensorLike, axis: number, options: { reverse?: boolean } = {}): Tensor {
  checkOptions("cumsum", options, ["reverse"]);
  const { reverse = false } = options;
  const input = asTensor(x);
  return applyOp(cumsumOp, [input], { axis: normalizeAxis("cumsum", axis, input.rank), reverse });
}

/** How many elements along the axes are true (not 0), in int32. @example countNonZero([0, 3, 1]); // 2 */
export function countNonZero(x: TensorLike, axis?: Axes, options: ReduceOptions = {}): Tensor {
  checkOptions("countNonZero", options, reduceOptions);
  return sum(logicalNot(logicalNot(x)), axis, options);
}

/** What explanations say of these ops. */
export const reduceFormulas: Formulas = {
  max: {
    text: ["max a[i]", "∂y/∂a[i] = 1 if a[i] is the largest, shared at a tie, else 0"],
    tex: [
      "\\max_i a_i",
      "\\frac{\\partial y}{\\partial a_i} = 1 \\text{ if } a_i = y \\text{, shared at a tie, else } 0",
    ],
    sends: { text: ["g, to the largest a[i]"], tex: ["g \\text{, to the largest } a_i"] },
  },
  min: {
    text: ["min a[i]", "∂y/∂a[i] = 1 if a[i] is the smallest, shared at a tie, else 0"],
    tex: [
      "\\min_i a_i",
      "\\frac{\\partial y}{\\partial a_i} = 1 \\text{ if } a_i = y \\text{, shared at a tie, else } 0",
    ],
    sends: { text: ["g, to the smallest a[i]"], tex: ["g \\text{, to the smallest } a_i"] },
  },
  prod: {
    text: ["Π a[i]", "∂y/∂a[i] = Π a[j] over j ≠ i"],
    tex: ["\\prod_i a_i", "\\frac{\\partial y}{\\partial a_i} = \\prod_{j \\neq i} a_j"],
    sends: { text: ["g · Π a[j] over j ≠ i"], tex: ["g \\prod_{j \\neq i} a_j"] },
  },
  logSumExp: {
    text: ["log(Σ exp(a[i]))", "∂y/∂a[i] = exp(a[i] - y)"],
    tex: ["\\log \\sum_i e^{a_i}", "\\frac{\\partial y}{\\partial a_i} = e^{a_i - y}"],
    sends: { text: ["g · exp(a[i] - y)"], tex: ["g e^{a_i - y}"] },
  },
  cumsum: (attributes) => {
    const [to, from, toTex, fromTex] = (attributes as Running).reverse
      ? ["≥", "≤", "\\ge", "\\le"]
      : ["≤", "≥", "\\le", "\\ge"];
    return {
      text: [`Σ a[j] over j ${to} i`, `∂y[i]/∂a[j] = 1 if j ${to} i, else 0`],
      tex: [
        `\\sum_{j ${toTex} i} a_j`,
        `\\frac{\\partial y_i}{\\partial a_j} = 1 \\text{ if } j ${toTex} i \\text{, else } 0`,
      ],
      sends: { text: [`Σ g[i] over i ${from} j`], tex: [`\\sum_{i ${fromTex} j} g_i`] },
    };
  },
  any: { text: ["whether any a[i] is true"], tex: ["\\bigvee_i a_i"] },
  all: { text: ["whether all a[i] are true"], tex: ["\\bigwedge_i a_i"] },
  argmax: { text: ["the i of the largest a[i]"], tex: ["\\operatorname{argmax}_i a_i"] },
  argmin: { text: ["the i of the smallest a[i]"], tex: ["\\operatorname{argmin}_i a_i"] },
};
