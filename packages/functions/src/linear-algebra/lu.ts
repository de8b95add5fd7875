/**
 * LU with partial pivoting of one matrix, in double precision: P A = L U.
 */

/** L below the diagonal (with ones on it), U on and above it, in one matrix. */
export interface LU {
  readonly n: number;
  readonly lu: Float64Array;
  /** Which row of A each row is of. */
  readonly order: Int32Array;
  /** The determinant of P, 1 or -1. */
  readonly sign: number;
  /** Whether a pivot is 0. */
  readonly isSingular: boolean;
}

/** Factors `a`, which it overwrites. */
export function factor(a: Float64Array, n: number): LU {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  let isSingular = false;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[best * n + k])) best = i;
    if (best !== k) {
      sign = -sign;
      [order[k], order[best]] = [order[best], order[k]];
      for (let j = 0; j < n; j++) [a[k * n + j], a[best * n + j]] = [a[best * n + j], a[k * n + j]];
    }
    const pivot = a[k * n + k];
    if (pivot === 0) {
      isSingular = true;
      continue;
    }
    for (let i = k + 1; i < n; i++) {
      const ratio = a[i * n + k] / pivot;
      a[i * n + k] = ratio;
      if (ratio === 0) continue;
      for (let j = k + 1; j < n; j++) a[i * n + j] -= ratio * a[k * n + j];
    }
  }
  return { n, lu: a, order, sign, isSingular };
}

/** X with A X = B, for `b` of k columns. */
export function solveFactored({ n, lu, order }: LU, b: Float64Array, k: number): Float64Array {
  const x = new Float64Array(n * k);
  for (let i = 0; i < n; i++) x.set(b.subarray(order[i] * k, (order[i] + 1) * k), i * k);
  for (let i = 0; i < n; i++) for (let p = 0; p < i; p++) subtractRow(x, i, p, lu[i * n + p], k);
  for (let i = n - 1; i >= 0; i--) {
    for (let p = i + 1; p < n; p++) subtractRow(x, i, p, lu[i * n + p], k);
    for (let c = 0; c < k; c++) x[i * k + c] /= lu[i * n + i];
  }
  return x;
}

function subtractRow(x: Float64Array, to: number, from: number, factor: number, k: number): void {
  for (let c = 0; c < k; c++) x[to * k + c] -= factor * x[from * k + c];
}

/** The determinant's sign (0 where a pivot is 0) and the logarithm of its size. */
export function determinantOf({ n, lu, sign }: LU): { sign: number; log: number } {
  let log = 0;
  let total = sign;
  for (let i = 0; i < n; i++) {
    const pivot = lu[i * n + i];
    log += Math.log(Math.abs(pivot));
    total *= Math.sign(pivot);
  }
  return { sign: total + 0, log };
}

/** The product of the pivots, without the detour over logarithms. */
export function productOf({ n, lu, sign }: LU): number {
  let product = sign;
  for (let i = 0; i < n; i++) product *= lu[i * n + i];
  // Not -0.
  return product + 0;
}
