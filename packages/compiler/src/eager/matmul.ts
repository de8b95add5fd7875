/**
 * The matrix product of arrays of floats by the kernel in WebAssembly: operands are copied into its memory and back.
 *
 * Copying costs a few percent of a large product; packing in TypeScript instead took half of the time of one with 64
 * rows. Multiply and add are rounded separately, so that eager results are the same on every engine.
 */

import type { TypedArray } from "@chainrule/core";
import { type Matrix, type Multiply, multiply } from "@chainrule/core/internal";
import { bytesPer, type Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import { type Gemm, gemmNames, gemmScratch } from "../wasm/kernels/gemm.ts";
import { kernelBytes } from "../wasm/kernels/modules.ts";
import { scratch, scratchBlock } from "./scratch-heap.ts";

/** Operands that lie spread over more than this many times their size are gathered element by element. */
const widest = 2;
/** Larger products (in numbers) are left to the version without WebAssembly, whose memory ends at 4 GiB. */
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

class ProductKernel {
  readonly #heap: Heap;
  readonly #dtype: "float32" | "float64";
  readonly #gemm: Gemm;

  constructor(heap: Heap, dtype: "float32" | "float64") {
    this.#heap = heap;
    this.#dtype = dtype;
    const functions = instantiate<Record<string, Gemm>>(kernelBytes(gemmNames[dtype]), heap.memory);
    this.#gemm = functions[gemmNames[dtype]];
  }

  #copyIn(at: number, { data, start, row, column }: Matrix, copy: Copy, rows: number, columns: number): void {
    const view = this.#heap.all(this.#dtype);
    if (!copy.gathered) {
      view.set(copy.floats === data.length ? data : data.subarray(start, start + copy.floats), at);
      return;
    }
    for (let i = 0, to = at; i < rows; i++)
      for (let j = 0, from = start + i * row; j < columns; j++, from += column) view[to++] = data[from];
  }

  /**
   * Writes the product of `a` (m x k) and `b` (k x n) into `out`, row-major from `start`; false where there is no room.
   */
  multiply(out: TypedArray, start: number, a: Matrix, b: Matrix, m: number, n: number, k: number): boolean {
    if (m * n * k === 0) {
      out.fill(0, start, start + m * n);
      return true;
    }
    const copyA = plan(a, m, k);
    const copyB = plan(b, k, n);
    // Operands that begin at multiples of four floats, as blocks do, are read without crossing cache lines.
    const [toB, toC] = [aligned(copyA.floats), aligned(copyA.floats) + aligned(copyB.floats)];
    const toRest = toC + aligned(m * n);
    const bytes = bytesPer(this.#dtype);
    const total = toRest + gemmScratch(n, k, this.#dtype) / bytes;
    if (total > most) return false;
    const block = scratchBlock(total * bytes);
    if (block === 0) return false;
    const at = block / bytes;
    this.#copyIn(at, a, copyA, m, k);
    this.#copyIn(at + toB, b, copyB, k, n);
    const [atB, atC, rest] = [block + toB * bytes, block + toC * bytes, block + toRest * bytes];
    this.#gemm(block, copyA.row, copyA.column, atB, copyB.row, copyB.column, atC, n, m, n, k, rest, 0, 0);
    this.#heap.read(this.#dtype, atC, out, start, m * n);
    return true;
  }
}

function aligned(floats: number): number {
  return Math.ceil(floats / 16) * 16;
}

const engines = new Map<"float32" | "float64", ProductKernel | null>();

/** The product's WebAssembly version, or null where WebAssembly or its SIMD is missing or forbidden. */
export function wasmMultiply(dtype: "float32" | "float64"): ProductKernel | null {
  let engine = engines.get(dtype);
  if (engine === undefined) {
    const heap = scratch();
    engine = heap && new ProductKernel(heap, dtype);
    engines.set(dtype, engine);
  }
  return engine;
}

/** Below this many multiplications, copying to another memory costs more than it saves: more for doubles, twice as long. */
const smallProduct = 128;
const smallDoubleProduct = 512;

/** Writes the product of two matrices into `out`: in WebAssembly where that is faster, else by the plain kernel. */
export const fastMultiply: Multiply = (out, start, a, b, m, n, k) => {
  const terms = m * n * k;
  if (out instanceof Float32Array && terms > smallProduct) {
    if (wasmMultiply("float32")?.multiply(out, start, a, b, m, n, k)) return;
  } else if (out instanceof Float64Array && terms > smallDoubleProduct) {
    if (wasmMultiply("float64")?.multiply(out, start, a, b, m, n, k)) return;
  }
  multiply(out, start, a, b, m, n, k);
};
