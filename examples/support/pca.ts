/**
 * Principal components: the directions in which the data varies most, the baseline of everything that compresses.
 */
import { noGrad, type Tensor, tensor } from "chainrule";

export interface Components {
  /** The mean of the rows, [d]. */
  mean: Tensor;
  /** The directions, each of length 1, [k, d]. */
  directions: Tensor;
  /** The share of the variance that lies in each direction, the largest first. */
  shares: number[];
  /** The coordinates of rows in these directions, [n, d] to [n, k]. */
  project(x: Tensor): Tensor;
  /** The rows with these coordinates, [n, k] to [n, d]. */
  restore(z: Tensor): Tensor;
}

/**
 * The first k principal components of the rows of x, [n, d].
 *
 * They are the eigenvectors of the covariance matrix with the largest eigenvalues.
 */
export function pca(x: Tensor, k: number): Components {
  return noGrad(() => {
    const mean = x.mean(0);
    const centred = x.sub(mean).cast("float64");
    const covariance = centred.T.matmul(centred).div(x.shape[0]).toArray(2);
    const { values, vectors } = eigen(covariance);
    const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a]);
    const total = values.reduce((sum, value) => sum + value, 0);
    const largest = order.slice(0, k);
    const directions = tensor(
      largest.map((i) => vectors.map((row) => row[i])),
      { dtype: x.dtype },
    );
    return {
      mean,
      directions,
      shares: largest.map((i) => values[i] / total),
      project: (rows) => rows.sub(mean).matmul(directions.T),
      restore: (z) => z.matmul(directions).add(mean),
    };
  });
}

/**
 * The eigenvalues of a symmetric matrix, and its eigenvectors as columns.
 *
 * Source: Jacobi 1846: each rotation makes one pair of numbers beside the diagonal 0, until all are. The formulas are
 * those of Golub & Van Loan, "Matrix Computations", section 8.5.
 */
export function eigen(symmetric: readonly (readonly number[])[]): { values: number[]; vectors: number[][] } {
  const a = symmetric.map((row) => [...row]);
  const n = a.length;
  const vectors = a.map((_, i) => a.map((_, j) => Number(i === j)));
  const size = a.flat().reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < 100 && beside(a) > 1e-26 * size; sweep++)
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, p, q);
  return { values: a.map((row, i) => row[i]), vectors };
}

/** The sum of squares beside the diagonal. */
function beside(a: readonly (readonly number[])[]): number {
  return a.flatMap((row, i) => row.filter((_, j) => j !== i)).reduce((sum, value) => sum + value * value, 0);
}

/** Turns the plane of axes p and q so that a[p][q] becomes 0. */
function rotate(a: number[][], vectors: number[][], p: number, q: number): void {
  if (a[p][q] === 0) return;
  const tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const tangent = Math.sign(tau || 1) / (Math.abs(tau) + Math.hypot(1, tau));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = tangent * cosine;
  for (const rows of [a, vectors])
    for (const row of rows) [row[p], row[q]] = [cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]];
  const [before, after] = [[...a[p]], [...a[q]]];
  a[p] = before.map((value, j) => cosine * value - sine * after[j]);
  a[q] = before.map((value, j) => sine * value + cosine * after[j]);
}
