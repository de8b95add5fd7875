/**
 * Products so small that a call of the kernel for large ones would take a good part of their time: those of attention, one for
 * each head of each example. Their sizes and strides are known, so each load has its offset as a constant, the first matrix is
 * read where it lies, whatever its order, and nothing is asked of sizes at run time.
 *
 * An element is summed along the inner axis from 0 on, as the kernel does: which of the two computes it makes no difference to
 * its bits.
 */
import type { Code } from "../wasm/assembler.ts";
import { floatLanes, locals, transpose } from "../wasm/kernels/float-lanes.ts";
import { depth, tileRows } from "../wasm/kernels/gemm-tile.ts";

const type = floatLanes.float32;
const floatBytes = 4;
const vectorBytes = 16;
/** Steps of the inner axis to a turn of the loop, between which it can end: see `Tile` in gemm-tile.ts. */
const steps = 8;

/** With fewer products their code is not worth its compilation. */
const fewestProducts = 4;
/** Both matrices fit the first cache. */
const mostNumbers = 8192;

/** How far apart rows and columns lie, in floats. */
interface Strides {
  readonly row: number;
  readonly column: number;
}

/** C = A B, of floats; C's columns are contiguous. */
export interface SmallProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Strides;
  readonly b: Strides;
  readonly cRow: number;
}

/** The locals that hold where the matrices begin, and where there is memory for B in panels. */
export interface Pointers {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly scratch: number;
}

/** Whether so many products of these sizes are written out. A single row or column is a sum of another order in the kernel. */
export function areSmall({ m, n, k, a, b }: Omit<SmallProduct, "cRow">, count: number): boolean {
  const isForwards = Math.min(a.row, a.column, b.row, b.column) >= 0;
  return count >= fewestProducts && m > 1 && n > 1 && k > 0 && k <= depth && (m + n) * k <= mostNumbers && isForwards;
}

/** Writes the code of one product. */
export function writeSmallProduct(code: Code, product: SmallProduct, pointers: Pointers): void {
  new Writer(code, product, pointers).write();
}

class Writer {
  readonly #code: Code;
  readonly #product: SmallProduct;
  readonly #pointers: Pointers;
  /** Bytes between rows of B, and between vectors of a row: where it lies, or in panels [n / 4, k, 4]. */
  readonly #bStep: number;
  readonly #bVector: number;
  readonly #isPacked: boolean;
  readonly #v;
  readonly #sums: readonly number[];
  readonly #factors: readonly number[];

  constructor(code: Code, product: SmallProduct, pointers: Pointers) {
    const { n, k, b } = product;
    this.#code = code;
    this.#product = product;
    this.#pointers = pointers;
    // Vectors that end within B are read where they are.
    this.#isPacked = b.column !== 1 || n % type.lanes !== 0;
    this.#bStep = this.#isPacked ? vectorBytes : b.row * floatBytes;
    this.#bVector = this.#isPacked ? k * vectorBytes : vectorBytes;
    this.#v = code.variables("a", "b", "c", "to", "pa", "pb", "panels", "tiles", "count");
    this.#sums = locals(code, 2 * tileRows);
    this.#factors = locals(code, 5);
  }

  write(): void {
    const code = this.#code;
    const { n } = this.#product;
    const v = this.#v;
    if (this.#isPacked) this.#pack();
    code.put(v.b, this.#isPacked ? this.#pointers.scratch : this.#pointers.b).put(v.c, this.#pointers.c);
    this.#times(v.panels, Math.floor(n / type.columns), () => {
      this.#panel([type.lanes, type.lanes]);
      code.advance(v.b, 2 * this.#bVector).advance(v.c, 2 * vectorBytes);
    });
    const left = n % type.columns;
    if (left > type.lanes) this.#panel([type.lanes, left - type.lanes]);
    else if (left > 0) this.#panel([left]);
  }

  #times(counter: number, times: number, body: () => void): void {
    if (times === 1) body();
    else if (times > 1) this.#code.put(counter, [times]).repeat(counter, body);
  }

  /** All rows times the panel at `b`: one or two vectors, which have so many columns. */
  #panel(widths: readonly number[]): void {
    const code = this.#code;
    const { m, a, cRow } = this.#product;
    const v = this.#v;
    code.put(v.a, this.#pointers.a).put(v.to, v.c);
    this.#times(v.tiles, Math.floor(m / tileRows), () => {
      this.#tile(tileRows, widths);
      code.advance(v.a, tileRows * a.row * floatBytes).advance(v.to, tileRows * cRow * floatBytes);
    });
    if (m % tileRows > 0) this.#tile(m % tileRows, widths);
  }

  #tile(rows: number, widths: readonly number[]): void {
    const code = this.#code;
    const { k, a } = this.#product;
    const v = this.#v;
    for (const sum of this.#sums.slice(0, rows * widths.length)) code.zero128().set(sum);
    code.put(v.pa, v.a).put(v.pb, v.b).put(v.count, [k]);
    const turn = Math.min(steps, k);
    code.block(() => {
      code.loop(() => {
        for (let u = 0; u < turn; u++) {
          if (u > 0) code.push(v.count, [u], "i32.le_s").leaveIf(1);
          this.#step(rows, widths.length, u);
        }
        code.advance(v.pa, turn * a.column * floatBytes).advance(v.pb, turn * this.#bStep);
        code.put(v.count, v.count, [turn], "i32.sub").push(v.count, [0], "i32.gt_s").leaveIf();
      });
    });
    this.#store(rows, widths);
  }

  /** Adds the products of step `u` of a turn: one or two vectors of B times an element of each row of A. */
  #step(rows: number, vectors: number, u: number): void {
    const code = this.#code;
    const { a } = this.#product;
    const v = this.#v;
    const [first, second, element, ...products] = this.#factors;
    const halves = [first, second].slice(0, vectors);
    halves.forEach((half, i) => {
      code
        .get(v.pb)
        .access("v128.load", u * this.#bStep + i * this.#bVector)
        .set(half);
    });
    // Last row first, and products before sums: see `Tile`.
    for (let row = rows - 1; row >= 0; row--) {
      const sums = halves.map((_, i) => this.#sums[row * vectors + i]);
      code
        .get(v.pa)
        .access(type.splat, (row * a.row + u * a.column) * floatBytes)
        .set(element);
      halves.forEach((half, i) => {
        if (code.relaxed) code.put(sums[i], element, half, sums[i], "f32x4.relaxed_madd");
        else code.put(products[i], element, half, "f32x4.mul");
      });
      if (!code.relaxed)
        sums.forEach((sum, i) => {
          code.put(sum, sum, products[i], "f32x4.add");
        });
    }
  }

  #store(rows: number, widths: readonly number[]): void {
    const code = this.#code;
    const { to } = this.#v;
    for (let row = 0; row < rows; row++)
      widths.forEach((width, i) => {
        const sum = this.#sums[row * widths.length + i];
        const at = row * this.#product.cRow * floatBytes + i * vectorBytes;
        if (width === type.lanes) {
          code.get(to).get(sum).access("v128.store", at);
          return;
        }
        if (width > 1) code.get(to).get(sum).accessLane("v128.store64_lane", 0, at);
        const last = width - 1;
        if (width % 2 === 1)
          code
            .get(to)
            .get(sum)
            .accessLane("v128.store32_lane", last, at + last * floatBytes);
      });
  }

  /** Packs B, columns that are lacking as repetitions of the last. */
  #pack(): void {
    const code = this.#code;
    const { n, b } = this.#product;
    const v = this.#v;
    code.put(v.b, this.#pointers.b).put(v.to, this.#pointers.scratch);
    this.#times(v.panels, Math.floor(n / type.lanes), () => {
      this.#packPanel(type.lanes);
      code.advance(v.b, type.lanes * b.column * floatBytes);
    });
    if (n % type.lanes > 0) this.#packPanel(n % type.lanes);
  }

  /** Packs the columns from `b` on, and moves `to` on. */
  #packPanel(columns: number): void {
    const code = this.#code;
    const { k, b } = this.#product;
    const v = this.#v;
    const at = (j: number) => Math.min(j, columns - 1) * b.column * floatBytes;
    const squares = b.row === 1 ? Math.floor(k / type.lanes) : 0;
    code.put(v.pb, v.b);
    this.#times(v.tiles, squares, () => {
      const square = this.#sums.slice(0, type.lanes);
      square.forEach((column, j) => {
        code.get(v.pb).access("v128.load", at(j)).set(column);
      });
      transpose(code, type, square, this.#factors);
      square.forEach((row, p) => {
        code
          .get(v.to)
          .get(row)
          .access("v128.store", p * vectorBytes);
      });
      code.advance(v.pb, vectorBytes).advance(v.to, type.lanes * vectorBytes);
    });
    this.#times(v.tiles, k - squares * type.lanes, () => {
      if (b.column === 1 && columns === type.lanes) code.get(v.to).get(v.pb).access("v128.load").access("v128.store");
      else
        for (let j = 0; j < type.lanes; j++)
          code
            .get(v.to)
            .get(v.pb)
            .access("f32.load", at(j))
            .access("f32.store", j * floatBytes);
      code.advance(v.pb, b.row * floatBytes).advance(v.to, vectorBytes);
    });
  }
}
