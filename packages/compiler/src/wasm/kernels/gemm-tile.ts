/**
 * The innermost part of the matrix product: one panel of eight columns of B against rows of A, four at a time.
 *
 * A tile is 4 rows by 8 columns: eight vectors of running sums, which with two of B and one of A fit the sixteen
 * registers of x64. Unrolling the loop over k, or larger tiles, make V8 spill registers and run at half the speed.
 */
import { type Code, type FunctionDefinition, numbered, type Term } from "../assembler.ts";

export const tileRows = 4;
export const tileColumns = 8;
/** Bytes of scratch memory for a tile that sticks out of C, and for the bias beside it. */
export const tileScratch = 192;
const biasScratch = tileRows * tileColumns * 4;

/** Bits of `flags`: add to C instead of replacing it; then let nothing below 0 through. */
export const accumulateFlag = 1;
export const reluFlag = 2;

/**
 * The parameters of both versions. Strides are in bytes: `aRow` between rows of a tile, `aStep` between elements of a
 * row, `aTile` between tiles; `bStep` between rows of B.
 */
export const tileParameters = numbered([
  ...(["a", "aRow", "aStep", "aTile", "b", "bStep", "c", "cRow"] as const),
  ...(["rows", "columns", "k", "flags", "bias", "scratch"] as const),
]);

export interface TileOptions {
  /** The function's name in its module. */
  readonly name: string;
  /** Panels of A with four elements to a step, and of B with eight: the strides are then known. */
  readonly packed: boolean;
  /** Multiply and add in one instruction. */
  readonly relaxed: boolean;
}

/** C = A B (or C += A B) for one panel of B, up to eight columns. */
export function tileFunction({ name, packed, relaxed }: TileOptions): FunctionDefinition {
  return {
    name,
    parameters: Object.keys(tileParameters).map(() => "i32"),
    exported: false,
    body: (code) => {
      const tile = new Tile(code, packed, relaxed);
      code.count(tile.i, tileParameters.rows, tileRows, () => {
        tile.multiply();
        tile.finish();
      });
    },
  };
}

class Tile {
  readonly i: number;
  readonly #code: Code;
  readonly #packed: boolean;
  readonly #relaxed: boolean;
  readonly #left: number;
  readonly #partial: number;
  readonly #vectors: readonly number[];
  /** The tile's sums, two vectors to a row. */
  readonly #sums: readonly number[];
  /** Where its four rows are stored, and where its bias lies. */
  readonly #to: readonly number[];
  readonly #biasAt: number;

  constructor(code: Code, packed: boolean, relaxed: boolean) {
    this.#code = code;
    this.#packed = packed;
    this.#relaxed = relaxed;
    const [i, left, partial, biasAt, ...to] = Array.from({ length: 8 }, () => code.local("i32"));
    const [b0, b1, broadcast, ...sums] = Array.from({ length: 11 }, () => code.local("v128"));
    this.i = i;
    this.#left = left;
    this.#partial = partial;
    this.#biasAt = biasAt;
    this.#to = to;
    this.#vectors = [b0, b1, broadcast];
    this.#sums = sums;
  }

  /** Fills the sums, and moves `a` to the next tile. */
  multiply(): void {
    const code = this.#code;
    const { a, aRow, aStep, aTile, b, bStep, rows, k } = tileParameters;
    const [b0, b1, broadcast] = this.#vectors;
    const count = code.local("i32");
    const pb = code.local("i32");
    const pointers = this.#packed ? [code.local("i32")] : [0, 1, 2, 3].map(() => code.local("i32"));
    for (const sum of this.#sums) code.zero128().set(sum);
    code.put(this.#left, rows, this.i, "i32.sub").put(pb, b).put(count, k).put(pointers[0], a);
    this.#eachRow((row) => {
      if (row === 0 || this.#packed) return;
      // Rows that A lacks read its first: any numbers will do, they are not stored.
      code.push(pointers[row - 1], aRow, "i32.add", a, this.#left, [row], "i32.gt_s", "select").set(pointers[row]);
    });
    code.repeat(count, () => {
      code.get(pb).access("v128.load").set(b0).get(pb).access("v128.load", 16).set(b1);
      this.#eachRow((row) => {
        if (this.#packed) code.get(pointers[0]).access("v128.load32_splat", row * 4);
        else code.get(pointers[row]).access("v128.load32_splat");
        code.set(broadcast);
        this.#multiplyAdd(2 * row, broadcast, b0);
        this.#multiplyAdd(2 * row + 1, broadcast, b1);
      });
      for (const pointer of pointers) code.put(pointer, pointer, this.#packed ? [tileRows * 4] : aStep, "i32.add");
      code.put(pb, pb, this.#packed ? [tileColumns * 4] : bStep, "i32.add");
    });
    code.put(a, a, aTile, "i32.add");
  }

  #multiplyAdd(index: number, x: number, y: number): void {
    const sum = this.#sums[index];
    const terms: Term[] = this.#relaxed ? [x, y, sum, "f32x4.relaxed_madd"] : [sum, x, y, "f32x4.mul", "f32x4.add"];
    this.#code.put(sum, ...terms);
  }

  /** Adds C and the bias where asked, cuts at 0 where asked, stores, and moves `c` four rows on. */
  finish(): void {
    const code = this.#code;
    const { c, cRow, columns, flags, bias, scratch } = tileParameters;
    const partial = this.#partial;
    code.put(this.#biasAt, bias).put(partial, columns, [tileColumns], "i32.lt_s");
    code.get(partial).branch(
      () => this.#enterScratch(),
      () => {
        // Rows that C lacks are stored, and never read, in scratch memory.
        this.#eachRow((row) => {
          if (row === 0) code.put(this.#to[0], c);
          else
            code
              .push(this.#to[row - 1], cRow, "i32.add", scratch, this.#left, [row], "i32.gt_s", "select")
              .set(this.#to[row]);
        });
      },
    );
    code.push(flags, bias, "i32.or").branch(() => this.#epilogue());
    this.#eachHalf((sum, row, offset) => code.get(this.#to[row]).get(sum).access("v128.store", offset));
    code.get(partial).branch(() => {
      code.push(scratch, [tileColumns * 4], c, cRow, this.#left, columns).call("gemm.copy");
    });
    code.put(c, cRow, [2], "i32.shl", c, "i32.add");
  }

  /** A tile that lacks columns is finished in scratch memory, so that nothing beyond C is read or written. */
  #enterScratch(): void {
    const code = this.#code;
    const { c, cRow, columns, flags, bias, scratch } = tileParameters;
    this.#eachRow((row) => code.put(this.#to[row], scratch, [row * tileColumns * 4], "i32.add"));
    code.push(flags, [accumulateFlag], "i32.and").branch(() => {
      code.push(c, cRow, scratch, [tileColumns * 4], this.#left, columns).call("gemm.copy");
    });
    code.get(bias).branch(() => {
      code.put(this.#biasAt, scratch, [biasScratch], "i32.add");
      code.push(bias, [0], this.#biasAt, [0], [1], columns).call("gemm.copy");
    });
  }

  #epilogue(): void {
    const code = this.#code;
    const { flags, bias } = tileParameters;
    code.push(flags, [accumulateFlag], "i32.and").branch(() => {
      this.#eachHalf((sum, row, offset) =>
        code.get(sum).get(this.#to[row]).access("v128.load", offset).op("f32x4.add").set(sum),
      );
    });
    code.get(bias).branch(() => {
      this.#eachHalf((sum, _, offset) =>
        code.get(sum).get(this.#biasAt).access("v128.load", offset).op("f32x4.add").set(sum),
      );
    });
    code.push(flags, [reluFlag], "i32.and").branch(() => {
      this.#eachHalf((sum) => code.get(sum).zero128().op("f32x4.pmax").set(sum));
    });
  }

  #eachRow(body: (row: number) => void): void {
    for (let row = 0; row < tileRows; row++) body(row);
  }

  #eachHalf(body: (sum: number, row: number, offset: number) => void): void {
    this.#sums.forEach((sum, i) => {
      body(sum, i >> 1, (i & 1) * 16);
    });
  }
}

/** Copies a rectangle of floats: (from, its row stride, to, its row stride, rows, columns), in bytes; at most 4 rows. */
export const copyFunction: FunctionDefinition = {
  name: "gemm.copy",
  parameters: ["i32", "i32", "i32", "i32", "i32", "i32"],
  exported: false,
  body: (code) => {
    const [from, fromRow, to, toRow, rows, columns, row, left, p, q] = [
      ...[0, 1, 2, 3, 4, 5],
      ...Array.from({ length: 4 }, () => code.local("i32")),
    ];
    code.put(row, [tileRows], rows, rows, [tileRows], "i32.gt_s", "select");
    code.repeat(row, () => {
      code.put(p, from).put(q, to).put(left, columns);
      code.repeat(left, () => {
        code.get(q).get(p).access("f32.load").access("f32.store").advance(p, 4).advance(q, 4);
      });
      code.put(from, from, fromRow, "i32.add").put(to, to, toRow, "i32.add");
    });
  },
};
