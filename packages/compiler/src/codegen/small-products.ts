/**
 * Products so small that a call of the kernel for large ones would take a good part of their time: those of attention, one for
 * each head of each example. Their sizes and strides are known, so each load has its offset as a constant, the first matrix is
 * read where it lies, whatever its order, and nothing is asked of sizes at run time.
 *
 * An element is summed along the inner axis from 0 on, as the kernel does: which of the two computes it makes no difference to
 * its bits.
 */
import { sizeOf } from "@chainrule/core";
import type { FusionGroup } from "../ir/fused-graph.ts";
import type { Code, FunctionDefinition } from "../wasm/assembler.ts";
import { floatLanes, locals, transpose } from "../wasm/kernels/float-lanes.ts";
import { packFour } from "../wasm/kernels/gemm-pack.ts";
import { depth, tileRows, tileStep, tileVectors } from "../wasm/kernels/gemm-tile.ts";
import type { Product } from "./matmul.ts";

const type = floatLanes.float32;
const floatBytes = 4;
const vectorBytes = 16;

/** With fewer products their code is not worth its compilation. */
const fewestProducts = 4;
/** Both matrices fit the first cache. */
const mostNumbers = 8192;

/**
 * Steps of the inner axis to a turn of the loop, where multiply and add are two instructions and where they are one: a turn
 * costs as much as a step, and there are seldom more of them than this.
 */
const longTurn = 32;
const shortTurn = 8;
/** Squares of four by four numbers that are transposed in a turn. */
const mostSquares = 4;

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

/** What the code of small products calls: its module has to have it. */
const packFunction = packFour();

/** Whether any of the groups' products may call it. */
const mayPack = ({ kind, members: [node] }: FusionGroup) => kind === "matmul" && node.shape.length > 2;

/** What the code of small products among the groups calls. */
export function helpersOf(groups: readonly FusionGroup[]): FunctionDefinition[] {
  return groups.some(mayPack) ? [packFunction] : [];
}

/** Writes the code of a product of a compiled program, if it is one of many small ones that do nothing but multiply. */
export function writeIfSmall(code: Code, product: Product, pointers: Pointers): boolean {
  const { dtype, bias, relu, packed, batch, c } = product;
  const isPlain = dtype === "float32" && bias === null && !relu && !packed;
  if (!isPlain || !areSmall(product, sizeOf(batch))) return false;
  writeSmallProduct(code, { ...product, cRow: c.row }, pointers);
  return true;
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
  readonly #vectors: readonly number[];

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
    this.#vectors = locals(code, tileVectors(code.relaxed));
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
    const steps = Math.min(code.relaxed ? shortTurn : longTurn, k);
    const own = { sums: this.#sums, vectors: this.#vectors };
    const lines = Array.from({ length: rows }, (_, row) => row);
    code.inTurns(v.count, steps, (u) => {
      const halves = widths.map((_, i) => [v.pb, u * this.#bStep + i * this.#bVector] as const);
      const elements = lines.map((row) => [v.pa, row * a.row * floatBytes] as const);
      tileStep(code, { type, relaxed: code.relaxed }, own, halves, elements);
      // One pointer that moves, and rows at the same offsets in all steps: V8 11 adds an offset of a broadcast by an instruction.
      code.advance(v.pa, a.column * floatBytes);
      if (u === steps - 1) code.advance(v.pb, steps * this.#bStep);
    });
    this.#store(rows, widths);
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
        for (let lane = 0; lane < width; lane++)
          code
            .get(to)
            .get(sum)
            .accessLane("v128.store32_lane", lane, at + lane * floatBytes);
      });
  }

  /** Packs B in panels of four columns. */
  #pack(): void {
    const code = this.#code;
    const { n, k, b } = this.#product;
    const v = this.#v;
    const lines = (columns: number) => {
      code.push(v.b, [b.column * floatBytes], [b.row * floatBytes], v.to, [vectorBytes], [columns], [k]);
      code.call(packFunction.name);
    };
    const areSquares = b.row === 1 && k % type.lanes === 0;
    code.put(v.b, this.#pointers.b).put(v.to, this.#pointers.scratch);
    this.#times(v.panels, Math.floor(n / type.lanes), () => {
      if (areSquares) this.#packSquares();
      else lines(type.lanes);
      code.advance(v.b, type.lanes * b.column * floatBytes).advance(v.to, k * vectorBytes);
    });
    if (n % type.lanes > 0) lines(n % type.lanes);
  }

  /** Packs four columns each of which lies side by side: four numbers of each at a time, transposed in registers. */
  #packSquares(): void {
    const code = this.#code;
    const { k, b } = this.#product;
    const v = this.#v;
    const [square, spare] = [this.#sums.slice(0, 4), this.#sums.slice(4)];
    const squares = k / type.lanes;
    const steps = Math.min(mostSquares, squares);
    code.put(v.pa, v.b).put(v.pb, v.to).put(v.count, [squares]);
    code.inTurns(v.count, steps, (u) => {
      square.forEach((column, i) => {
        code
          .get(v.pa)
          .access("v128.load", i * b.column * floatBytes + u * vectorBytes)
          .set(column);
      });
      transpose(code, type, square, spare);
      square.forEach((row, i) => {
        code
          .get(v.pb)
          .get(row)
          .access("v128.store", (4 * u + i) * vectorBytes);
      });
      if (u === steps - 1) code.advance(v.pa, steps * vectorBytes).advance(v.pb, 4 * steps * vectorBytes);
    });
  }
}
