/**
 * Eigenvalues and eigenvectors of one symmetric matrix, by Jacobi's rotations in double precision.
 */

/** More are never needed: each sweep squares what is left off the diagonal. */
const mostSweeps = 60;

/** Eigenvalues in ascending order; eigenvectors as columns of `v`, each with its largest element above 0. */
export interface Eigen {
  readonly w: Float64Array;
  readonly v: Float64Array;
}

/** Of the symmetric part of `a`, which it overwrites. */
export function eigenOf(a: Float64Array, n: number): Eigen {
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    v[i * n + i] = 1;
    for (let j = 0; j < i; j++) a[i * n + j] = a[j * n + i] = (a[i * n + j] + a[j * n + i]) / 2;
  }
  for (let sweep = 0; sweep < mostSweeps && !isDiagonal(a, n); sweep++)
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  return ordered(a, v, n);
}

/** Whether what is off the diagonal is nothing beside what is on it. */
function isDiagonal(a: Float64Array, n: number): boolean {
  for (let p = 0; p < n; p++)
    for (let q = p + 1; q < n; q++) {
      const off = Math.abs(a[p * n + q]);
      if (off > 0 && off > 1e-18 * Math.sqrt(Math.abs(a[p * n + p]) * Math.abs(a[q * n + q]))) return false;
    }
  return true;
}

/** Makes element (p, q) 0 by a rotation in the plane of the two (Golub & Van Loan, section 8.5). */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const off = a[p * n + q];
  if (off === 0) return;
  const [dp, dq] = [a[p * n + p], a[q * n + q]];
  // So small that neither diagonal element feels it.
  if (Math.abs(dp) + Math.abs(off) === Math.abs(dp) && Math.abs(dq) + Math.abs(off) === Math.abs(dq)) {
    a[p * n + q] = a[q * n + p] = 0;
    return;
  }
  const theta = (dq - dp) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(1, theta));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  for (let i = 0; i < n; i++) {
    turn(a, i * n + p, i * n + q, c, s);
    turn(v, i * n + p, i * n + q, c, s);
  }
  for (let i = 0; i < n; i++) turn(a, p * n + i, q * n + i, c, s);
  a[p * n + q] = a[q * n + p] = 0;
}

/** Rotates two numbers. */
export function turn(x: Float64Array, i: number, j: number, c: number, s: number): void {
  const [xi, xj] = [x[i], x[j]];
  x[i] = c * xi - s * xj;
  x[j] = s * xi + c * xj;
}

function ordered(a: Float64Array, v: Float64Array, n: number): Eigen {
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[i * n + i] - a[j * n + j]);
  const w = Float64Array.from(order, (i) => a[i * n + i]);
  const columns = new Float64Array(n * n);
  for (const [j, from] of order.entries()) {
    const sign = signOfLargest(v, n, n, from);
    for (let i = 0; i < n; i++) columns[i * n + j] = sign * v[i * n + from];
  }
  return { w, v: columns };
}

/** The sign of the largest element of a column: which way vectors point is a matter of taste, and this is one. */
export function signOfLargest(x: Float64Array, rows: number, columns: number, column: number): number {
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    const value = x[i * columns + column];
    if (Math.abs(value) > Math.abs(largest)) largest = value;
  }
  return largest < 0 ? -1 : 1;
}
