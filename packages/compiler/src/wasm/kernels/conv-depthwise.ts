/**
 * Depthwise convolution: each image has a kernel of its own, so that there is nothing to share between kernels, and vectors
 * hold outputs that lie side by side in a row. It reads and multiplies once for each tap, which limits it, not memory.
 */
import { type FunctionDefinition, numbered } from "../assembler.ts";
import { floatLanes, locals, multiplyAdd } from "./float-lanes.ts";

/** The fewest columns of an output. */
export const fewestColumns = 4;

/**
 * `columns` numbers of each of `rows` rows of y, of which x has `xRow` bytes to each: Σ w[k] x[taps[k] + 0 …], for each row
 * as many as fit whole vectors, the last of which begin earlier where they would end too late.
 */
export function rowsFunction(relaxed: boolean): FunctionDefinition {
  const p = numbered(["x", "xRow", "taps", "w", "k", "y", "rows", "columns"]);
  const options = { type: floatLanes.float32, relaxed };
  return {
    name: "conv.rows",
    parameters: Object.keys(p).map(() => "i32"),
    exported: false,
    body: (code) => {
      const v = code.variables("from", "left", "tap", "w", "count", "at", "back");
      const [weight, ...sums] = locals(code, 5);
      const row = (vectors: number) => {
        const used = sums.slice(0, vectors);
        code.loop(() => {
          code.put(v.back, [4 * vectors], v.left, "i32.sub");
          code.put(v.back, v.back, [0], v.back, [0], "i32.gt_s", "select");
          code.put(v.back, v.back, [2], "i32.shl");
          code.put(v.from, v.from, v.back, "i32.sub").put(p.y, p.y, v.back, "i32.sub");
          for (const sum of used) code.zero128().set(sum);
          code.put(v.tap, p.taps).put(v.w, p.w).put(v.count, p.k);
          code.repeat(v.count, () => {
            code.get(v.w).access("v128.load32_splat").set(weight);
            code.put(v.at, v.from).get(v.tap).access("i32.load").get(v.at).op("i32.add").set(v.at);
            used.forEach((sum, i) => {
              multiplyAdd(code, options, sum, () =>
                code
                  .get(weight)
                  .get(v.at)
                  .access("v128.load", i * 16),
              );
            });
            code.advance(v.tap, 4).advance(v.w, 4);
          });
          used.forEach((sum, i) => {
            code
              .get(p.y)
              .get(sum)
              .access("v128.store", i * 16);
          });
          code.advance(v.from, 16 * vectors).advance(p.y, 16 * vectors);
          code
            .advance(v.left, -4 * vectors)
            .push(v.left, [0], "i32.gt_s")
            .leaveIf();
        });
      };
      code.repeat(p.rows, () => {
        code.put(v.from, p.x).put(v.left, p.columns);
        code.push(p.columns, [16], "i32.ge_s").branch(
          () => row(4),
          () =>
            code.push(p.columns, [8], "i32.ge_s").branch(
              () => row(2),
              () => row(1),
            ),
        );
        code.put(p.x, p.x, p.xRow, "i32.add");
      });
    },
  };
}

/** Adds to what is at `to` the products of x's and g's rows, added up. */
export function rowDotsFunction(relaxed: boolean): FunctionDefinition {
  const p = numbered(["x", "xRow", "g", "rows", "columns", "to"]);
  const options = { type: floatLanes.float32, relaxed };
  return {
    name: "conv.rowDots",
    parameters: Object.keys(p).map(() => "i32"),
    exported: false,
    body: (code) => {
      const v = code.variables("from", "count");
      const sums = locals(code, 4);
      const step = (load: "v128.load" | "v128.load32_zero", vectors: number, bytes: number) => {
        code.repeat(v.count, () => {
          sums.slice(0, vectors).forEach((sum, i) => {
            multiplyAdd(code, options, sum, () =>
              code
                .get(v.from)
                .access(load, i * 16)
                .get(p.g)
                .access(load, i * 16),
            );
          });
          code.advance(v.from, bytes).advance(p.g, bytes);
        });
      };
      code.repeat(p.rows, () => {
        code.put(v.from, p.x).put(v.count, p.columns, [4], "i32.shr_u");
        step("v128.load", 4, 64);
        code.put(v.count, p.columns, [2], "i32.shr_u", [3], "i32.and");
        step("v128.load", 1, 16);
        code.put(v.count, p.columns, [3], "i32.and");
        step("v128.load32_zero", 1, 4);
        code.put(p.x, p.x, p.xRow, "i32.add");
      });
      const [a, b, c, d] = sums;
      code.put(a, a, b, "f32x4.add", c, d, "f32x4.add", "f32x4.add");
      code.get(p.to).get(p.to).access("f32.load");
      for (const lane of [0, 1, 2, 3]) code.get(a).lane("f32x4.extract_lane", lane).op("f32.add");
      code.access("f32.store");
    },
  };
}
