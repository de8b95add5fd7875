/**
 * Packs rows (or columns) of a matrix side by side in panels, in the order in which the product's inner loop reads them.
 */
import type { Code, FunctionDefinition } from "../assembler.ts";

/**
 * Packs up to four lines of k elements: element p of line i goes to `to + p * toStep + 4 i`. Lines that are lacking
 * repeat the first, so that no number appears that the matrix has not.
 *
 * Parameters: (from, bytes between lines, bytes between a line's elements, to, toStep, lines, k).
 */
export const packFourFunction: FunctionDefinition = {
  name: "gemm.pack4",
  parameters: ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
  exported: false,
  body: (code) => {
    const [from, line, step, to, toStep, lines, k] = [0, 1, 2, 3, 4, 5, 6];
    const pointers = [from, code.local("i32"), code.local("i32"), code.local("i32")];
    const count = code.local("i32");
    for (const i of [1, 2, 3])
      code.push(pointers[i - 1], line, "i32.add", from, lines, [i], "i32.gt_s", "select").set(pointers[i]);
    code.push(step, [4], "i32.eq").branch(() => {
      code.put(count, k, [2], "i32.shr_u").put(k, k, [3], "i32.and");
      code.repeat(count, () => transposeFour(code, pointers, to, toStep));
    });
    code.push(line, [4], "i32.eq", lines, [3], "i32.gt_s", "i32.and").branch(() => {
      code.repeat(k, () => {
        code.get(to).get(from).access("v128.load").access("v128.store");
        code.put(from, from, step, "i32.add").put(to, to, toStep, "i32.add");
      });
    });
    code.repeat(k, () => {
      pointers.forEach((pointer, i) => {
        code
          .get(to)
          .get(pointer)
          .access("f32.load")
          .access("f32.store", i * 4);
      });
      for (const pointer of pointers) code.put(pointer, pointer, step, "i32.add");
      code.put(to, to, toStep, "i32.add");
    });
  },
};

/**
 * Packs six lines of k elements: element p of line i goes to `to + 24 p + 4 i`.
 *
 * Parameters: (from, bytes between lines, bytes between a line's elements, to, k).
 */
export const packSixFunction: FunctionDefinition = {
  name: "gemm.pack6",
  parameters: ["i32", "i32", "i32", "i32", "i32"],
  exported: false,
  body: (code) => {
    const [from, line, step, to, k] = [0, 1, 2, 3, 4];
    const at = code.local("i32");
    code.push(line, [4], "i32.eq").branch(() => {
      code.repeat(k, () => {
        code.get(to).get(from).access("v128.load").access("v128.store");
        code.get(to).get(from).access("i64.load", 16).access("i64.store", 16);
        code.put(from, from, step, "i32.add").advance(to, 24);
      });
    });
    code.repeat(k, () => {
      code.put(at, from);
      for (let i = 0; i < 6; i++) {
        code
          .get(to)
          .get(at)
          .access("f32.load")
          .access("f32.store", i * 4);
        code.put(at, at, line, "i32.add");
      }
      code.put(from, from, step, "i32.add").advance(to, 24);
    });
  },
};

/** Four elements of each of four lines, transposed. */
function transposeFour(code: Code, pointers: readonly number[], to: number, toStep: number): void {
  const rows = pointers.map(() => code.local("v128"));
  const pairs = pointers.map(() => code.local("v128"));
  pointers.forEach((pointer, i) => {
    code.get(pointer).access("v128.load").set(rows[i]).advance(pointer, 16);
  });
  transpose(code, rows, pairs);
  for (const row of rows) {
    code.get(to).get(row).access("v128.store").put(to, to, toStep, "i32.add");
  }
}

/** Transposes four vectors in place; `spare` are four more locals. */
export function transpose(code: Code, rows: readonly number[], spare: readonly number[]): void {
  const [a, b, c, d] = rows;
  const [ab, abHigh, cd, cdHigh] = spare;
  code.get(a).get(b).shuffle(0, 4, 1, 5).set(ab).get(a).get(b).shuffle(2, 6, 3, 7).set(abHigh);
  code.get(c).get(d).shuffle(0, 4, 1, 5).set(cd).get(c).get(d).shuffle(2, 6, 3, 7).set(cdHigh);
  code.get(ab).get(cd).shuffle(0, 1, 4, 5).set(a).get(ab).get(cd).shuffle(2, 3, 6, 7).set(b);
  code.get(abHigh).get(cdHigh).shuffle(0, 1, 4, 5).set(c).get(abHigh).get(cdHigh).shuffle(2, 3, 6, 7).set(d);
}

/**
 * Packs up to eight lines of k elements: element p of line i goes to `to + 32 p + 4 i`.
 *
 * Parameters: (from, bytes between lines, bytes between a line's elements, to, lines, k).
 */
export const packEightFunction: FunctionDefinition = {
  name: "gemm.pack8",
  parameters: ["i32", "i32", "i32", "i32", "i32", "i32"],
  exported: false,
  body: (code) => {
    const [from, line, step, to, lines, k] = [0, 1, 2, 3, 4, 5];
    code.push(line, [4], "i32.eq", lines, [8], "i32.eq", "i32.and").branch(
      () => {
        code.repeat(k, () => {
          code.get(to).get(from).access("v128.load").access("v128.store");
          code.get(to).get(from).access("v128.load", 16).access("v128.store", 16);
          code.put(from, from, step, "i32.add").advance(to, 32);
        });
      },
      () => {
        code.push(from, line, step, to, [32], lines, k).call("gemm.pack4");
        // The panel's second half; where it is empty, anything that keeps it from holding slow or wild numbers.
        code.push(line, [2], "i32.shl", from, "i32.add", from, lines, [4], "i32.gt_s", "select");
        code.push(line, step, to, [16], "i32.add", [32], lines, [4], "i32.sub", k).call("gemm.pack4");
      },
    );
  },
};
