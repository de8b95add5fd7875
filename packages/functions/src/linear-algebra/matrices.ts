/**
 * What the functions of matrices share: their arguments, checked, and loops over the matrices of a batch.
 */

import type { KernelOperand, TensorSpec } from "@chainrule/core";
import {
  asTensor,
  broadcastShapes,
  broadcastTo,
  cast,
  eye,
  getDefaultDType,
  isFloat,
  promote,
  ShapeError,
  type Tensor,
  type TensorLike,
  ValueError,
  where,
} from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";

/** A tensor of floats with at least two axes, of which the last two are rows and columns. */
export function asMatrices(name: string, x: TensorLike): Tensor {
  const given = asTensor(x, name);
  const matrices = isFloat(given.dtype) ? given : cast(given, getDefaultDType());
  if (matrices.rank < 2)
    throw new ShapeError({
      where: name,
      expected: "a matrix, or a batch of them, [.., rows, columns]",
      got: formatShape(matrices.shape),
      hint: matrices.rank === 1 ? "To make a column of a vector, use reshape([-1, 1])." : undefined,
    });
  return matrices;
}

/** {@link asMatrices} with as many rows as columns. */
export function asSquare(name: string, x: TensorLike): Tensor {
  const matrices = asMatrices(name, x);
  const [rows, columns] = matrices.shape.slice(-2);
  if (rows !== columns)
    throw new ShapeError({
      where: name,
      expected: "square matrices, [.., n, n]",
      got: formatShape(matrices.shape),
      hint: name === "solve" || name === "inv" ? "For matrices that are not square there is lstsq." : undefined,
    });
  return matrices;
}

/** A matrix and what stands on the right of its equation, of one dtype, and of as many leading axes. */
export interface System {
  readonly a: Tensor;
  readonly b: Tensor;
  /** Whether the right-hand side was a vector, and the solution is to be one. */
  readonly isVector: boolean;
}

/** Both sides of A X = B, checked and brought together: b is a vector [m], or matrices [.., m, k]. */
export function asSystem(name: string, left: Tensor, right: TensorLike): System {
  const given = asTensor(right, name, left.dtype);
  const dtype = promote(left.dtype, given.dtype);
  const isVector = given.rank === 1;
  const b = cast(isVector ? given.reshape([given.size, 1]) : asMatrices(name, given), dtype);
  const [m] = left.shape.slice(-2);
  if (b.shape.at(-2) !== m)
    throw new ShapeError({
      where: name,
      expected: `a right-hand side with ${m} rows, as the matrix has: [${m}], or [.., ${m}, k]`,
      got: formatShape(given.shape),
      hint:
        given.rank > 1 && given.shape.at(-1) === m
          ? "A batch of vectors has an axis of length 1 at the end: unsqueeze(-1)."
          : undefined,
    });
  const batch = broadcastShapes(name, left.shape.slice(0, -2), b.shape.slice(0, -2));
  const spread = (x: Tensor) => broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  return { a: spread(cast(left, dtype)), b: spread(b), isVector };
}

/** The solutions, vectors where a vector was asked for. */
export function asAsked(x: Tensor, isVector: boolean): Tensor {
  return isVector ? x.reshape(x.shape.slice(0, -1)) : x;
}

/** The spec with other lengths of the last two axes. */
export function withLast({ shape, dtype }: TensorSpec, ...last: readonly number[]): TensorSpec {
  return { shape: [...shape.slice(0, -2), ...last], dtype };
}

/** How many matrices there are in front of the last two axes. */
export function countOf({ shape }: TensorSpec): number {
  return shape.slice(0, -2).reduce((total, n) => total * n, 1);
}

/** Matrix `i` of the batch, in double precision, row by row; a copy. */
export function matrixAt({ shape, storage }: KernelOperand, i: number): Float64Array {
  const [rows, columns] = shape.slice(-2);
  const size = rows * columns;
  return Float64Array.from(storage.subarray(i * size, (i + 1) * size));
}

/** Of which matrix an error tells: nothing where there is one, else its place in the batch. */
export function placeIn({ shape }: TensorSpec, i: number): string {
  const batch = shape.slice(0, -2);
  if (batch.length === 0) return "";
  let rest = i;
  const place = batch.map(() => 0);
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    place[axis] = rest % batch[axis];
    rest = Math.floor(rest / batch[axis]);
  }
  return ` at [${place.join(", ")}]`;
}

/** Ones on the diagonal, as truth values. */
function diagonal(n: number): Tensor {
  return eye(n, n, { dtype: "bool" });
}

/** Matrices with x [.., n] on the diagonal. */
export function diagonalMatrix(x: Tensor): Tensor {
  return where(diagonal(x.shape.at(-1)!), x.unsqueeze(-1), 0);
}

/** The lower triangle, what is on the diagonal times a factor. */
export function lowerTriangle(x: Tensor, diagonalFactor = 1): Tensor {
  const one = diagonal(x.shape.at(-1)!);
  const below = one.cast("int32").cumsum(0).cast("bool");
  return where(one, x.mul(diagonalFactor), where(below, x, 0));
}

/** Throws for NaN and infinities, which iterations would not come to an end with. */
export function refuseNotFinite(name: string, matrix: Float64Array, spec: TensorSpec, i: number): void {
  const odd = matrix.find((x) => !Number.isFinite(x));
  if (odd !== undefined)
    throw new ValueError({
      where: name,
      expected: "finite numbers",
      got: `${odd} in a matrix${placeIn(spec, i)}`,
    });
}
