/**
 * The innermost part of the matrix product: one panel of eight columns of B against rows of A, a tile at a time.
 *
 * A tile is 4 rows by 8 columns: eight vectors of running sums, which with two of B, one of A and a product or two fit
 * the fifteen registers that V8 has on x64. With multiply-add there is no product to hold, and 6 rows fit: more sums to
 * work on while each waits for the one before.
 */
import { type Code, type FunctionDefinition, numbered, type Term } from "../assembler.ts";

/** The rows of a tile; those of one that multiplies and adds in one instruction. */
export const tileRows = 4;
export const tallTileRows = 6;
export const tileColumns = 8;
/** Bytes of scratch memory for a tile that sticks out of C, and for the bias beside it. */
export const tileScratch = 256;
const biasScratch = tallTileRows * tileColumns * 4;

/** Bits of `flags`: add to C instead of replacing it; then let nothing below 0 through. */
export const accumulateFlag = 1;
export const reluFlag = 2;
/** Of the whole product, see `Gemm`: B is packed already. */
export const packedFlag = 4;

/**
 * The parameters of all versions. Strides are in bytes: `aRow` between rows of a tile, `aStep` between elements of a
 * row, `aTile` between tiles; `bStep` between rows of B.
 */
export const tileParameters = numbered([
  ...(["a", "aRow", "aStep", "aTile", "b", "bStep", "c", "cRow"] as const),
  ...(["rows", "columns", "k", "flags", "bias", "scratch"] as const),
]);

export interface TileOptions {
  /** The function's name in its module. */
  readonly name: string;
  /** The tile's height; tall tiles are for whole multiples of it. */
  readonly rows: number;
  /** Panels of A with as many elements to a step, and of B with eight: the strides are then known. */
  readonly packed: boolean;
  /** Multiply and add in one instruction. */
  readonly relaxed: boolean;
}

/** C = A B (or C += A B) for one panel of B, up to eight columns. */
export function tileFunction(options: TileOptions): FunctionDefinition {
  return {
    name: options.name,
    parameters: Object.keys(tileParameters).map(() => "i32"),
    exported: false,
    body: (code) => {
      const tile = new Tile(code, options);
      code.count(tile.i, tileParameters.rows, options.rows, () => {
        tile.multiply();
        tile.finish();
      });
    },
  };
}

/**
 * Steps of the inner axis to a turn of the loop, where multiply and add are two instructions: those then take all that
 * the processor can decode, and what a turn costs besides (V8 looks at its stack) counts. Between the steps the loop can
 * end, which also keeps the compiler from loading what later steps need so early that registers run out.
 */
const unrolled = 8;

class Tile {
  readonly i: number;
  readonly #code: Code;
  readonly #options: TileOptions;
  readonly #left: number;
  readonly #partial: number;
  readonly #vectors: readonly number[];
  /** The tile's sums, two vectors to a row. */
  readonly #sums: readonly number[];
  /** Where its rows are stored, and where its bias lies. */
  readonly #to: readonly number[];
  readonly #biasAt: number;

  constructor(code: Code, options: TileOptions) {
    this.#code = code;
    this.#options = options;
    const [i, left, partial, biasAt, ...to] = Array.from({ length: 4 + options.rows }, () => code.local("i32"));
    this.#vectors = Array.from({ length: options.relaxed ? 3 : 5 }, () => code.local("v128"));
    this.#sums = Array.from({ length: 2 * options.rows }, () => code.local("v128"));
    this.i = i;
    this.#left = left;
    this.#partial = partial;
    this.#biasAt = biasAt;
    this.#to = to;
  }

  /** Whether the tile may lack rows. */
  get #mayLackRows(): boolean {
    return this.#options.rows === tileRows;
  }

  /** Fills the sums, and moves `a` to the next tile. */
  multiply(): void {
    const code = this.#code;
    const { a, aRow, aStep, aTile, b, bStep, rows, k } = tileParameters;
    const { packed, relaxed } = this.#options;
    const count = code.local("i32");
    const pb = code.local("i32");
    const pointers = Array.from({ length: packed ? 1 : this.#options.rows }, () => code.local("i32"));
    for (const sum of this.#sums) code.zero128().set(sum);
    code.put(this.#left, rows, this.i, "i32.sub").put(pb, b).put(count, k).put(pointers[0], a);
    this.#eachRow((row) => {
      if (row === 0 || packed) return;
      code.push(pointers[row - 1], aRow, "i32.add");
      // Rows that A lacks read its first: any numbers will do, they are not stored.
      if (this.#mayLackRows) code.push(a, this.#left, [row], "i32.gt_s", "select");
      code.set(pointers[row]);
    });
    const step = (offset: number) => {
      this.#step(pb, offset, (row) => (packed ? [pointers[0], row * 4] : [pointers[row], 0]));
      for (const pointer of pointers) code.put(pointer, pointer, packed ? [this.#options.rows * 4] : aStep, "i32.add");
    };
    if (packed && !relaxed) this.#unrolled(count, pb, step);
    else
      code.repeat(count, () => {
        step(0);
        code.put(pb, pb, packed ? [tileColumns * 4] : bStep, "i32.add");
      });
    code.put(a, a, aTile, "i32.add");
  }

  /** One step along the inner axis: a row of B, `offset` bytes after `pb`, times an element of each row of A. */
  #step(pb: number, offset: number, element: (row: number) => readonly [pointer: number, offset: number]): void {
    const code = this.#code;
    const [b0, b1, broadcast, ...products] = this.#vectors;
    code.get(pb).access("v128.load", offset).set(b0);
    code
      .get(pb)
      .access("v128.load", offset + 16)
      .set(b1);
    // The last row first: in V8 11 the products then end in the order of the loads, and take fewer registers.
    for (let row = this.#options.rows - 1; row >= 0; row--) {
      const [pointer, at] = element(row);
      const sums = [this.#sums[2 * row], this.#sums[2 * row + 1]];
      code.get(pointer).access("v128.load32_splat", at).set(broadcast);
      if (this.#options.relaxed)
        [b0, b1].forEach((half, i) => {
          code.put(sums[i], broadcast, half, sums[i], "f32x4.relaxed_madd");
        });
      else {
        // Two products and then two sums: processors that pair ports when they decode keep all of them busy.
        [b0, b1].forEach((half, i) => {
          code.put(products[i], broadcast, half, "f32x4.mul");
        });
        products.forEach((product, i) => {
          code.put(sums[i], sums[i], product, "f32x4.add");
        });
      }
    }
  }

  /** Runs a step of a packed panel for each of `count`. */
  #unrolled(count: number, pb: number, step: (offset: number) => void): void {
    const code = this.#code;
    code.block(() => {
      code.push(count, [0], "i32.le_s").leaveIf();
      code.loop(() => {
        for (let u = 0; u < unrolled; u++) {
          step(u * tileColumns * 4);
          if (u < unrolled - 1) code.push(count, [u + 1], "i32.le_s").leaveIf(1);
        }
        code.advance(pb, unrolled * tileColumns * 4);
        code.put(count, count, [unrolled], "i32.sub").push(count, [0], "i32.gt_s").leaveIf();
      });
    });
  }

  /** Adds C and the bias where asked, cuts at 0 where asked, stores, and moves `c` on by as many rows. */
  finish(): void {
    const code = this.#code;
    const { c, cRow, columns, flags, bias, scratch } = tileParameters;
    const partial = this.#partial;
    code.put(this.#biasAt, bias).put(partial, columns, [tileColumns], "i32.lt_s");
    code.get(partial).branch(
      () => this.#enterScratch(),
      () => {
        this.#eachRow((row) => {
          if (row === 0) {
            code.put(this.#to[0], c);
            return;
          }
          code.push(this.#to[row - 1], cRow, "i32.add");
          // Rows that C lacks are stored, and never read, in scratch memory.
          if (this.#mayLackRows) code.push(scratch, this.#left, [row], "i32.gt_s", "select");
          code.set(this.#to[row]);
        });
      },
    );
    code.push(flags, bias, "i32.or").branch(() => this.#epilogue());
    this.#eachHalf((sum, row, offset) => code.get(this.#to[row]).get(sum).access("v128.store", offset));
    code.get(partial).branch(() => {
      code.push(scratch, [tileColumns * 4], c, cRow, ...this.#height, columns).call("gemm.copy");
    });
    code.put(c, cRow, [this.#options.rows], "i32.mul", c, "i32.add");
  }

  /** How many of the tile's rows are there. */
  get #height(): readonly Term[] {
    const most = this.#options.rows;
    return this.#mayLackRows ? [this.#left, [most], this.#left, [most], "i32.lt_s", "select"] : [[most]];
  }

  /** A tile that lacks columns is finished in scratch memory, so that nothing beyond C is read or written. */
  #enterScratch(): void {
    const code = this.#code;
    const { c, cRow, columns, flags, bias, scratch } = tileParameters;
    this.#eachRow((row) => code.put(this.#to[row], scratch, [row * tileColumns * 4], "i32.add"));
    code.push(flags, [accumulateFlag], "i32.and").branch(() => {
      code.push(c, cRow, scratch, [tileColumns * 4], ...this.#height, columns).call("gemm.copy");
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
    for (let row = 0; row < this.#options.rows; row++) body(row);
  }

  #eachHalf(body: (sum: number, row: number, offset: number) => void): void {
    this.#sums.forEach((sum, i) => {
      body(sum, i >> 1, (i & 1) * 16);
    });
  }
}

/** Copies a rectangle of floats: (from, its row stride, to, its row stride, rows, columns), in bytes. */
export const copyFunction: FunctionDefinition = {
  name: "gemm.copy",
  parameters: ["i32", "i32", "i32", "i32", "i32", "i32"],
  exported: false,
  body: (code) => {
    const [from, fromRow, to, toRow, rows, columns] = [0, 1, 2, 3, 4, 5];
    const { left, p, q } = code.variables("left", "p", "q");
    code.repeat(rows, () => {
      code.put(p, from).put(q, to).put(left, columns);
      code.repeat(left, () => {
        code.get(q).get(p).access("f32.load").access("f32.store").advance(p, 4).advance(q, 4);
      });
      code.put(from, from, fromRow, "i32.add").put(to, to, toRow, "i32.add");
    });
  },
};
