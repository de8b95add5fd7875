/**
 * The float32 matrix product in WebAssembly with SIMD: the tile loop is assembled here, packing stays in TypeScript.
 *
 * A tile is 4 rows by 8 columns: eight vectors of running sums, which with two of B and one of A fit the sixteen
 * registers of x64. Unrolling the loop over k, or larger tiles, make V8 spill registers and run at half the speed.
 */

import type { TypedArray } from "../tensor/dtype.ts";
import { assemble, type Code } from "../wasm/assembler.ts";
import { createMemory, instantiate } from "../wasm/host.ts";
import { type Matrix, pack } from "./pack.ts";

const tileRows = 4;
const tileColumns = 8;
/** A panel of B of this depth takes 8 KiB, a block of A 64 KiB: the first and second cache. */
const depth = 256;
const rowBlock = 64;
const page = 65536;

type TileLoop = (
  a: number,
  b: number,
  c: number,
  rowPanels: number,
  columnPanels: number,
  k: number,
  add: number,
) => void;

/**
 * C = A B (or C += A B) for packed panels: A as [row panels][k][4], B as [column panels][k][8], C row-major, its rows
 * padded to whole panels. Addresses in bytes.
 */
function tileLoop(code: Code): void {
  const [a, b, c, rowPanels, columnPanels, k, add] = [0, 1, 2, 3, 4, 5, 6];
  const [pa, pb, pc, rows, count, stride] = Array.from({ length: 6 }, () => code.local("i32"));
  const sums = Array.from({ length: 8 }, () => code.local("v128"));
  const [b0, b1, spread] = [code.local("v128"), code.local("v128"), code.local("v128")];
  code
    .get(columnPanels)
    .int(tileColumns * 4)
    .op("i32.mul")
    .set(stride);
  code.repeat(columnPanels, () => {
    code.get(a).set(pa).get(c).set(pc).get(rowPanels).set(rows);
    code.repeat(rows, () => {
      for (const sum of sums) code.zero128().set(sum);
      code.get(b).set(pb).get(k).set(count);
      code.repeat(count, () => {
        code.get(pb).access("v128.load").set(b0).get(pb).access("v128.load", 16).set(b1);
        for (let row = 0; row < tileRows; row++) {
          code
            .get(pa)
            .access("v128.load32_splat", row * 4)
            .set(spread);
          code
            .get(sums[2 * row])
            .get(spread)
            .get(b0)
            .op("f32x4.mul", "f32x4.add")
            .set(sums[2 * row]);
          code
            .get(sums[2 * row + 1])
            .get(spread)
            .get(b1)
            .op("f32x4.mul", "f32x4.add")
            .set(sums[2 * row + 1]);
        }
        code.advance(pa, tileRows * 4).advance(pb, tileColumns * 4);
      });
      const store = (accumulate: boolean) => {
        for (let row = 0; row < tileRows; row++) {
          for (const half of [0, 1]) {
            code.get(pc);
            if (accumulate) code.get(pc).access("v128.load", half * 16);
            code.get(sums[2 * row + half]);
            if (accumulate) code.op("f32x4.add");
            code.access("v128.store", half * 16);
          }
          code.get(pc).get(stride).op("i32.add").set(pc);
        }
      };
      code.get(add).branch(
        () => store(true),
        () => store(false),
      );
    });
    code
      .get(pb)
      .set(b)
      .advance(c, tileColumns * 4);
  });
}

class Engine {
  readonly #memory = createMemory(16);
  readonly #tiles: TileLoop;
  #view = new Float32Array(this.#memory.buffer);

  constructor() {
    const parameters = new Array<"i32">(7).fill("i32");
    const bytes = assemble([{ name: "tiles", parameters, body: tileLoop }]);
    this.#tiles = instantiate<{ tiles: TileLoop }>(bytes, this.#memory).tiles;
  }

  /** Makes room for so many floats. */
  #reserve(floats: number): Float32Array {
    const missing = floats * 4 - this.#memory.buffer.byteLength;
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / page));
      this.#view = new Float32Array(this.#memory.buffer);
    }
    return this.#view;
  }

  multiply(out: TypedArray, start: number, a: Matrix, b: Matrix, m: number, n: number, k: number): void {
    if (k === 0) {
      out.fill(0, start, start + m * n);
      return;
    }
    const columns = Math.ceil(n / tileColumns) * tileColumns;
    const atA = columns * k;
    const atC = atA + rowBlock * depth;
    const view = this.#reserve(atC + rowBlock * columns);
    for (let from = 0; from < k; from += depth)
      pack(
        view,
        from * columns,
        tileColumns,
        b.data,
        b.start + from * b.row,
        b.column,
        b.row,
        n,
        Math.min(depth, k - from),
      );
    for (let top = 0; top < m; top += rowBlock) {
      const rows = Math.min(rowBlock, m - top);
      for (let from = 0; from < k; from += depth) {
        const inner = Math.min(depth, k - from);
        pack(view, atA, tileRows, a.data, a.start + top * a.row + from * a.column, a.row, a.column, rows, inner);
        const panels = Math.ceil(rows / tileRows);
        this.#tiles(atA * 4, from * columns * 4, atC * 4, panels, columns / tileColumns, inner, from > 0 ? 1 : 0);
      }
      for (let i = 0; i < rows; i++)
        out.set(view.subarray(atC + i * columns, atC + i * columns + n), start + (top + i) * n);
    }
  }
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
