/**
 * Products with few columns (or few rows, whose transposed product has few columns): up to four, of which tiles would
 * leave most empty. Vectors hold rows, and each element of B is multiplied with all of a vector.
 *
 * Rows that lie side by side are read where they are. Others are transposed in registers as they come, which processors
 * do beside multiplying; what limits these products is then the loads, one for each multiply-add. Sums go in the order of
 * tiles, so that which kernel computes a part of the result makes no difference to its bits.
 */
import { type Code, type FunctionDefinition, numbered, type Term } from "../assembler.ts";
import { locals, multiplyAdd, type ProductOptions, transpose } from "./float-lanes.ts";
import { accumulateFlag, storeSums } from "./gemm-epilogue.ts";
import { depth } from "./gemm-tile.ts";

/**
 * Strides are in bytes. `cRow` is one between rows, of which vectors hold several; what is added to all of a column has a
 * `biasRow` of 0.
 */
const parameters = numbered([
  ...(["a", "aRow", "aStep", "b", "bStep", "bColumn", "c", "cRow", "cColumn"] as const),
  ...(["rows", "k", "flags", "bias", "biasRow", "biasColumn", "scratch", "panel"] as const),
]);

/**
 * Vectors of rows to so many columns: about eight sums, to work on while each waits for the one before. With nine there is
 * no register left for a product.
 */
function vectorsFor(columns: number, relaxed: boolean): number {
  if (columns === 3) return relaxed ? 3 : 2;
  return 8 / columns;
}

/** Where a bias for each sum lies in scratch memory, after the sums. */
const biasScratch = 144;

/** Bytes of the rows that are packed at a time, and of the columns of B. */
const rowsBytes = 128 * depth;
export const panelBytes = rowsBytes + 4 * 8 * depth;

/** For how many columns, or rows, there are functions for few. */
export const fewWidths = [1, 2, 3, 4] as const;

/** C = A B (or C += A B) for so many columns; `panel` has `panelBytes` of scratch memory. */
export function fewFunction(columns: number, options: ProductOptions): FunctionDefinition {
  return {
    name: `gemm.few${columns}`,
    parameters: Object.keys(parameters).map(() => "i32"),
    exported: false,
    body: (code) => new Few(code, columns, options).write(),
  };
}

class Few {
  readonly #code: Code;
  readonly #options: ProductOptions;
  readonly #columns: number;
  readonly #vectors: number;
  readonly #v;
  #pauses = 0;
  /** For each column its vectors of sums, and where they are stored. */
  readonly #sums: readonly (readonly number[])[];
  readonly #to: readonly number[];
  readonly #splats: readonly number[];

  constructor(code: Code, columns: number, options: ProductOptions) {
    this.#code = code;
    this.#options = options;
    this.#columns = columns;
    this.#vectors = vectorsFor(columns, options.relaxed);
    this.#v = code.variables(
      ...(["left", "isWhole", "isApart", "i", "q", "from", "step", "pb", "count", "biasAt", "lines"] as const),
    );
    this.#sums = Array.from({ length: columns }, () => locals(code, this.#vectors));
    this.#to = locals(code, columns, "i32");
    this.#splats = locals(code, columns);
  }

  /** Rows that are computed at a time. */
  get #rows(): number {
    return this.#vectors * this.#options.type.lanes;
  }

  write(): void {
    const code = this.#code;
    const { bytes, lanes } = this.#options.type;
    const { a, aRow, aStep, c, cRow, rows, k, bias, biasRow } = parameters;
    const v = this.#v;
    this.#packColumns();
    code.count(v.i, rows, this.#rows, () => {
      code.put(v.left, rows, v.i, "i32.sub").put(v.isWhole, v.left, [this.#rows], "i32.ge_s");
      for (const sum of this.#sums.flat()) code.zero128().set(sum);
      code.put(v.pb, parameters.b);
      code
        .push(aStep, [bytes], "i32.eq", k, [lanes - 1], "i32.and", [0], "i32.eq", "i32.and", v.isWhole, "i32.and")
        .branch(
          () => this.#byRows(),
          () => {
            code.push(aRow, [bytes], "i32.eq", v.isWhole, "i32.and").branch(
              () => code.put(v.from, a).put(v.step, aStep),
              () => this.#pack(),
            );
            this.#byPanels();
          },
        );
      this.#finish();
      const onward = (pointer: number, step: number) =>
        code.put(pointer, step, [this.#rows], "i32.mul", pointer, "i32.add");
      onward(a, aRow);
      onward(c, cRow);
      code.get(bias).branch(() => onward(bias, biasRow));
    });
  }

  /** Rows each of which lies side by side, in whole vectors: a square of each vector's rows is transposed at a time. */
  #byRows(): void {
    const code = this.#code;
    const { lanes } = this.#options.type;
    const { a, aRow, bStep, k } = parameters;
    const v = this.#v;
    const square = locals(code, lanes);
    const spare = locals(code, lanes);
    code.put(v.from, a).put(v.count, k, [Math.log2(lanes)], "i32.shr_u");
    code.repeat(v.count, () => {
      code.put(v.q, v.from);
      for (let vector = 0; vector < this.#vectors; vector++) {
        for (const row of square) code.get(v.q).access("v128.load").set(row).put(v.q, v.q, aRow, "i32.add");
        transpose(code, this.#options.type, square, spare);
        code.put(v.step, v.pb);
        for (const rows of square) {
          this.#multiply(vector, rows, this.#elements(v.step));
          code.put(v.step, v.step, bStep, "i32.add");
          this.#pause();
        }
      }
      code.put(v.pb, v.step).advance(v.from, 16);
    });
  }

  /** Rows side by side, from `from` on, and `step` to the next along the inner axis. */
  #byPanels(): void {
    const code = this.#code;
    const { bStep, k } = parameters;
    const v = this.#v;
    const rows = code.local("v128");
    code.put(v.count, k);
    code.repeat(v.count, () => {
      const elements = this.#elements(v.pb);
      for (let i = 0; i < this.#vectors; i++) {
        code
          .get(v.from)
          .access("v128.load", i * 16)
          .set(rows);
        this.#multiply(i, rows, elements);
        if (i % 4 === 3 && i < this.#vectors - 1) this.#pause();
      }
      code.put(v.from, v.from, v.step, "i32.add").put(v.pb, v.pb, bStep, "i32.add");
    });
  }

  /** Loads an element of each column, at `pb`, into all lanes of locals. */
  #elements(pb: number): readonly number[] {
    const { splat, bytes } = this.#options.type;
    return this.#sums.map((_, j) => {
      const element = this.#splats[j];
      this.#code
        .get(pb)
        .access(splat, j * bytes)
        .set(element);
      return element;
    });
  }

  /** Adds a vector of rows times an element of each column. */
  #multiply(vector: number, rows: number, elements: readonly number[]): void {
    elements.forEach((element, j) => {
      multiplyAdd(this.#code, this.#options, this.#sums[j][vector], () => this.#code.get(element).get(rows));
    });
  }

  /**
   * The loop could end here, which it never does, so that the compiler keeps what comes after it there: V8 11 would load
   * so much before it multiplies that registers run out. With multiply-add it does not. No two conditions are the same, of
   * which it would ask one alone.
   */
  #pause(): void {
    if (!this.#options.relaxed) this.#code.push(this.#v.count, [-this.#pauses++], "i32.lt_s").leaveIf(1);
  }

  /** Packs the columns of B side by side where they do not lie so, after the rows' panel. */
  #packColumns(): void {
    const code = this.#code;
    const { bytes } = this.#options.type;
    const { b, bStep, bColumn, k, panel } = parameters;
    const { from } = this.#v;
    code.push(bColumn, [bytes], "i32.ne").branch(() => {
      code.put(from, panel, [rowsBytes], "i32.add");
      code.push(b, bColumn, bStep, from, [4 * bytes], [this.#columns], k).call("gemm.pack4");
      code.put(b, from).put(bStep, [4 * bytes]);
    });
  }

  /** Packs the rows at `a`, those that are lacking as repetitions. */
  #pack(): void {
    const code = this.#code;
    const { bytes } = this.#options.type;
    const { a, aRow, aStep, k, panel } = parameters;
    const v = this.#v;
    const step: Term = [Math.ceil(this.#rows / 4) * 4 * bytes];
    for (let row = 0; row < this.#rows; row += 4) {
      code.put(v.lines, v.left, [row], "i32.sub");
      code.push(a, aRow, [row], "i32.mul", "i32.add", a, v.lines, [0], "i32.gt_s", "select");
      code.push(aRow, aStep, panel, [row * bytes], "i32.add", step, v.lines, k).call("gemm.pack4");
    }
    code.put(v.from, panel).put(v.step, step);
  }

  /** What is not vectors of C is finished in scratch memory: column by column, as C is there. */
  #finish(): void {
    const code = this.#code;
    const { type } = this.#options;
    const { bytes } = type;
    const { c, cRow, cColumn, flags, bias, biasRow, biasColumn, scratch } = parameters;
    const v = this.#v;
    const stride = 16 * this.#vectors;
    const apart: Term[] = [scratch, [stride], [bytes]];
    const size: Term[] = [[this.#columns], v.lines];
    code.put(v.lines, v.left, [this.#rows], v.isWhole, "i32.eqz", "select");
    code.put(v.isApart, cRow, [bytes], "i32.ne", v.isWhole, "i32.eqz", "i32.or");
    this.#to.forEach((to, j) => {
      code.push(scratch, [j * stride], "i32.add", c, cColumn, [j], "i32.mul", "i32.add");
      code.push(v.isApart, "select").set(to);
    });
    code.push(flags, [accumulateFlag], "i32.and", v.isApart, "i32.and").branch(() => {
      code.push(c, cColumn, cRow, ...apart, ...size).call("gemm.copy");
    });
    code.get(bias).branch(() => {
      code.put(v.biasAt, scratch, [biasScratch], "i32.add");
      code.push(bias, biasColumn, biasRow, v.biasAt, [stride], [bytes], ...size).call("gemm.copy");
    });
    const sums = this.#sums.flatMap((column, j) =>
      column.map((local, i) => ({
        ...{ local, to: this.#to[j], offset: i * 16 },
        ...{ biasAt: v.biasAt, biasOffset: j * stride + i * 16 },
      })),
    );
    storeSums(code, type, flags, bias, sums);
    code.get(v.isApart).branch(() => {
      code.push(...apart, c, cColumn, cRow, ...size).call("gemm.copy");
    });
  }
}
