/**
 * Reading and adding at positions that the data names: embeddings, labels, sorting.
 */

import { checkOptions, describe, ShapeError, ValueError } from "../errors.ts";
import { forEachRow, splitAtAxes } from "../kernels/reduce.ts";
import { resolveIndex } from "../kernels/resolve-index.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { zeros } from "../tensor/create.ts";
import { applyOp } from "../tensor/dispatch.ts";
import { toNumeric } from "../tensor/dtype.ts";
import type { Op, TensorSpec } from "../tensor/op.ts";
import { formatShape, normalizeAxis, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { asIndices, promoteOperands } from "./define.ts";
import type { Formulas } from "./formulas.ts";
import { builtin } from "./registry.ts";
import { type SliceRange, slice } from "./slice.ts";

export const gatherOp: Op<number> = builtin({
  name: "gather",
  inferShape: ([x, indices], axis) => ({ shape: x.shape.toSpliced(axis, 1, ...indices.shape), dtype: x.dtype }),
  kernel: (out, [x, indices], axis) => {
    const { outer, n, inner } = splitAtAxes(x.shape, { first: axis, last: axis });
    const count = indices.storage.length;
    for (let i = 0; i < outer; i++)
      for (let j = 0; j < count; j++) {
        const from = (i * n + resolveIndex("gather", indices.storage[j], n)) * inner;
        out.storage.set(x.storage.subarray(from, from + inner), (i * count + j) * inner);
      }
  },
  gradient: [
    (g, { inputs: [x, indices], attributes: axis }) => applyOp(indexAddOp, [g, indices], { axis, shape: x.shape }),
    () => null,
  ],
  lower: (axis) => ({ kind: "indexing", indexing: "gather", axis }),
});

/** The reverse of gather: slices of `g` added up, in zeros of `shape`, at the positions named. */
export const indexAddOp: Op<{ readonly axis: number; readonly shape: Shape }> = builtin({
  name: "indexAdd",
  inferShape: ([g], { shape }) => ({ shape, dtype: g.dtype }),
  kernel: (out, [g, indices], { axis, shape }) => {
    const { outer, n, inner } = splitAtAxes(shape, { first: axis, last: axis });
    const count = indices.storage.length;
    for (let i = 0; i < outer; i++)
      for (let j = 0; j < count; j++) {
        const to = (i * n + resolveIndex("gather", indices.storage[j], n)) * inner;
        const from = (i * count + j) * inner;
        for (let k = 0; k < inner; k++) out.storage[to + k] += g.storage[from + k];
      }
  },
  gradient: [(g, { inputs: [, indices], attributes: { axis } }) => applyOp(gatherOp, [g, indices], axis), () => null],
  lower: ({ axis }) => ({ kind: "indexing", indexing: "indexAdd", axis }),
});

/**
 * The slices of `x` at the indices along an axis: rows of a table, as an embedding looks them up.
 *
 * Shape: x [.., n, ..], indices any shape S; result [.., ...S, ..].
 *
 * @throws ValueError for indices that are fractional or not there.
 * @example gather([[1, 2], [3, 4]], [1, 1, 0]); // [[3, 4], [3, 4], [1, 2]]
 */
export function gather(x: TensorLike, indices: TensorLike, axis = 0): Tensor {
  const input = asTensor(x);
  return applyOp(gatherOp, [input, asIndices("gather", indices)], normalizeAxis("gather", axis, input.rank));
}

export const takeAlongAxisOp: Op<number> = builtin({
  name: "takeAlongAxis",
  inferShape: ([x, indices], axis) => {
    checkAlong("takeAlongAxis", x, indices, axis);
    return { shape: indices.shape, dtype: x.dtype };
  },
  kernel: (out, [x, indices], axis) => {
    eachPair("takeAlongAxis", x, indices, axis, (full, at) => {
      out.storage[at] = x.storage[full];
    });
  },
  gradient: [
    (g, { inputs: [x, indices], attributes: axis }) =>
      applyOp(scatterAddOp, [zeros(x.shape, { dtype: g.dtype }), indices, g], axis),
    () => null,
  ],
  lower: (axis) => ({ kind: "indexing", indexing: "takeAlongAxis", axis }),
});

export const scatterAddOp: Op<number> = builtin({
  name: "scatterAdd",
  inferShape: ([x, indices, source], axis) => {
    checkAlong("scatterAdd", x, indices, axis);
    if (formatShape(source.shape) !== formatShape(indices.shape))
      throw new ShapeError({
        where: "scatterAdd",
        expected: `one value for each index, ${formatShape(indices.shape)}`,
        got: formatShape(source.shape),
      });
    return x;
  },
  kernel: (out, [x, indices, source], axis) => {
    out.storage.set(x.storage);
    eachPair("scatterAdd", x, indices, axis, (full, at) => {
      out.storage[full] += source.storage[at];
    });
  },
  gradient: [(g) => g, () => null, (g, { inputs: [, indices], attributes: axis }) => takeAlongAxis(g, indices, axis)],
  lower: (axis) => ({ kind: "indexing", indexing: "scatterAdd", axis }),
});

function checkAlong(where: string, x: TensorSpec, indices: TensorSpec, axis: number): void {
  if (x.shape.length !== indices.shape.length || x.shape.some((n, a) => a !== axis && n !== indices.shape[a]))
    throw new ShapeError({
      where,
      expected: `indices that differ from ${formatShape(x.shape)} only along axis ${axis}`,
      got: formatShape(indices.shape),
    });
}

/** For every index, the position in `x` that it names and its own position. */
function eachPair(
  where: string,
  x: TensorSpec,
  indices: TensorSpec & { readonly storage: ArrayLike<number> },
  axis: number,
  visit: (full: number, at: number) => void,
): void {
  const { outer, n, inner } = splitAtAxes(x.shape, { first: axis, last: axis });
  const count = indices.shape[axis];
  for (let i = 0, at = 0; i < outer; i++)
    for (let p = 0; p < count; p++)
      for (let j = 0; j < inner; j++, at++)
        visit((i * n + resolveIndex(where, indices.storage[at], n)) * inner + j, at);
}

/**
 * One element for each index, chosen along an axis: result[i, j] = x[i, indices[i, j]] for the last axis.
 *
 * @throws ShapeError where x and indices differ along another axis; ValueError for indices that are not there.
 * @example takeAlongAxis([[1, 2], [3, 4]], [[1], [0]], 1); // [[2], [3]]
 */
export function takeAlongAxis(x: TensorLike, indices: TensorLike, axis = -1): Tensor {
  const input = asTensor(x);
  return applyOp(
    takeAlongAxisOp,
    [input, asIndices("takeAlongAxis", indices)],
    normalizeAxis("takeAlongAxis", axis, input.rank),
  );
}

/**
 * `x` with each value added at the position that its index names along an axis; several may name one position.
 *
 * @throws ShapeError where shapes differ along another axis; ValueError for indices that are not there.
 * @example scatterAdd([0, 0, 0], [2, 2, 0], [1, 2, 3], 0); // [3, 0, 3]
 */
export function scatterAdd(x: TensorLike, indices: TensorLike, values: TensorLike, axis = -1): Tensor {
  const [base, source] = promoteOperands("scatterAdd", x, values, toNumeric);
  return applyOp(
    scatterAddOp,
    [base, asIndices("scatterAdd", indices), source],
    normalizeAxis("scatterAdd", axis, base.rank),
  );
}

interface Order {
  readonly axis: number;
  readonly descending: boolean;
  /** Where NaN goes; last unless it is to count as the largest of a descending order. */
  readonly nanFirst?: boolean;
}

export const argsortOp: Op<Order> = builtin({
  name: "argsort",
  inferShape: ([x]) => ({ shape: x.shape, dtype: "int32" }),
  kernel: (out, [x], { axis, descending, nanFirst = false }) => {
    const axes = { first: axis, last: axis };
    const { n } = splitAtAxes(x.shape, axes);
    const order = new Array<number>(n);
    forEachRow(x.shape, axes, (start, step) => {
      for (let p = 0; p < n; p++) order[p] = p;
      order.sort((p, q) => compare(x.storage[start + p * step], x.storage[start + q * step], descending, nanFirst));
      for (let p = 0; p < n; p++) out.storage[start + p * step] = order[p];
    });
  },
});

/** NaN last either way, as NumPy sorts ascending, or first. */
function compare(a: number, b: number, descending: boolean, nanFirst: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b))
    return (Number(Number.isNaN(a)) - Number(Number.isNaN(b))) * (nanFirst ? -1 : 1);
  return descending ? b - a || 0 : a - b || 0;
}

/** The order in which `sort` and `argsort` put the elements. */
export interface SortOptions {
  descending?: boolean;
}

/**
 * The indices that would sort `x` along an axis; equal elements keep their order, NaN comes last.
 *
 * @example argsort([3, 1, 2]); // [1, 2, 0]
 */
export function argsort(x: TensorLike, axis = -1, options: SortOptions = {}): Tensor {
  checkOptions("argsort", options, ["descending"]);
  const { descending = false } = options;
  const input = asTensor(x);
  return applyOp(argsortOp, [input], { axis: normalizeAxis("argsort", axis, input.rank), descending });
}

/**
 * The elements in ascending order along an axis; the gradient goes where each came from.
 *
 * @example sort([3, 1, 2]); // [1, 2, 3]
 */
export function sort(x: TensorLike, axis = -1, options: SortOptions = {}): Tensor {
  checkOptions("sort", options, ["descending"]);
  const input = asTensor(x);
  return takeAlongAxis(input, argsort(input, axis, options), axis);
}

/**
 * The k largest elements along an axis in descending order, and their indices; NaN counts as larger than all, as in
 * {@link max} and PyTorch.
 *
 * @throws ValueError for a k below 0 or above the length.
 * @example topK([3, 1, 2], 2); // { values: [3, 2], indices: [0, 2] }
 */
export function topK(
  x: TensorLike,
  k: number,
  axis = -1,
  options: { largest?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  checkOptions("topK", options, ["largest"]);
  const { largest = true } = options;
  const input = asTensor(x);
  const along = normalizeAxis("topK", axis, input.rank);
  if (!Number.isInteger(k) || k < 0 || k > input.shape[along])
    throw new ValueError({
      where: "topK",
      expected: `k from 0 to ${input.shape[along]}, the length of axis ${along} of ${formatShape(input.shape)}`,
      got: describe(k),
    });
  const order = applyOp(argsortOp, [input], { axis: along, descending: largest, nanFirst: largest });
  const indices = slice(order, ...input.shape.map((_, a): SliceRange => (a === along ? [0, k] : ":")));
  return { values: takeAlongAxis(input, indices, along), indices };
}

const taken = "∂y/∂a = 1 where the element was taken, else 0";
const takenTex = "\\frac{\\partial y}{\\partial a} = 1 \\text{ where the element was taken, else } 0";

/** What explanations say of these ops; indices have no derivative. */
export const indexingFormulas: Formulas = {
  gather: {
    text: ["a[b]", taken, null],
    tex: ["a_{b}", takenTex, null],
    sends: { text: ["g, added up in the rows b"], tex: ["g \\text{, added up in the rows } b"] },
  },
  indexAdd: {
    text: ["a, added up in the rows b of zeros", "∂y/∂a = 1 where the element was added, else 0", null],
    tex: [
      "a \\text{, added up in the rows } b \\text{ of zeros}",
      "\\frac{\\partial y}{\\partial a} = 1 \\text{ where the element was added, else } 0",
      null,
    ],
    sends: { text: ["g[b]"], tex: ["g_{b}"] },
  },
  takeAlongAxis: {
    text: ["a[b]", taken, null],
    tex: ["a_{b}", takenTex, null],
    sends: { text: ["g, added up at the places b"], tex: ["g \\text{, added up at the places } b"] },
  },
  scatterAdd: {
    text: [
      "a, with c added at the places b",
      "∂y/∂a = 1 for an element and itself, else 0",
      null,
      "∂y/∂c = 1 where the element was added, else 0",
    ],
    tex: [
      "a \\text{, with } c \\text{ added at the places } b",
      "\\frac{\\partial y}{\\partial a} = 1 \\text{ for an element and itself, else } 0",
      null,
      "\\frac{\\partial y}{\\partial c} = 1 \\text{ where the element was added, else } 0",
    ],
    sends: { text: ["g", null, "g[b]"], tex: ["g", null, "g_{b}"] },
  },
  argsort: { text: ["the places of a in order"], tex: ["\\operatorname{argsort}(a)"] },
};
