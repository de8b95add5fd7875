/**
 * The float64 matrix product in WebAssembly: as `gemm.ts`, in one way for all shapes. Panels of four rows of A and of
 * four columns of B, and tiles of 4 x 4 running sums.
 */
import { type Code, type FunctionDefinition, numbered, type Term } from "../assembler.ts";

/** Blocks along the inner axis, the rows and the columns: a panel of B takes 8 KiB, a block of A 128 KiB. */
const depth = 256;
const rowBlock = 64;
const columnBlock = 256;
const tile = 4;
const tileBytes = tile * tile * 8;
const rowBytes = tile * 8;

/**
 * C = A B for doubles. Addresses are in bytes, strides in elements: element (i, j) of A lies at
 * `a + 8 (i aRow + j aColumn)`; C's columns are contiguous. `scratch` has `gemm64Scratch` bytes.
 */
export type Gemm64 = (
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
) => void;

const parameters = numbered([
  ...(["a", "aRow", "aColumn", "b", "bRow", "bColumn", "c", "cRow"] as const),
  ...(["m", "n", "k", "scratch"] as const),
]);

/** Bytes of scratch memory that a product of n columns and inner length k takes, whatever its rows. */
export function gemm64Scratch(n: number, k: number): number {
  const columns = Math.ceil(Math.min(n, columnBlock) / tile) * tile;
  return tileBytes + (rowBlock + columns) * Math.min(k, depth) * 8;
}

/** The functions of a module that multiplies doubles. */
export function gemm64Functions(): readonly FunctionDefinition[] {
  return [
    { name: "gemm64", parameters: Object.keys(parameters).map(() => "i32"), body: (code) => new Blocks(code).write() },
    packFunction,
    tileFunction,
    edgeFunction,
  ];
}

/** The loops over blocks: of columns, of the inner axis, of rows; and over the tiles of a block. */
class Blocks {
  readonly #code: Code;
  readonly #v;

  constructor(code: Code) {
    this.#code = code;
    this.#v = code.variables(
      ...(["left", "top", "from", "columns", "rows", "inner", "i", "j", "width", "height"] as const),
      ...(["panelsA", "panelsB", "to"] as const),
    );
  }

  write(): void {
    const code = this.#code;
    const v = this.#v;
    const { a, aRow, aColumn, b, bRow, bColumn, cRow, m, n, k, scratch } = parameters;
    for (const stride of [aRow, aColumn, bRow, bColumn, cRow]) code.put(stride, stride, [3], "i32.shl");
    code.put(v.panelsA, scratch, [tileBytes], "i32.add");
    code.count(v.left, n, columnBlock, () => {
      this.#smaller(v.columns, n, v.left, columnBlock);
      // Once even where k is 0, so that C is written.
      code.put(v.from, [0]).loop(() => {
        this.#smaller(v.inner, k, v.from, depth);
        code.put(v.panelsB, v.inner, [Math.log2(rowBlock * 8)], "i32.shl", v.panelsA, "i32.add");
        this.#pack(v.columns, b, bColumn, bRow, v.left, v.panelsB);
        code.count(v.top, m, rowBlock, () => {
          this.#smaller(v.rows, m, v.top, rowBlock);
          this.#pack(v.rows, a, aRow, aColumn, v.top, v.panelsA);
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

  /** Packs the rows of a block side by side in panels of four, `from` being where the inner axis stands. */
  #pack(lines: number, matrix: number, line: number, step: number, first: number, panels: number): void {
    const code = this.#code;
    const v = this.#v;
    code.count(v.i, lines, tile, () => {
      code.push(matrix, first, v.i, "i32.add", line, "i32.mul", "i32.add", v.from, step, "i32.mul", "i32.add");
      code.push(line, step, panels, v.i, v.inner, "i32.mul", [3], "i32.shl", "i32.add");
      code.push(lines, v.i, "i32.sub", v.inner).call("gemm64.pack");
    });
  }

  #tiles(): void {
    const code = this.#code;
    const v = this.#v;
    const { c, cRow, scratch } = parameters;
    code.count(v.j, v.columns, tile, () => {
      this.#smaller(v.width, v.columns, v.j, tile);
      code.put(v.to, v.top, cRow, "i32.mul", v.left, v.j, "i32.add", [3], "i32.shl", "i32.add", c, "i32.add");
      code.count(v.i, v.rows, tile, () => {
        this.#smaller(v.height, v.rows, v.i, tile);
        const partial: Term[] = [v.width, v.height, "i32.add", [2 * tile], "i32.lt_s"];
        const panel = (panels: number, line: number): Term[] => [
          ...[panels, line, v.inner],
          ...(["i32.mul", [3], "i32.shl", "i32.add"] as const),
        ];
        code.push(...panel(v.panelsA, v.i), ...panel(v.panelsB, v.j), v.inner);
        code.push(scratch, v.to, ...partial, "select", [rowBytes], cRow, ...partial, "select");
        // A tile that sticks out of C is finished in scratch memory.
        code.push([0], v.from, ...partial, "select").call("gemm64.tile");
        code.push(...partial).branch(() => {
          code.push(scratch, v.to, cRow, v.height, v.width, v.from).call("gemm64.edge");
        });
        code.put(v.to, cRow, [2], "i32.shl", v.to, "i32.add");
      });
    });
  }
}

/**
 * (from, bytes between lines, bytes between a line's elements, to, lines, k): element p of line i goes to
 * `to + 32 p + 8 i`, for four lines; those that are lacking repeat the first.
 */
const packFunction: FunctionDefinition = {
  name: "gemm64.pack",
  parameters: ["i32", "i32", "i32", "i32", "i32", "i32"],
  exported: false,
  body: (code) => {
    const [from, line, step, to, lines, k] = [0, 1, 2, 3, 4, 5];
    const pointers = [from, code.local("i32"), code.local("i32"), code.local("i32")];
    for (const i of [1, 2, 3])
      code.push(pointers[i - 1], line, "i32.add", from, lines, [i], "i32.gt_s", "select").set(pointers[i]);
    code.repeat(k, () => {
      pointers.forEach((pointer, i) => {
        code
          .get(to)
          .get(pointer)
          .access("f64.load")
          .access("f64.store", i * 8);
      });
      for (const pointer of pointers) code.put(pointer, pointer, step, "i32.add");
      code.advance(to, rowBytes);
    });
  },
};

/** (a, b, k, c, bytes between rows of c, adds): the product of two panels, in place of what is in C or added to it. */
const tileFunction: FunctionDefinition = {
  name: "gemm64.tile",
  parameters: ["i32", "i32", "i32", "i32", "i32", "i32"],
  exported: false,
  body: (code) => {
    const [a, b, k, c, row, adds] = [0, 1, 2, 3, 4, 5];
    const [b0, b1, broadcast, ...sums] = Array.from({ length: 11 }, () => code.local("v128"));
    code.repeat(k, () => {
      code.get(b).access("v128.load").set(b0).get(b).access("v128.load", 16).set(b1);
      for (let i = 0; i < tile; i++) {
        code
          .get(a)
          .access("v128.load64_splat", i * 8)
          .set(broadcast);
        code.put(sums[2 * i], sums[2 * i], broadcast, b0, "f64x2.mul", "f64x2.add");
        code.put(sums[2 * i + 1], sums[2 * i + 1], broadcast, b1, "f64x2.mul", "f64x2.add");
      }
      code.advance(a, rowBytes).advance(b, rowBytes);
    });
    for (let i = 0; i < tile; i++) {
      code.get(adds).branch(() => {
        for (const half of [0, 1])
          code
            .get(sums[2 * i + half])
            .get(c)
            .access("v128.load", half * 16)
            .op("f64x2.add")
            .set(sums[2 * i + half]);
      });
      for (const half of [0, 1])
        code
          .get(c)
          .get(sums[2 * i + half])
          .access("v128.store", half * 16);
      code.put(c, c, row, "i32.add");
    }
  },
};

/** (tile, c, bytes between rows of c, rows, columns, adds): the part of a tile that belongs to C. */
const edgeFunction: FunctionDefinition = {
  name: "gemm64.edge",
  parameters: ["i32", "i32", "i32", "i32", "i32", "i32"],
  exported: false,
  body: (code) => {
    const [from, c, row, rows, columns, adds] = [0, 1, 2, 3, 4, 5];
    const v = code.variables("p", "q", "left");
    const x = code.local("f64");
    code.repeat(rows, () => {
      code.put(v.p, from).put(v.q, c).put(v.left, columns);
      code.repeat(v.left, () => {
        code.get(v.p).access("f64.load").set(x);
        code.get(adds).branch(() => code.get(v.q).access("f64.load").get(x).op("f64.add").set(x));
        code.get(v.q).get(x).access("f64.store").advance(v.p, 8).advance(v.q, 8);
      });
      code.advance(from, rowBytes).put(c, c, row, "i32.add");
    });
  },
};
