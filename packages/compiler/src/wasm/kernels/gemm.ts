/**
 * The float32 matrix product in WebAssembly: blocks that fit the caches, panels, and which kernel serves which shape.
 *
 * After Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication", with sizes as measured.
 */
import { assemble, type Code, type FunctionDefinition, numbered, type Term } from "../assembler.ts";
import { validates } from "../host.ts";
import { packEightFunction, packFourFunction, packSixFunction } from "./gemm-pack.ts";
import {
  accumulateFlag,
  copyFunction,
  packedFlag,
  type TileOptions,
  tallTileRows,
  tileColumns,
  tileFunction,
  tileRows,
  tileScratch,
} from "./gemm-tile.ts";
import { matvecFunction } from "./matvec.ts";

/** A panel of B of this depth takes 8 KiB, a block of A 96 KiB: the first and second cache. */
const depth = 256;
const rowBlock = 96;
const columnBlock = 512;
/** With fewer columns than this A is reused too little, with fewer rows B, for packing to pay where there is a choice. */
const packRowsFrom = 32;
const packColumnsFrom = 32;
/** But a B of this many bytes is packed in any case: strides through more than the first cache cost more. */
const packSizeFrom = 32768;
/** With a shorter inner axis what a tall tile costs besides its multiply-adds is not hidden behind them. */
const tallFrom = 48;
const blockBytes = rowBlock * depth * 4;

/**
 * C = A B, from JavaScript or with `code.call("gemm")`.
 *
 * Addresses (`a`, `b`, `c`, `scratch`, `bias`) are in bytes, strides in elements: element (i, j) of A lies at
 * `a + 4 (i aRow + j aColumn)`; C's columns are contiguous. `scratch` has `gemmScratch(n, k)` bytes. `flags` are
 * `accumulateFlag`, `reluFlag` or both. `bias` is the address of n floats to add to each row, 0 for none.
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

const parameters = numbered([
  ...(["a", "aRow", "aColumn", "b", "bRow", "bColumn", "c", "cRow"] as const),
  ...(["m", "n", "k", "scratch", "flags", "bias"] as const),
]);

/**
 * How deep the panels of a matrix are that is packed for several products: it lies as [k / depth, n / 8, depth, 8]; null where
 * it cannot be packed, for want of whole panels.
 */
export function panelDepth(n: number, k: number): number | null {
  const deep = Math.min(k, depth);
  return k > 0 && k % deep === 0 && n % tileColumns === 0 ? deep : null;
}

/** Whether a product of so many rows packs its second matrix, of so many numbers: by columns, where that is how it lies. */
export function packsColumns(m: number, size: number, byColumns: boolean): boolean {
  return m > 1 && (m >= packColumnsFrom || byColumns || size * 4 >= packSizeFrom);
}

/** Bytes of scratch memory that a product of n columns and inner length k takes, whatever its rows. */
export function gemmScratch(n: number, k: number): number {
  const columns = Math.ceil(Math.min(n, columnBlock) / tileColumns) * tileColumns;
  return tileScratch + blockBytes + columns * Math.min(k, depth) * 4;
}

/**
 * The functions of a module that multiplies: `gemm` and what it calls.
 *
 * @param options `relaxed`: one rounding for multiply and add where the machine can (see `relaxedSimd`).
 */
export function gemmFunctions({ relaxed = false }: { relaxed?: boolean } = {}): readonly FunctionDefinition[] {
  return [
    { name: "gemm", parameters: Object.keys(parameters).map(() => "i32"), body: (code) => gemm(code, relaxed) },
    ...tiles(relaxed).map((tile) => tileFunction({ ...tile, relaxed })),
    copyFunction,
    ...(relaxed ? [packSixFunction] : []),
    packFourFunction,
    packEightFunction,
    matvecFunction({ relaxed }),
  ];
}

/** The functions for tiles; with multiply-add, also for tall ones, which read rows of A as fast as panels. */
function tiles(relaxed: boolean): readonly Omit<TileOptions, "relaxed">[] {
  const four = { rows: tileRows };
  return [
    { name: "gemm.packed", ...four, packed: true },
    { name: "gemm.direct", ...four, packed: false },
    ...(relaxed ? [{ name: "gemm.tall", rows: tallTileRows, packed: false }] : []),
  ];
}

let hasRelaxed: boolean | undefined;

/** Whether the host has the relaxed multiply-add. */
export function relaxedSimd(): boolean {
  const body = (code: Code) => code.zero128().zero128().zero128().op("f32x4.relaxed_madd", "drop");
  hasRelaxed ??= validates(assemble([{ name: "f", parameters: [], body }]));
  return hasRelaxed;
}

function gemm(code: Code, relaxed: boolean): void {
  const { aRow, aColumn, bRow, bColumn, cRow, m, n } = parameters;
  for (const stride of [aRow, aColumn, bRow, bColumn, cRow]) code.put(stride, stride, [2], "i32.shl");
  code.push(m, [1], "i32.lt_s", n, [1], "i32.lt_s", "i32.or").branch(() => code.op("return"));
  asVector(code);
  new Blocks(code, relaxed).write();
}

/** Products with a single row or column use each element of the matrix once: packing does not pay. */
function asVector(code: Code): void {
  const { a, aRow, aColumn, b, bRow, bColumn, c, cRow, m, n, k, flags, bias } = parameters;
  code.push(m, [1], "i32.eq", flags, [packedFlag], "i32.lt_u", "i32.and").branch(() => {
    code.push(b, bColumn, bRow, a, aColumn, c, [4], n, k, flags, bias, [4]).call("gemm.vector").op("return");
  });
  code.push(n, [1], "i32.eq").branch(() => {
    code.push(a, aRow, aColumn, b, bRow, c, cRow, m, k, flags, bias, [0]).call("gemm.vector").op("return");
  });
}

/** The loops over blocks: of columns, of the inner axis, of rows. */
class Blocks {
  readonly #code: Code;
  readonly #relaxed: boolean;
  readonly #v;

  constructor(code: Code, relaxed: boolean) {
    this.#code = code;
    this.#relaxed = relaxed;
    this.#v = code.variables(
      ...(["left", "top", "from", "columns", "rows", "tall", "isShort", "inner", "i", "width"] as const),
      ...(["packA", "packB", "panelsA", "panelsB", "fromA", "fromB", "bStep", "to"] as const),
      ...(["tileA", "rowA", "flagsNow", "biasNow", "isGiven"] as const),
    );
  }

  write(): void {
    const code = this.#code;
    const { aColumn, scratch, m, n, k, bRow, bColumn, flags } = parameters;
    const v = this.#v;
    code.put(v.isGiven, flags, [packedFlag], "i32.ge_u").put(flags, flags, [packedFlag - 1], "i32.and");
    code.put(v.panelsA, scratch, [tileScratch], "i32.add").put(v.panelsB, v.panelsA, [blockBytes], "i32.add");
    code.put(v.packB, m, [packColumnsFrom], "i32.ge_s", bColumn, [4], "i32.ne", "i32.or");
    code.put(v.packB, v.packB, k, bRow, "i32.mul", [packSizeFrom], "i32.ge_u", "i32.or", v.isGiven, "i32.or");
    code.put(v.packA, n, [packRowsFrom], "i32.ge_s", v.packB, "i32.and");
    if (this.#relaxed) {
      code.put(v.isShort, k, [tallFrom], "i32.lt_s");
      // Rows whose elements lie side by side are read as fast where they are.
      code.put(v.packA, aColumn, [4], "i32.ne", v.isShort, "i32.or", v.packA, "i32.and");
    }
    code.count(v.left, n, columnBlock, () => {
      this.#smaller(v.columns, n, v.left, columnBlock);
      // Once even where k is 0, so that C is written.
      code.put(v.from, [0]).loop(() => {
        this.#smaller(v.inner, k, v.from, depth);
        this.#epilogueNow();
        code.get(v.isGiven).branch(
          () => this.#givenColumns(),
          () => this.#packColumns(),
        );
        code.count(v.top, m, rowBlock, () => {
          this.#smaller(v.rows, m, v.top, rowBlock);
          if (this.#relaxed) this.#divideRows();
          this.#packRows();
          this.#tiles();
        });
        code.put(v.from, v.from, [depth], "i32.add").push(v.from, k, "i32.lt_s").leaveIf();
      });
    });
  }

  /** min(limit - from, most) */
  #smaller(target: number, limit: number, from: number, most: number): void {
    this.#code.put(target, limit, from, "i32.sub");
    this.#code.put(target, target, [most], target, [most], "i32.lt_s", "select");
  }

  /** Every block of the inner axis but the first adds to C; bias and relu wait for the last. */
  #epilogueNow(): void {
    const { k, flags, bias } = parameters;
    const v = this.#v;
    const last: Term[] = [v.from, [depth], "i32.add", k, "i32.ge_s"];
    this.#code.put(v.biasNow, bias, [0], ...last, "select");
    this.#code.put(v.flagsNow, flags, flags, [accumulateFlag], "i32.and", ...last, "select");
    this.#code.put(v.flagsNow, v.flagsNow, v.from, [0], "i32.gt_s", "i32.or");
  }

  /** Runs the body with `i` at each panel of `columns`, `width` wide. */
  #eachPanel(body: () => void): void {
    const v = this.#v;
    this.#code.count(v.i, v.columns, tileColumns, () => {
      this.#smaller(v.width, v.columns, v.i, tileColumns);
      body();
    });
  }

  /** Panels that lack columns are packed in any case: reading beyond the end of B could leave the memory. */
  #isPacked(): Term[] {
    return [this.#v.packB, this.#v.width, [tileColumns], "i32.lt_s", "i32.or"];
  }

  /** Finds the panels of a B that is packed. */
  #givenColumns(): void {
    const { b, bRow, bColumn } = parameters;
    const v = this.#v;
    this.#code.push(v.left, [2], "i32.shl", bColumn, "i32.add", v.inner, "i32.mul");
    this.#code.push(v.from, bRow, "i32.mul", "i32.add", b, "i32.add").set(v.panelsB);
  }

  #packColumns(): void {
    const { b, bRow, bColumn } = parameters;
    const v = this.#v;
    const code = this.#code;
    code.put(v.fromB, b, v.from, bRow, "i32.mul", "i32.add", v.left, bColumn, "i32.mul", "i32.add");
    this.#eachPanel(() => {
      code.push(...this.#isPacked()).branch(() => {
        code.push(v.fromB, v.i, bColumn, "i32.mul", "i32.add", bColumn, bRow);
        code.push(v.panelsB, v.inner, v.i, "i32.mul", [2], "i32.shl", "i32.add", v.width, v.inner);
        code.call("gemm.pack8");
      });
    });
  }

  /** How many of the rows tall tiles take, so that those of four that take the rest lack no more than one row. */
  #divideRows(): void {
    const { rows, tall, isShort } = this.#v;
    const code = this.#code;
    code.put(tall, [0], rows, [tallTileRows], "i32.div_u", isShort, "select");
    // 6 n + 1, 2 or 5 are 6 (n - 1) + 7, 8 or 11.
    const isLess: Term[] = [[0b100110], rows, tall, [tallTileRows], "i32.mul", "i32.sub", "i32.shr_u", [1], "i32.and"];
    code.put(tall, tall, ...isLess, tall, [0], "i32.gt_s", "i32.and", "i32.sub", [tallTileRows], "i32.mul");
  }

  /** For each height of tiles the first row, the height, and how many rows they take. */
  get #parts(): readonly { first: Term; height: number; count: readonly Term[] }[] {
    const { rows, tall } = this.#v;
    if (!this.#relaxed) return [{ first: [0], height: tileRows, count: [rows] }];
    return [
      { first: [0], height: tallTileRows, count: [tall] },
      { first: tall, height: tileRows, count: [rows, tall, "i32.sub"] },
    ];
  }

  #packRows(): void {
    const { a, aRow, aColumn } = parameters;
    const v = this.#v;
    const code = this.#code;
    code.put(v.fromA, a, v.top, aRow, "i32.mul", "i32.add", v.from, aColumn, "i32.mul", "i32.add");
    code.get(v.packA).branch(
      () => {
        code.put(v.i, [0]);
        for (const { height } of this.#parts) this.#packPanels(height);
        code.put(v.tileA, v.panelsA).put(v.rowA, v.inner, [2], "i32.shl");
      },
      () => code.put(v.tileA, v.fromA).put(v.rowA, aRow),
    );
  }

  /** Packs rows from `i` on in panels of that height: up to `tall`, or all. */
  #packPanels(height: number): void {
    const { aRow, aColumn } = parameters;
    const v = this.#v;
    const code = this.#code;
    code.block(() => {
      code.loop(() => {
        code.push(v.i, height === tileRows ? v.rows : v.tall, "i32.ge_s").leaveIf(1);
        code.push(v.fromA, v.i, aRow, "i32.mul", "i32.add", aRow, aColumn);
        code.push(v.panelsA, v.inner, v.i, "i32.mul", [2], "i32.shl", "i32.add");
        if (height === tileRows) code.push([tileRows * 4], v.rows, v.i, "i32.sub", v.inner).call("gemm.pack4");
        else code.get(v.inner).call("gemm.pack6");
        code.advance(v.i, height).leave();
      });
    });
  }

  #tiles(): void {
    const { aRow, aColumn, bRow, c, cRow, scratch } = parameters;
    const v = this.#v;
    const code = this.#code;
    // A panel of so many rows of A takes so many times the bytes of a row, packed or not.
    const call = (packed: boolean, b: Term[], bStep: Term) => {
      for (const { first, height, count } of this.#parts) {
        code.push(v.tileA, first, v.rowA, "i32.mul", "i32.add");
        code.push([4], aRow, v.packA, "select", [height * 4], aColumn, v.packA, "select", v.rowA, [height], "i32.mul");
        code.push(...b, bStep, v.to, first, cRow, "i32.mul", "i32.add", cRow, ...count, v.width, v.inner);
        code.push(v.flagsNow, v.biasNow, v.left, v.i, "i32.add", [2], "i32.shl", "i32.add", [0], v.biasNow, "select");
        code.get(scratch).call(height === tallTileRows ? "gemm.tall" : packed ? "gemm.packed" : "gemm.direct");
      }
    };
    const packedB: Term[] = [v.panelsB, v.inner, v.i, "i32.mul", [2], "i32.shl", "i32.add"];
    this.#eachPanel(() => {
      code.put(v.to, v.left, v.i, "i32.add", [2], "i32.shl", c, "i32.add", v.top, cRow, "i32.mul", "i32.add");
      code.push(...this.#isPacked()).branch(
        () =>
          code.get(v.packA).branch(
            () => call(true, packedB, [tileColumns * 4]),
            () => call(false, packedB, [tileColumns * 4]),
          ),
        () => call(false, [v.fromB, v.i, [2], "i32.shl", "i32.add"], bRow),
      );
    });
  }
}
