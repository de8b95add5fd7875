/**
 * The loops of a matrix product: over blocks that fit the caches, packed where that pays, and tiles within them.
 */
import { type Code, numbered, type Term } from "../assembler.ts";
import type { FloatLanes, ProductOptions } from "./float-lanes.ts";
import { accumulateFlag, packedFlag } from "./gemm-epilogue.ts";
import { fewWidths } from "./gemm-few.ts";
import { depth, tallTileRows, tileRows, tileScratch } from "./gemm-tile.ts";

/** A block of A takes 96 KiB or 192 of the second cache. */
const rowBlock = 96;
const columnBytes = 2048;
/** With fewer columns or rows than this A and B are reused too little for packing to pay where there is a choice. */
const packRowsFrom = 32;
const packColumnsFrom = 32;
/** But a B of this many bytes is packed in any case: strides through more than the first cache cost more. */
const packSizeFrom = 32768;
/** With a shorter inner axis what a tall tile costs besides its multiply-adds is not hidden behind them. */
const tallFrom = 48;
/** Products with fewer rows have their vectors along the columns; tiles have no fewer. */
const fewRows = tileRows;

/** Bytes of a packed block of A. */
export function blockBytes({ bytes }: FloatLanes): number {
  return rowBlock * depth * bytes;
}

/** How many columns of B are a block. */
export function columnBlock({ bytes }: FloatLanes): number {
  return columnBytes / bytes;
}

/** Those of `Gemm`. */
export const parameters = numbered([
  ...(["a", "aRow", "aColumn", "b", "bRow", "bColumn", "c", "cRow"] as const),
  ...(["m", "n", "k", "scratch", "flags", "bias"] as const),
]);

/** Whether a product of so many rows packs its second matrix, of so many numbers: by columns, where that is how it lies. */
export function packsColumns(m: number, size: number, byColumns: boolean): boolean {
  return m > 1 && (m >= packColumnsFrom || byColumns || size * 4 >= packSizeFrom);
}

/** The loops over blocks: of columns, of the inner axis, of rows. */
export class Blocks {
  readonly #code: Code;
  readonly #type: FloatLanes;
  readonly #relaxed: boolean;
  readonly #v;

  constructor(code: Code, { type, relaxed }: ProductOptions) {
    this.#code = code;
    this.#type = type;
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
    const { bytes } = this.#type;
    const v = this.#v;
    code.put(v.isGiven, flags, [packedFlag], "i32.ge_u").put(flags, flags, [packedFlag - 1], "i32.and");
    code.put(v.panelsA, scratch, [tileScratch], "i32.add");
    code.put(v.panelsB, v.panelsA, [blockBytes(this.#type)], "i32.add");
    code.put(v.packB, m, [packColumnsFrom], "i32.ge_s", n, [packRowsFrom], "i32.ge_s", "i32.and");
    code.put(v.packB, v.packB, bColumn, [bytes], "i32.ne", "i32.or");
    code.put(v.packB, v.packB, k, bRow, "i32.mul", [packSizeFrom], "i32.ge_u", "i32.or", v.isGiven, "i32.or");
    code.put(v.packA, n, [packRowsFrom], "i32.ge_s", v.packB, "i32.and");
    if (this.#relaxed) {
      code.put(v.isShort, k, [tallFrom], "i32.lt_s");
      // Rows whose elements lie side by side are read as fast where they are.
      code.put(v.packA, aColumn, [bytes], "i32.ne", v.isShort, "i32.or", v.packA, "i32.and");
    }
    code.count(v.left, n, columnBlock(this.#type), () => {
      // Once even where k is 0, so that C is written.
      code.put(v.from, [0]).loop(() => {
        this.#smaller(v.columns, n, v.left, columnBlock(this.#type));
        this.#smaller(v.inner, k, v.from, depth);
        this.#epilogueNow();
        this.#atBlock();
        code.push(m, [fewRows], "i32.lt_s", m, n, "i32.le_s", "i32.and", v.isGiven, "i32.gt_u").branch(
          () => this.#fewRows(),
          () => this.#allRows(),
        );
        code.put(v.from, v.from, [depth], "i32.add").push(v.from, k, "i32.lt_s").leaveIf();
      });
    });
  }

  /** Where the block of B begins, and the bias beside it. */
  #atBlock(): void {
    const { b, bRow, bColumn } = parameters;
    const v = this.#v;
    this.#code.put(v.fromB, b, v.from, bRow, "i32.mul", "i32.add", v.left, bColumn, "i32.mul", "i32.add");
  }

  /** Rows in blocks that fit the second cache. */
  #allRows(): void {
    const code = this.#code;
    const v = this.#v;
    const { m } = parameters;
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

  /** Calls the function for so many columns with arguments that `push` leaves. */
  #callFew(many: Term, push: () => void): void {
    const code = this.#code;
    const { scratch } = parameters;
    for (const width of fewWidths)
      code.push(many, [width], "i32.eq").branch(() => {
        push();
        code.push(scratch, this.#v.panelsA).call(`gemm.few${width}`);
      });
  }

  /** A panel that lacks columns: its columns, of floats up to four and then the rest of them. */
  #fewColumns(): void {
    const code = this.#code;
    const { aRow, aColumn, bRow, bColumn, cRow } = parameters;
    const { bytes } = this.#type;
    const v = this.#v;
    const columns = () => {
      code.push(v.fromA, aRow, aColumn, v.fromB, v.i, bColumn, "i32.mul", "i32.add", bRow, bColumn);
      code.push(v.to, cRow, [bytes], v.rows, v.inner, v.flagsNow, ...this.#biasAt(v.i), [0], [bytes]);
    };
    code.push(v.width, [4], "i32.gt_s").branch(() => {
      this.#callFew([4], columns);
      code
        .advance(v.i, 4)
        .advance(v.to, 4 * bytes)
        .advance(v.width, -4);
    });
    this.#callFew(v.width, columns);
    // Nothing comes after it, but so that the loop ends.
    code.put(v.i, v.columns);
  }

  /** All rows, where they are few: the transposed product, whose columns they are. */
  #fewRows(): void {
    const code = this.#code;
    const { a, aRow, aColumn, bRow, bColumn, c, cRow, m } = parameters;
    const { bytes, shift } = this.#type;
    const v = this.#v;
    code.put(v.i, [0]).put(v.to, c, v.left, [shift], "i32.shl", "i32.add");
    code.put(v.fromA, a, v.from, aColumn, "i32.mul", "i32.add");
    this.#callFew(m, () => {
      code.push(v.fromB, bColumn, bRow, v.fromA, aColumn, aRow, v.to, [bytes], cRow, v.columns, v.inner, v.flagsNow);
      code.push(...this.#biasAt(v.i), [bytes], [0]);
    });
  }

  /** Where the bias of the block's column `i` is, 0 for none. */
  #biasAt(i: number): Term[] {
    const { biasNow, left } = this.#v;
    return [biasNow, left, i, "i32.add", [this.#type.shift], "i32.shl", "i32.add", [0], biasNow, "select"];
  }

  /** Runs the body with `i` at each panel of `columns`, `width` wide. */
  #eachPanel(body: () => void): void {
    const v = this.#v;
    this.#code.count(v.i, v.columns, this.#type.columns, () => {
      this.#smaller(v.width, v.columns, v.i, this.#type.columns);
      body();
    });
  }

  /** Whether a panel lacks columns. */
  #isFew(): Term[] {
    return [this.#v.width, [this.#type.columns], "i32.lt_s"];
  }

  /** Finds the panels of a B that is packed. */
  #givenColumns(): void {
    const { b, bRow, bColumn } = parameters;
    const v = this.#v;
    this.#code.push(v.left, [2], "i32.shl", bColumn, "i32.add", v.inner, "i32.mul");
    this.#code.push(v.from, bRow, "i32.mul", "i32.add", b, "i32.add").set(v.panelsB);
  }

  #packColumns(): void {
    const { bRow, bColumn } = parameters;
    const v = this.#v;
    const code = this.#code;
    const { shift, lanes } = this.#type;
    this.#eachPanel(() => {
      code.push(v.packB, ...this.#isFew(), "i32.gt_s").branch(() => {
        code.push(v.fromB, v.i, bColumn, "i32.mul", "i32.add", bColumn, bRow);
        code.push(v.panelsB, v.inner, v.i, "i32.mul", [shift], "i32.shl", "i32.add");
        if (lanes === 4) code.push(v.width, v.inner).call("gemm.pack8");
        else code.push([32], v.width, v.inner).call("gemm.pack4");
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
        code.put(v.tileA, v.panelsA).put(v.rowA, v.inner, [this.#type.shift], "i32.shl");
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
        code.push(v.panelsA, v.inner, v.i, "i32.mul", [this.#type.shift], "i32.shl", "i32.add");
        if (height === tileRows)
          code.push([tileRows * this.#type.bytes], v.rows, v.i, "i32.sub", v.inner).call("gemm.pack4");
        else code.get(v.inner).call("gemm.pack6");
        code.advance(v.i, height).leave();
      });
    });
  }

  #tiles(): void {
    const { aRow, aColumn, bRow, c, cRow, scratch } = parameters;
    const v = this.#v;
    const code = this.#code;
    const { bytes, shift } = this.#type;
    // A panel of so many rows of A takes so many times the bytes of a row, packed or not.
    const call = (packed: boolean, b: Term[], bStep: Term) => {
      for (const { first, height, count } of this.#parts) {
        code.push(v.tileA, first, v.rowA, "i32.mul", "i32.add");
        code.push([bytes], aRow, v.packA, "select", [height * bytes], aColumn, v.packA, "select");
        code.push(v.rowA, [height], "i32.mul");
        code.push(...b, bStep, v.to, first, cRow, "i32.mul", "i32.add", cRow, ...count, v.inner);
        code.push(v.flagsNow, ...this.#biasAt(v.i));
        code.get(scratch).call(height === tallTileRows ? "gemm.tall" : packed ? "gemm.packed" : "gemm.direct");
      }
    };
    const packedB: Term[] = [v.panelsB, v.inner, v.i, "i32.mul", [shift], "i32.shl", "i32.add"];
    this.#eachPanel(() => {
      code.put(v.to, v.left, v.i, "i32.add", [shift], "i32.shl", c, "i32.add", v.top, cRow, "i32.mul", "i32.add");
      code.push(...this.#isFew()).branch(
        () => this.#fewColumns(),
        () => {
          code.get(v.packB).branch(
            () =>
              code.get(v.packA).branch(
                () => call(true, packedB, [32]),
                () => call(false, packedB, [32]),
              ),
            () => call(false, [v.fromB, v.i, [shift], "i32.shl", "i32.add"], bRow),
          );
        },
      );
    });
  }
}
