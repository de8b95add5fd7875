/**
 * Matrix products in two versions: the clear one for small products, and a blocked one.
 *
 * The blocked one has packed panels and a 4x4 tile of running sums. Measured on one core of a 2.5 GHz Xeon, Node 20, 256 square: 2.1 GFLOP/s, where the textbook's triple loop does
 * 0.35. Panels are doubles whatever the inputs are: the engine computes in doubles, and conversion is then paid once.
 */
import type { TypedArray } from "../tensor/dtype.ts";
import type { Transposed } from "../tensor/lowering.ts";
import type { KernelOperand } from "../tensor/op.ts";
import { broadcastStrides } from "../tensor/shape.ts";
import { walk } from "./elementwise.ts";
import { type Matrix, pack } from "./pack.ts";

export type { Matrix } from "./pack.ts";

const tile = 4;
/** Lengths of the blocks along the inner axis and the rows: a panel of B (16 KiB) then stays in the first cache. */
const innerBlock = 512;
const rowBlock = 64;
/** Below this many multiplications, packing costs more than it saves. */
const smallProduct = 128;

let packedA = new Float64Array(0);
let packedB = new Float64Array(0);

/** Writes the product of `a` (m x k) and `b` (k x n) into `out`, row-major from `start`. */
export function multiply(out: TypedArray, start: number, a: Matrix, b: Matrix, m: number, n: number, k: number): void {
  if (out instanceof Int32Array) multiplyIntegers(out, start, a, b, m, n, k);
  else if (m === 1 || n === 1 || m * n * k <= smallProduct) multiplySmall(out, start, a, b, m, n, k);
  else multiplyBlocked(out, start, a, b, m, n, k);
}

/** The clear version: each element is one dot product. */
export function multiplySmall(
  out: TypedArray,
  start: number,
  a: Matrix,
  b: Matrix,
  m: number,
  n: number,
  k: number,
): void {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      let ia = a.start + i * a.row;
      let ib = b.start + j * b.column;
      for (let p = 0; p < k; p++) {
        sum += a.data[ia] * b.data[ib];
        ia += a.column;
        ib += b.row;
      }
      out[start + i * n + j] = sum;
    }
}

/** The clear version for int32, whose low 32 bits sums and products in doubles would lose. */
function multiplyIntegers(out: Int32Array, start: number, a: Matrix, b: Matrix, m: number, n: number, k: number): void {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      let ia = a.start + i * a.row;
      let ib = b.start + j * b.column;
      for (let p = 0; p < k; p++) {
        sum = (sum + Math.imul(a.data[ia], b.data[ib])) | 0;
        ia += a.column;
        ib += b.row;
      }
      out[start + i * n + j] = sum;
    }
}

/** The fast version, block by block; tested against the clear one. */
export function multiplyBlocked(
  out: TypedArray,
  start: number,
  a: Matrix,
  b: Matrix,
  m: number,
  n: number,
  k: number,
): void {
  const columns = Math.ceil(n / tile) * tile;
  const depth = Math.min(k, innerBlock);
  if (packedB.length < columns * depth) packedB = new Float64Array(columns * depth);
  if (packedA.length < rowBlock * depth) packedA = new Float64Array(rowBlock * depth);
  out.fill(0, start, start + m * n);
  for (let from = 0; from < k; from += innerBlock) {
    const inner = Math.min(innerBlock, k - from);
    pack(packedB, 0, tile, b.data, b.start + from * b.row, b.column, b.row, n, inner);
    for (let top = 0; top < m; top += rowBlock) {
      const rows = Math.min(rowBlock, m - top);
      pack(packedA, 0, tile, a.data, a.start + top * a.row + from * a.column, a.row, a.column, rows, inner);
      for (let j = 0; j < n; j += tile)
        for (let i = 0; i < rows; i += tile)
          addTile(
            out,
            start + (top + i) * n + j,
            n,
            i * inner,
            j * inner,
            inner,
            Math.min(tile, rows - i),
            Math.min(tile, n - j),
          );
    }
  }
}

/** Adds the product of one panel of A and one of B to a tile of the output; sixteen sums stay in registers. */
// biome-ignore format: sixteen sums are easier to read as the 4x4 tile that they are.
function addTile(
  out: TypedArray, at: number, stride: number, panelA: number, panelB: number,
  inner: number, rows: number, columns: number,
): void {
  const A = packedA;
  const B = packedB;
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0;
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0;
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let p = 0, i = panelA, j = panelB; p < inner; p++, i += 4, j += 4) {
    const a0 = A[i], a1 = A[i + 1], a2 = A[i + 2], a3 = A[i + 3];
    const b0 = B[j], b1 = B[j + 1], b2 = B[j + 2], b3 = B[j + 3];
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
  }
  addRow(out, at, columns, c00, c01, c02, c03);
  if (rows > 1) addRow(out, at + stride, columns, c10, c11, c12, c13);
  if (rows > 2) addRow(out, at + 2 * stride, columns, c20, c21, c22, c23);
  if (rows > 3) addRow(out, at + 3 * stride, columns, c30, c31, c32, c33);
}

function addRow(out: TypedArray, at: number, columns: number, c0: number, c1: number, c2: number, c3: number): void {
  out[at] += c0;
  if (columns > 1) out[at + 1] += c1;
  if (columns > 2) out[at + 2] += c2;
  if (columns > 3) out[at + 3] += c3;
}

/** Writes the product of `a` (m x k) and `b` (k x n) into `out`, row-major from `start`. */
export type Multiply = typeof multiply;

/** The products of two batches of matrices, whose leading axes broadcast; each by `multiplyOne`. */
export function multiplyBatches(
  out: KernelOperand,
  [a, b]: readonly KernelOperand[],
  swap: Transposed,
  multiplyOne: Multiply = multiply,
): void {
  const rank = out.shape.length;
  const [m, n] = [out.shape[rank - 2], out.shape[rank - 1]];
  const k = a.shape[a.shape.length - (swap.a ? 2 : 1)];
  if (rank === 2) {
    multiplyOne(out.storage, 0, matrix(a, 0, swap.a), matrix(b, 0, swap.b), m, n, k);
    return;
  }
  const batch = out.shape.slice(0, -2);
  const strides = [a, b].map((x) =>
    broadcastStrides(x.shape.slice(0, -2), batch).map((stride) => stride * x.shape.at(-1)! * x.shape.at(-2)!),
  );
  walk(batch, strides, (at, [ia, ib]) => {
    multiplyOne(out.storage, at * m * n, matrix(a, ia, swap.a), matrix(b, ib, swap.b), m, n, k);
  });
}

function matrix(x: KernelOperand, start: number, swapped: boolean): Matrix {
  const columns = x.shape[x.shape.length - 1];
  return swapped
    ? { data: x.storage, start, row: 1, column: columns }
    : { data: x.storage, start, row: columns, column: 1 };
}
