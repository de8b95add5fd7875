/**
 * Triangles and diagonals of matrices.
 */
import {
  arange,
  asTensor,
  normalizeAxis,
  permute,
  reshape,
  ShapeError,
  slice,
  sum,
  type Tensor,
  type TensorLike,
  ValueError,
  where,
  zeros,
} from "@chainrule/core";
import { checkOptions, describe, formatShape } from "@chainrule/core/internal";

/**
 * The lower triangle of a matrix: elements above the k-th diagonal become 0, j > i + k.
 *
 * Shape: [.., m, n] to [.., m, n], where leading axes are batches; the dtype stays.
 *
 * @param k 0 (unless given) is the main diagonal, 1 the one above it, -1 the one below.
 * @throws ShapeError for a tensor with fewer than two axes.
 * @example tril([[1, 2], [3, 4]]); // [[1, 0], [3, 4]]
 */
export function tril(x: TensorLike, k = 0): Tensor {
  return triangle("tril", x, k, (row, column) => column.lessEqual(row.add(k)));
}

/**
 * The upper triangle of a matrix: elements below the k-th diagonal become 0, j < i + k.
 *
 * Shape: [.., m, n] to [.., m, n], where leading axes are batches; the dtype stays.
 *
 * @param k 0 (unless given) is the main diagonal, 1 the one above it, -1 the one below.
 * @throws ShapeError for a tensor with fewer than two axes.
 * @example triu([[1, 2], [3, 4]]); // [[1, 2], [0, 4]]
 */
export function triu(x: TensorLike, k = 0): Tensor {
  return triangle("triu", x, k, (row, column) => column.greaterEqual(row.add(k)));
}

function triangle(name: string, x: TensorLike, k: number, keeps: (row: Tensor, column: Tensor) => Tensor): Tensor {
  const input = asTensor(x, name);
  checkWhole(name, "k", k);
  checkMatrix(name, input);
  const [m, n] = input.shape.slice(-2);
  const kept = keeps(arange(0, m, 1, { dtype: "int32" }).reshape(m, 1), arange(0, n, 1, { dtype: "int32" }));
  return where(kept, input, zeros([], { dtype: input.dtype }));
}

/** Which diagonal of which axes. */
export interface DiagonalOptions {
  /** 0 (unless given) is the main diagonal, 1 the one above it, -1 the one below. */
  offset?: number;
  /** The axis of the rows; the last but one unless given. */
  axis1?: number;
  /** The axis of the columns; the last unless given. */
  axis2?: number;
}

const diagonalOptions = ["offset", "axis1", "axis2"];

/**
 * The diagonal of a matrix, xᵢ,ᵢ₊ₖ for the offset k.
 *
 * Shape: [.., m, n] to [.., length], where leading axes are batches; with other axes (`axis1`, `axis2`) these are gone and the
 * diagonal is last.
 *
 * @throws ShapeError for a tensor with fewer than two axes; ValueError for axes that are the same.
 * @example diagonal([[1, 2], [3, 4]]); // [1, 4]
 */
export function diagonal(x: TensorLike, options: DiagonalOptions = {}): Tensor {
  return diagonalOf("diagonal", x, options);
}

/**
 * The sum of the diagonal, Σ xᵢᵢ.
 *
 * Shape: [.., n, n] to [..], where leading axes are batches; options as of {@link diagonal}.
 *
 * @throws ShapeError for a tensor with fewer than two axes; ValueError for axes that are the same.
 * @example trace([[1, 2], [3, 4]]); // 5
 */
export function trace(x: TensorLike, options: DiagonalOptions = {}): Tensor {
  return sum(diagonalOf("trace", x, options), -1);
}

function diagonalOf(name: string, x: TensorLike, options: DiagonalOptions): Tensor {
  checkOptions(name, options, diagonalOptions);
  const { offset = 0, axis1 = -2, axis2 = -1 } = options;
  const input = asTensor(x, name);
  checkWhole(name, "offset", offset);
  checkMatrix(name, input);
  const rows = normalizeAxis(name, axis1, input.rank);
  const columns = normalizeAxis(name, axis2, input.rank);
  if (rows === columns)
    throw new ValueError({ where: name, expected: "two different axes", got: `${axis1} and ${axis2}` });
  const others = input.shape.flatMap((_, a) => (a === rows || a === columns ? [] : [a]));
  const matrices = permute(input, [...others, rows, columns]);
  const [m, n] = matrices.shape.slice(-2);
  const length = Math.max(0, Math.min(m + Math.min(offset, 0), n - Math.max(offset, 0)));
  const lead = matrices.shape.slice(0, -2);
  const flat = reshape(matrices, [...lead, m * n]);
  // From one element of the diagonal to the next it is a row and one.
  const start = offset >= 0 ? offset : -offset * n;
  const end = length === 0 ? start : start + (length - 1) * (n + 1) + 1;
  return slice(flat, "...", [Math.min(start, m * n), end, n + 1]);
}

function checkMatrix(where: string, x: Tensor): void {
  if (x.rank < 2) throw new ShapeError({ where, expected: "a matrix, or a batch of them", got: formatShape(x.shape) });
}

function checkWhole(where: string, name: string, value: unknown): void {
  if (!Number.isInteger(value))
    throw new ValueError({ where, expected: `${name} as a whole number`, got: describe(value) });
}
