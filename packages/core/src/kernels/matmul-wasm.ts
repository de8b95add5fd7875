/**
 * The float32 matrix product of arrays by the kernel in WebAssembly: operands are copied into its memory and back.
 *
 * Copying costs a few percent of a large product; packing in TypeScript instead took half of the time of one with 64
 * rows. Multiply and add are rounded separately, so that eager results are the same on every engine.
 */

import type { TypedArray } from "../tensor/dtype.ts";
import { assemble } from "../wasm/assembler.ts";
import { type Gemm, gemmFunctions, gemmScratch } from "../wasm/gemm.ts";
import { createMemory, instantiate } from "../wasm/host.ts";
import type { Matrix } from "./pack.ts";

const page = 65536;
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
  readonly #memory = createMemory(4);
  readonly #gemm: Gemm;
  #view = new Float32Array(this.#memory.buffer);

  constructor() {
    this.#gemm = instantiate<{ gemm: Gemm }>(assemble(gemmFunctions()), this.#memory).gemm;
  }

  /** Makes room for so many floats. */
  #reserve(floats: number): void {
    const missing = floats * 4 - this.#memory.buffer.byteLength;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / page));
    this.#view = new Float32Array(this.#memory.buffer);
  }

  #enter(at: number, { data, start, row, column }: Matrix, copy: Copy, rows: number, columns: number): void {
    const view = this.#view;
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
    // Vectors are 16 bytes: operands that begin at multiples of four floats are read without crossing cache lines.
    const [atB, atC] = [aligned(copyA.floats), aligned(copyA.floats) + aligned(copyB.floats)];
    const scratch = atC + aligned(m * n);
    const total = scratch + gemmScratch(n, k) / 4;
    if (total > most) return false;
    this.#reserve(total);
    this.#enter(0, a, copyA, m, k);
    this.#enter(atB, b, copyB, k, n);
    this.#gemm(0, copyA.row, copyA.column, atB * 4, copyB.row, copyB.column, atC * 4, n, m, n, k, scratch * 4, 0, 0);
    out.set(this.#view.subarray(atC, atC + m * n), start);
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
    try {
      engine = new Engine();
    } catch {
      engine = null;
    }
  }
  return engine;
}
