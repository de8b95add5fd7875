/**
 * The float32 matrix product of arrays by the kernel in WebAssembly: operands are copied into its memory and back.
 *
 * Copying costs a few percent of a large product; packing in TypeScript instead took half of the time of one with 64
 * rows. Multiply and add are rounded separately, so that eager results are the same on every engine.
 */

import type { TypedArray } from "../tensor/dtype.ts";
import { assemble } from "../wasm/assembler.ts";
import { type Gemm, gemmFunctions, gemmScratch } from "../wasm/gemm.ts";
import type { Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import type { Matrix } from "./pack.ts";
import { scratch } from "./scratch.ts";

/** Operands that lie spread over more than this many times their size are gathered element by element. */
const widest = 2;
/** Larger products (in floats) are left to the version without WebAssembly, whose memory ends at 4 GiB. */
const most = 2 ** 28;

/** How a matrix is copied: as it lies, or gathered by rows. */
interface Copy {
  readonly floats: number;
  readonly row: number;
  readonly column: number;
  readonly gathered: boolean;
}

function plan({ row, column }: Matrix, rows: number, columns: number): Copy {
  const extent = (rows - 1) * row + (columns - 1) * column + 1;
  if (row < 0 || column < 0 || extent > widest * rows * columns)
    return { floats: rows * columns, row: columns, column: 1, gathered: true };
  return { floats: extent, row, column, gathered: false };
}

class Engine {
  readonly #heap: Heap;
  readonly #gemm: Gemm;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.#gemm = instantiate<{ gemm: Gemm }>(assemble(gemmFunctions()), heap.memory).gemm;
  }

  #enter(at: number, { data, start, row, column }: Matrix, copy: Copy, rows: number, columns: number): void {
    const view = this.#heap.all("float32");
    if (!copy.gathered) {
      view.set(data.subarray(start, start + copy.floats), at);
      return;
    }
    for (let i = 0, to = at; i < rows; i++)
      for (let j = 0, from = start + i * row; j < columns; j++, from += column) view[to++] = data[from];
  }

  /**
   * Writes the product of `a` (m x k) and `b` (k x n) into `out`, row-major from `start`; false where it is too large.
   */
  multiply(out: TypedArray, start: number, a: Matrix, b: Matrix, m: number, n: number, k: number): boolean {
    if (m * n * k === 0) {
      out.fill(0, start, start + m * n);
      return true;
    }
    const [copyA, copyB] = [plan(a, m, k), plan(b, k, n)];
    // Operands that begin at multiples of four floats, as blocks do, are read without crossing cache lines.
    const [floatsA, floatsB, floatsC] = [copyA.floats, copyB.floats, m * n].map(aligned);
    const total = floatsA + floatsB + floatsC + gemmScratch(n, k) / 4;
    if (total > most) return false;
    const heap = this.#heap;
    const block = heap.allocate(total * 4);
    const [atB, atC, rest] = [floatsA, floatsA + floatsB, floatsA + floatsB + floatsC].map((at) => block + at * 4);
    this.#enter(block / 4, a, copyA, m, k);
    this.#enter(atB / 4, b, copyB, k, n);
    this.#gemm(block, copyA.row, copyA.column, atB, copyB.row, copyB.column, atC, n, m, n, k, rest, 0, 0);
    out.set(heap.view("float32", atC, m * n), start);
    heap.free(block, total * 4);
    return true;
  }
}

function aligned(floats: number): number {
  return Math.ceil(floats / 16) * 16;
}

let engine: Engine | null | undefined;

/** The product's WebAssembly version, or null where WebAssembly or its SIMD is missing or forbidden. */
export function wasmMultiply(): Engine | null {
  if (engine === undefined) {
    const heap = scratch();
    engine = heap && new Engine(heap);
  }
  return engine;
}
