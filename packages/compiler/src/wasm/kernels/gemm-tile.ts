/**
 * The innermost part of the matrix product: one panel of columns of B against rows of A, a tile at a time.
 *
 * A tile is 4 rows by two vectors of columns (8 floats, 4 doubles): eight vectors of running sums, which with two of B, one of A and a product or two fit
 * the fifteen registers that V8 has on x64. With multiply-add there is no product to hold, and 6 rows fit: more sums to
 * work on while each waits for the one before.
 */
import { type Code, type FunctionDefinition, numbered, type Term } from "../assembler.ts";
import { locals, type ProductOptions } from "./float-lanes.ts";
import { storeSums } from "./gemm-epilogue.ts";

/** The most of the inner axis at a time: a panel of B of this depth takes 8 KiB of the first cache. */
export const depth = 256;
/** The rows of a tile; those of one that multiplies and adds in one instruction. */
export const tileRows = 4;
export const tallTileRows = 6;
/** Bytes of scratch memory for what sticks out of C, and for the bias beside it. */
export const tileScratch = 320;
const vectorBytes = 16;
const rowBytes = 2 * vectorBytes;

/**
 * The parameters of all versions. Strides are in bytes: `aRow` between rows of a tile, `aStep` between elements of a
 * row, `aTile` between tiles; `bStep` between rows of B.
 */
export const tileParameters = numbered([
  ...(["a", "aRow", "aStep", "aTile", "b", "bStep", "c", "cRow"] as const),
  ...(["rows", "k", "flags", "bias", "scratch"] as const),
]);

export interface TileOptions extends ProductOptions {
  /** The function's name in its module. */
  readonly name: string;
  /** The tile's height; tall tiles are for whole multiples of it. */
  readonly rows: number;
  /** Panels of A with as many elements to a step, and of B with all columns: the strides are then known. */
  readonly packed: boolean;
}

/** C = A B (or C += A B) for one panel of B. */
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
 * Steps of the inner axis to a turn of the loop, where multiply and add are two instructions. A turn costs as much as most of
 * a step: V8 looks at its stack (three cycles), and the processor may guess wrongly that another turn comes. Panels have the
 * longest sums; strides in locals cost more than turns do.
 */
const packedSteps = 64;
const directSteps = 8;

/** So many bytes after the address in a local. */
export type At = readonly [pointer: number, offset: number];

/** The locals of a tile: its sums, row by row, and what its steps keep meanwhile: see `tileVectors`. */
interface TileLocals {
  readonly sums: readonly number[];
  readonly vectors: readonly number[];
}

/** How many vectors a step keeps: two of B, an element of A in all lanes, and products, where they are rounded. */
export function tileVectors(relaxed: boolean): number {
  return relaxed ? 3 : 5;
}

/** One step along the inner axis: one or two vectors of B times an element of each row of A. */
export function tileStep(
  code: Code,
  { type, relaxed }: ProductOptions,
  { sums, vectors }: TileLocals,
  halves: readonly At[],
  elements: readonly At[],
): void {
  const [first, second, broadcast, ...products] = vectors;
  const loaded = [first, second].slice(0, halves.length);
  halves.forEach(([pointer, offset], i) => {
    code.get(pointer).access("v128.load", offset).set(loaded[i]);
  });
  // The last row first: in V8 11 the products then end in the order of the loads, and take fewer registers.
  for (let row = elements.length - 1; row >= 0; row--) {
    const [pointer, offset] = elements[row];
    const own = loaded.map((_, i) => sums[row * halves.length + i]);
    code.get(pointer).access(type.splat, offset).set(broadcast);
    // Two products and then two sums: processors that pair ports when they decode keep all of them busy.
    loaded.forEach((half, i) => {
      if (relaxed) code.put(own[i], broadcast, half, own[i], `${type.vector}.relaxed_madd`);
      else code.put(products[i], broadcast, half, `${type.vector}.mul`);
    });
    if (relaxed) continue;
    own.forEach((sum, i) => {
      code.put(sum, sum, products[i], `${type.vector}.add`);
    });
  }
}

class Tile {
  readonly i: number;
  readonly #code: Code;
  readonly #options: TileOptions;
  readonly #left: number;
  readonly #vectors: readonly number[];
  /** The tile's sums, two vectors to a row. */
  readonly #sums: readonly number[];
  /** Where its rows are stored. */
  readonly #to: readonly number[];

  constructor(code: Code, options: TileOptions) {
    this.#code = code;
    this.#options = options;
    const [i, left, ...to] = locals(code, 2 + options.rows, "i32");
    this.#vectors = locals(code, tileVectors(options.relaxed));
    this.#sums = locals(code, 2 * options.rows);
    this.i = i;
    this.#left = left;
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
    const { packed } = this.#options;
    const count = code.local("i32");
    const pb = code.local("i32");
    const pointers = locals(code, packed ? 1 : this.#options.rows, "i32");
    for (const sum of this.#sums) code.zero128().set(sum);
    code.put(this.#left, rows, this.i, "i32.sub").put(pb, b).put(count, k).put(pointers[0], a);
    this.#eachRow((row) => {
      if (row === 0 || packed) return;
      code.push(pointers[row - 1], aRow, "i32.add");
      // Rows that A lacks read its first: any numbers will do, they are not stored.
      if (this.#mayLackRows) code.push(a, this.#left, [row], "i32.gt_s", "select");
      code.set(pointers[row]);
    });
    const { bytes } = this.#options.type;
    code.inTurns(count, this.#steps, (u) => {
      const from = packed ? u * rowBytes : 0;
      const halves: At[] = [from, from + vectorBytes].map((at) => [pb, at]);
      const elements = this.#to.map((_, row): At => (packed ? [pointers[0], row * bytes] : [pointers[row], 0]));
      tileStep(code, this.#options, { sums: this.#sums, vectors: this.#vectors }, halves, elements);
      const step: Term = packed ? [this.#options.rows * bytes] : aStep;
      for (const pointer of pointers) code.put(pointer, pointer, step, "i32.add");
      if (!packed) code.put(pb, pb, bStep, "i32.add");
      else if (u === this.#steps - 1) code.advance(pb, this.#steps * rowBytes);
    });
    code.put(a, a, aTile, "i32.add");
  }

  /** Steps to a turn of the loop. */
  get #steps(): number {
    if (this.#options.relaxed) return 1;
    return this.#options.packed ? packedSteps : directSteps;
  }

  /** Adds C and the bias where asked, cuts at 0 where asked, stores, and moves `c` on by as many rows. */
  finish(): void {
    const code = this.#code;
    const { c, cRow, flags, bias, scratch } = tileParameters;
    code.put(this.#to[0], c);
    this.#eachRow((row) => {
      if (row === 0) return;
      code.push(this.#to[row - 1], cRow, "i32.add");
      // Rows that C lacks are stored, and never read, in scratch memory.
      if (this.#mayLackRows) code.push(scratch, this.#left, [row], "i32.gt_s", "select");
      code.set(this.#to[row]);
    });
    const sums = this.#sums.map((local, i) => {
      const offset = (i & 1) * 16;
      return { local, to: this.#to[i >> 1], offset, biasAt: bias, biasOffset: offset };
    });
    storeSums(code, this.#options.type, flags, bias, sums);
    code.put(c, cRow, [this.#options.rows], "i32.mul", c, "i32.add");
  }

  #eachRow(body: (row: number) => void): void {
    for (let row = 0; row < this.#options.rows; row++) body(row);
  }
}
