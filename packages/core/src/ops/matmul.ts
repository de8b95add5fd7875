/**
 * The matrix product, with transposed operands and batches.
 */

import { ShapeError } from "../errors.ts";
import { multiplyBatches } from "../kernels/matmul.ts";
import type { TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import { toNumeric } from "../tensor/dtype.ts";
import type { Transposed } from "../tensor/lowering.ts";
import type { Op } from "../tensor/op.ts";
import { formatShape, tryBroadcast } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { promoteOperands } from "./define.ts";
import type { Formulas } from "./formulas.ts";
import { builtin } from "./registry.ts";
import { reshape, sumTo } from "./sum.ts";

/** Inputs have at least two axes; `Transposed` says which of them is to be read with its last two swapped. */
export const matmulOp: Op<Transposed> = builtin({
  name: "matmul",
  inferShape: ([a, b], swap) => {
    const [m, k] = lastTwo(a.shape, swap.a);
    const [k2, n] = lastTwo(b.shape, swap.b);
    if (k !== k2) throw mismatch(a.shape, b.shape, k, k2);
    const batch = tryBroadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
    if (!batch)
      throw new ShapeError({
        where: "matmul",
        expected: "batch axes (all but the last two) that broadcast",
        got: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      });
    return { shape: [...batch, m, n], dtype: a.dtype };
  },
  kernel: multiplyBatches,
  // With C = A B: dA = G Bᵀ and dB = Aᵀ G; where an operand was read transposed, so is its gradient.
  gradient: [
    (g, { inputs: [a, b], attributes: swap }) =>
      sumTo(swap.a ? product(b, g, { a: swap.b, b: true }) : product(g, b, { a: false, b: !swap.b }), a.shape),
    (g, { inputs: [a, b], attributes: swap }) =>
      sumTo(swap.b ? product(g, a, { a: true, b: swap.a }) : product(a, g, { a: !swap.a, b: false }), b.shape),
  ],
  lower: (transposed) => ({ kind: "matmul", transposed }),
});

function product(a: Tensor, b: Tensor, swap: Transposed): Tensor {
  return applyOp(matmulOp, [a, b], swap);
}

function lastTwo(shape: readonly number[], swapped: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2);
  return swapped ? [columns, rows] : [rows, columns];
}

function mismatch(a: readonly number[], b: readonly number[], k: number, k2: number): ShapeError {
  return new ShapeError({
    where: "matmul",
    expected: "inner lengths that are equal, [.., m, k] times [.., k, n]",
    got: `${formatShape(a)} times ${formatShape(b)}, whose inner lengths are ${k} and ${k2}`,
    hint:
      b.at(-1) === k
        ? "Transpose the second: a.matmul(b.transpose())."
        : a.at(-2) === k2
          ? "Transpose the first: a.transpose().matmul(b)."
          : undefined,
  });
}

/**
 * The matrix product, Cᵢⱼ = Σₚ Aᵢₚ Bₚⱼ.
 *
 * Shape: [.., m, k] times [.., k, n] is [.., m, n]; leading axes are batches and broadcast. A vector [k] on the left
 * is a row and on the right a column, and its axis is gone from the result.
 *
 * @throws ShapeError where the inner lengths differ, for scalars, and for batches that do not broadcast.
 *
 * @example
 * matmul([[1, 2], [3, 4]], [[5], [6]]); // [[17], [39]]
 */
export function matmul(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = promoteOperands("matmul", a, b, toNumeric);
  if (x.rank === 0 || y.rank === 0)
    throw new ShapeError({
      where: "matmul",
      expected: "tensors with at least one axis",
      got: `${formatShape(x.shape)} and ${formatShape(y.shape)}`,
      hint: "To multiply by a number, use mul.",
    });
  if (x.shape.at(-1) !== y.shape.at(y.rank === 1 ? 0 : -2))
    throw mismatch(x.shape, y.shape, x.shape.at(-1)!, y.shape.at(y.rank === 1 ? 0 : -2)!);
  const left = x.rank === 1 ? reshape(x, [1, x.size]) : x;
  const right = y.rank === 1 ? reshape(y, [y.size, 1]) : y;
  const result =
    left.rank > 2 && right.rank === 2 ? manyTimesOne(left, right) : product(left, right, { a: false, b: false });
  if (x.rank > 1 && y.rank > 1) return result;
  const shape = [...result.shape];
  if (y.rank === 1) shape.pop();
  if (x.rank === 1) shape.splice(y.rank === 1 ? -1 : -2, 1);
  return reshape(result, shape);
}

/** A batch times one matrix is a single product of all its rows, and so is the matrix's gradient. */
function manyTimesOne(batch: Tensor, one: Tensor): Tensor {
  const rows = reshape(batch, [batch.size === 0 ? rowsOf(batch) : -1, batch.shape.at(-1)!]);
  return reshape(product(rows, one, { a: false, b: false }), [...batch.shape.slice(0, -1), one.shape[1]]);
}

function rowsOf(x: Tensor): number {
  return x.shape.slice(0, -1).reduce((total, n) => total * n, 1);
}

/**
 * The inner product of two vectors, Σ aᵢ bᵢ.
 *
 * @throws ShapeError unless both are vectors of one length.
 * @example dot([1, 2], [3, 4]); // 11
 */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = promoteOperands("dot", a, b, toNumeric);
  if (x.rank !== 1 || y.rank !== 1 || x.size !== y.size)
    throw new ShapeError({
      where: "dot",
      expected: "two vectors of one length",
      got: `${formatShape(x.shape)} and ${formatShape(y.shape)}`,
      hint: "For matrices use matmul.",
    });
  return matmul(x, y);
}

/** The matrix of all products of pairs, aᵢ bⱼ. @example outer([1, 2], [3, 4]); // [[3, 4], [6, 8]] */
export function outer(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = promoteOperands("outer", a, b, toNumeric);
  return reshape(x, [x.size, 1]).mul(reshape(y, [1, y.size]));
}

/** What explanations say of this op, whichever operand it reads transposed. */
export const matmulFormulas: Formulas = {
  matmul: (attributes) => {
    const { a, b } = attributes as Transposed;
    const [at, bt] = [a ? "[k,i]" : "[i,k]", b ? "[j,k]" : "[k,j]"];
    const [ai, bi] = [a ? "k i" : "i k", b ? "j k" : "k j"];
    const t = (name: string, isTransposed: boolean) => (isTransposed ? [`${name}ᵀ`, `${name}^{\\top}`] : [name, name]);
    const [left, right] = [t("a", a), t("b", b)];
    const toA = a ? [t("b", b), t("g", true)] : [t("g", false), t("b", !b)];
    const toB = b ? [t("g", true), t("a", a)] : [t("a", !a), t("g", false)];
    const derivative = (of: string, i: string, is: string, k: string) =>
      `\\frac{\\partial y_{i j}}{\\partial ${of}_{${i}}} = ${is}_{${k}}`;
    return {
      text: [`${left[0]} @ ${right[0]}`, `∂y[i,j]/∂a${at} = b${bt}`, `∂y[i,j]/∂b${bt} = a${at}`],
      tex: [`${left[1]} ${right[1]}`, derivative("a", ai, "b", bi), derivative("b", bi, "a", ai)],
      sends: {
        text: [`${toA[0][0]} @ ${toA[1][0]}`, `${toB[0][0]} @ ${toB[1][0]}`],
        tex: [`${toA[0][1]} ${toA[1][1]}`, `${toB[0][1]} ${toB[1][1]}`],
      },
    };
  },
};
