/**
 * The singular value decomposition of one matrix, A = U S Vᵀ, by one-sided Jacobi rotations in double precision.
 */
import { signOfLargest, turn } from "./jacobi.ts";

/** Thin: `u` [m, k], `s` [k] in descending order, `v` [n, k], with k the smaller of m and n. */
export interface SingularValues {
  readonly u: Float64Array;
  readonly s: Float64Array;
  readonly v: Float64Array;
}

const mostSweeps = 60;
const precision = 2 ** -52;

/** Of `a` [m, n], which it overwrites. Of each column of u the largest element is above 0. */
export function singularValues(a: Float64Array, m: number, n: number): SingularValues {
  // Squares of numbers near the ends of the range would leave it.
  const scale = 2 ** Math.floor(Math.log2(a.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1));
  for (let i = 0; i < a.length; i++) a[i] /= scale;
  const found = m >= n ? tall(a, m, n) : turned(tall(transposed(a, m, n), n, m));
  for (let i = 0; i < found.s.length; i++) found.s[i] *= scale;
  return signed(found, m, n, Math.min(m, n));
}

/** That of the transposed matrix. */
function turned({ u, s, v }: SingularValues): SingularValues {
  return { u: v, s, v: u };
}

function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  const t = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) t[j * rows + i] = a[i * columns + j];
  return t;
}

/** Rotates columns until all are orthogonal: their lengths are the singular values (Hestenes 1958). */
function tall(a: Float64Array, m: number, n: number): SingularValues {
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0, isTurned = true; isTurned && sweep < mostSweeps; sweep++) {
    isTurned = false;
    const largest = Math.max(0, ...Array.from({ length: n }, (_, j) => dot(a, m, n, j, j)));
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) isTurned = orthogonalise(a, v, m, n, p, q, largest) || isTurned;
  }
  return sorted(a, v, m, n);
}

/** Says whether two columns had to be turned. */
function orthogonalise(a: Float64Array, v: Float64Array, m: number, n: number, p: number, q: number, largest: number) {
  const [alpha, beta, gamma] = [dot(a, m, n, p, p), dot(a, m, n, q, q), dot(a, m, n, p, q)];
  // Columns that are nothing but the rounding of others will never be orthogonal, and are made so at the end.
  const nothing = precision * precision * largest;
  if (alpha <= nothing || beta <= nothing || !(Math.abs(gamma) > precision * Math.sqrt(alpha * beta))) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const c = 1 / Math.hypot(1, t);
  const s = c * t;
  for (let i = 0; i < m; i++) turn(a, i * n + p, i * n + q, c, s);
  for (let i = 0; i < n; i++) turn(v, i * n + p, i * n + q, c, s);
  return true;
}

function dot(a: Float64Array, m: number, n: number, p: number, q: number): number {
  let total = 0;
  for (let i = 0; i < m; i++) total += a[i * n + p] * a[i * n + q];
  return total;
}

function sorted(a: Float64Array, v: Float64Array, m: number, n: number): SingularValues {
  const lengths = Array.from({ length: n }, (_, j) => Math.sqrt(dot(a, m, n, j, j)));
  const order = lengths.map((_, j) => j).sort((i, j) => lengths[j] - lengths[i]);
  const [u, right, s] = [new Float64Array(m * n), new Float64Array(n * n), new Float64Array(n)];
  for (const [j, from] of order.entries()) {
    s[j] = lengths[from];
    for (let i = 0; i < n; i++) right[i * n + j] = v[i * n + from];
    for (let i = 0; i < m; i++) u[i * n + j] = a[i * n + from];
    normalise(u, m, n, j, s[j], lengths[order[0]]);
  }
  return { u, s, v: right };
}

/** Makes column j a unit vector, orthogonal to those before it: any such, where it has no length. */
function normalise(u: Float64Array, m: number, n: number, j: number, length: number, largest: number): void {
  if (length > 8 * precision * largest * Math.sqrt(m)) {
    for (let i = 0; i < m; i++) u[i * n + j] /= length;
    return;
  }
  for (let axis = 0; axis < m; axis++) {
    for (let i = 0; i < m; i++) u[i * n + j] = i === axis ? 1 : 0;
    // Twice, so that what rounding left goes, too.
    for (const _ of [1, 2])
      for (let p = 0; p < j; p++) {
        const share = dot(u, m, n, p, j);
        for (let i = 0; i < m; i++) u[i * n + j] -= share * u[i * n + p];
      }
    const left = Math.sqrt(dot(u, m, n, j, j));
    if (left * left * m < 0.5) continue;
    for (let i = 0; i < m; i++) u[i * n + j] /= left;
    return;
  }
}

function signed({ u, s, v }: SingularValues, m: number, n: number, k: number): SingularValues {
  for (let j = 0; j < k; j++) {
    if (signOfLargest(u, m, k, j) > 0) continue;
    for (let i = 0; i < m; i++) u[i * k + j] *= -1;
    for (let i = 0; i < n; i++) v[i * k + j] *= -1;
  }
  return { u, s, v };
}
