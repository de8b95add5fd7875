/**
 * The matrix product of floats or doubles in WebAssembly: blocks that fit the caches, panels, and which kernel serves
 * which shape. Whatever the kernel, an element of C is summed in the same order, so that work can be cut anywhere.
 *
 * After Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication", with sizes as measured.
 */
import { assemble, type Code, type FunctionDefinition } from "../assembler.ts";
import { validates } from "../host.ts";
import { floatLanes, type ProductOptions } from "./float-lanes.ts";
import { Blocks, blockBytes, columnBlock, parameters } from "./gemm-blocks.ts";
import { dotsFunction } from "./gemm-dots.ts";
import { copyFunction, packedFlag } from "./gemm-epilogue.ts";
import { fewFunction, fewWidths } from "./gemm-few.ts";
import { packEightFunction, packFour, packSix } from "./gemm-pack.ts";
import { depth, type TileOptions, tallTileRows, tileFunction, tileRows, tileScratch } from "./gemm-tile.ts";

/**
 * C = A B, from JavaScript or with `code.call("gemm")`.
 *
 * Addresses (`a`, `b`, `c`, `scratch`, `bias`) are in bytes, strides in elements: element (i, j) of A lies at
 * `a + bytes (i aRow + j aColumn)`; C's columns are contiguous. `scratch` has `gemmScratch(n, k)` bytes. `flags` are
 * `accumulateFlag`, `reluFlag` or both. `bias` is the address of n numbers to add to each row, 0 for none.
 *
 * With `packedFlag` B lies in panels, as `panelDepth` has it; `bRow` is then the number of columns that there are in all, a
 * multiple of 8, and `bColumn` the first of the n, one of 16. The inner length must be one that `panelDepth` takes.
 */
export type Gemm = (
  a: number,
  aRow: number,
  aColumn: number,
  b: number,
  bRow: number,
  bColumn: number,
  c: number,
  cRow: number,
  m: number,
  n: number,
  k: number,
  scratch: number,
  flags: number,
  bias: number,
) => void;

/**
 * How deep the panels of a matrix are that is packed for several products: it lies as [k / depth, n / 8, depth, 8]; null where
 * it cannot be packed, for want of whole panels.
 */
export function panelDepth(n: number, k: number): number | null {
  const deep = Math.min(k, depth);
  return k > 0 && k % deep === 0 && n % floatLanes.float32.columns === 0 ? deep : null;
}

/** Bytes of scratch memory that a product of n columns and inner length k takes, whatever its rows. */
export function gemmScratch(n: number, k: number, dtype: keyof typeof floatLanes = "float32"): number {
  const type = floatLanes[dtype];
  const columns = Math.ceil(Math.min(n, columnBlock(type)) / type.columns) * type.columns;
  return tileScratch + blockBytes(type) + columns * Math.min(k, depth) * type.bytes;
}

export interface GemmOptions {
  /** float32 by default. */
  readonly dtype?: keyof typeof floatLanes;
  /** One rounding for multiply and add where the machine can (see `relaxedSimd`). */
  readonly relaxed?: boolean;
}

/** What the product of each dtype is called in programs. */
export const gemmNames = { float32: "gemm", float64: "gemm64" } as const;

/** The functions of a module that multiplies: `gemm` (or `gemm64`, see `gemmNames`) and what it calls. */
export function gemmFunctions({ dtype = "float32", relaxed = false }: GemmOptions = {}): readonly FunctionDefinition[] {
  const type = floatLanes[dtype];
  const options = { type, relaxed };
  return [
    {
      name: gemmNames[dtype],
      parameters: Object.keys(parameters).map(() => "i32"),
      body: (code) => gemm(code, options),
    },
    ...tiles(options).map(tileFunction),
    ...fewWidths.map((columns) => fewFunction(columns, options)),
    copyFunction(type),
    ...(relaxed ? [packSix(type)] : []),
    packFour(type),
    ...(type.lanes === 4 ? [packEightFunction] : []),
    dotsFunction(options),
  ];
}

/** The functions for tiles; with multiply-add, also for tall ones, which read rows of A as fast as panels. */
function tiles(options: ProductOptions): readonly TileOptions[] {
  const four = { ...options, rows: tileRows };
  return [
    { ...four, name: "gemm.packed", packed: true },
    { ...four, name: "gemm.direct", packed: false },
    ...(options.relaxed ? [{ ...options, name: "gemm.tall", rows: tallTileRows, packed: false }] : []),
  ];
}

let hasRelaxed: boolean | undefined;

/** Whether the host has the relaxed multiply-add. */
export function relaxedSimd(): boolean {
  const body = (code: Code) => code.zero128().zero128().zero128().op("f32x4.relaxed_madd", "drop");
  hasRelaxed ??= validates(assemble([{ name: "f", parameters: [], body }]));
  return hasRelaxed;
}

function gemm(code: Code, options: ProductOptions): void {
  const { aRow, aColumn, bRow, bColumn, cRow, m, n } = parameters;
  const { shift, bytes } = options.type;
  for (const stride of [aRow, aColumn, bRow, bColumn, cRow]) code.put(stride, stride, [shift], "i32.shl");
  code.push(m, [1], "i32.lt_s", n, [1], "i32.lt_s", "i32.or").branch(() => code.op("return"));
  asDots(code, bytes);
  new Blocks(code, options).write();
}

/** Products with a single row or column, of rows and a vector that lie side by side: dot products. */
function asDots(code: Code, bytes: number): void {
  const { a, aRow, aColumn, b, bRow, bColumn, c, cRow, m, n, k, scratch, flags, bias } = parameters;
  code.push(aColumn, [bytes], "i32.eq", bRow, [bytes], "i32.eq", "i32.and", flags, [packedFlag], "i32.lt_u", "i32.and");
  code.branch(() => {
    code.push(m, [1], "i32.eq").branch(() => {
      code.push(b, bColumn, a, c, [bytes], n, k, flags, bias, [bytes], scratch).call("gemm.dots").op("return");
    });
    code.push(n, [1], "i32.eq").branch(() => {
      code.push(a, aRow, b, c, cRow, m, k, flags, bias, [0], scratch).call("gemm.dots").op("return");
    });
  });
}
