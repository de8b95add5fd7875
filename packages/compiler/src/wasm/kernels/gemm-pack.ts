/**
 * Packs rows (or columns) of a matrix side by side in panels, in the order in which the product's inner loop reads them.
 */
import type { Code, FunctionDefinition } from "../assembler.ts";
import { type FloatLanes, floatLanes, locals, transpose } from "./float-lanes.ts";

/**
 * Packs up to four lines of k elements: element p of line i goes to `to + p * toStep + bytes * i`. Lines that are lacking
 * repeat the first, so that no number appears that the matrix has not.
 *
 * Parameters: (from, bytes between lines, bytes between a line's elements, to, toStep, lines, k).
 */
export function packFour(type: FloatLanes = floatLanes.float32): FunctionDefinition {
  const { bytes, lanes, scalar } = type;
  return {
    name: "gemm.pack4",
    parameters: ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    exported: false,
    body: (code) => {
      const [from, line, step, to, toStep, lines, k] = [0, 1, 2, 3, 4, 5, 6];
      const pointers = [from, ...locals(code, 3, "i32")];
      const count = code.local("i32");
      for (const i of [1, 2, 3])
        code.push(pointers[i - 1], line, "i32.add", from, lines, [i], "i32.gt_s", "select").set(pointers[i]);
      code.push(step, [bytes], "i32.eq").branch(() => {
        code.put(count, k, [Math.log2(lanes)], "i32.shr_u").put(k, k, [lanes - 1], "i32.and");
        code.repeat(count, () => transposeLines(code, type, pointers, to, toStep));
      });
      code.push(line, [bytes], "i32.eq", lines, [3], "i32.gt_s", "i32.and").branch(() => {
        code.repeat(k, () => {
          for (let offset = 0; offset < 4 * bytes; offset += 16)
            code.get(to).get(from).access("v128.load", offset).access("v128.store", offset);
          code.put(from, from, step, "i32.add").put(to, to, toStep, "i32.add");
        });
      });
      code.repeat(k, () => {
        pointers.forEach((pointer, i) => {
          code
            .get(to)
            .get(pointer)
            .access(`${scalar}.load`)
            .access(`${scalar}.store`, i * bytes);
        });
        for (const pointer of pointers) code.put(pointer, pointer, step, "i32.add");
        code.put(to, to, toStep, "i32.add");
      });
    },
  };
}

/**
 * Packs six lines of k elements: element p of line i goes to `to + bytes * (6 p + i)`.
 *
 * Parameters: (from, bytes between lines, bytes between a line's elements, to, k).
 */
export function packSix({ bytes, scalar }: FloatLanes): FunctionDefinition {
  return {
    name: "gemm.pack6",
    parameters: ["i32", "i32", "i32", "i32", "i32"],
    exported: false,
    body: (code) => {
      const [from, line, step, to, k] = [0, 1, 2, 3, 4];
      const at = code.local("i32");
      const onward = () => code.put(from, from, step, "i32.add").advance(to, 6 * bytes);
      code.push(line, [bytes], "i32.eq").branch(() => {
        code.repeat(k, () => {
          const whole = (6 * bytes) & -16;
          for (let offset = 0; offset < whole; offset += 16)
            code.get(to).get(from).access("v128.load", offset).access("v128.store", offset);
          if (whole < 6 * bytes) code.get(to).get(from).access("i64.load", whole).access("i64.store", whole);
          onward();
        });
      });
      code.repeat(k, () => {
        code.put(at, from);
        for (let i = 0; i < 6; i++) {
          code
            .get(to)
            .get(at)
            .access(`${scalar}.load`)
            .access(`${scalar}.store`, i * bytes);
          code.put(at, at, line, "i32.add");
        }
        onward();
      });
    },
  };
}

/** As many elements as a vector has of each of four lines, transposed. */
function transposeLines(code: Code, type: FloatLanes, pointers: readonly number[], to: number, toStep: number): void {
  const rows = locals(code, 4);
  const spare = locals(code, 4);
  pointers.forEach((pointer, i) => {
    code.get(pointer).access("v128.load").set(rows[i]).advance(pointer, 16);
  });
  const parts = type.lanes === 4 ? [rows] : [rows.slice(0, 2), rows.slice(2)];
  for (const part of parts) transpose(code, type, part, spare);
  for (let p = 0; p < type.lanes; p++) {
    parts.forEach((part, i) => {
      code
        .get(to)
        .get(part[p])
        .access("v128.store", i * 16);
    });
    code.put(to, to, toStep, "i32.add");
  }
}

/**
 * Packs up to eight lines of k floats: element p of line i goes to `to + 32 p + 4 i`.
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
