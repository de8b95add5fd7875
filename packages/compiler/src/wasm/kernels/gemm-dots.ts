/**
 * The product of a matrix whose rows lie side by side and a vector: dot products, lanes along the inner axis.
 *
 * Each element of the matrix is read once, where it lies: one load for each multiply-add, of which processors do about as
 * many, if the cache that the matrix is in gives them.
 */
import { type FunctionDefinition, numbered } from "../assembler.ts";
import { locals, multiplyAdd, type ProductOptions, transpose } from "./float-lanes.ts";
import { storeSums } from "./gemm-epilogue.ts";

/** Strides are in bytes; y has m elements, x has k. `scratch` takes eight numbers, and their bias. */
const parameters = numbered([
  ...(["a", "aRow", "x", "y", "yStep", "m", "k", "flags", "bias", "biasStep", "scratch"] as const),
]);

/** Rows at a time: so many sums, which each wait for the one before. */
const most = 8;
const biasScratch = 64;

/** y = A x (or y += A x), as `gemm.dots`. */
export function dotsFunction(options: ProductOptions): FunctionDefinition {
  const { bytes, lanes, vector, zero } = options.type;
  return {
    name: "gemm.dots",
    parameters: Object.keys(parameters).map(() => "i32"),
    exported: false,
    body: (code) => {
      const { a, aRow, x, y, yStep, m, k, flags, bias, biasStep, scratch } = parameters;
      const v = code.variables("rows", "from", "p", "q", "count", "biasAt");
      const [sums, spare, [element]] = [locals(code, most), locals(code, lanes), locals(code, 1)];
      const dots = (rows: number) => {
        const step = (load: "v128.load" | typeof zero, by: number) => {
          code.get(v.q).access(load).set(element).put(v.p, v.from);
          for (const sum of sums.slice(0, rows)) {
            multiplyAdd(code, options, sum, () => code.get(v.p).access(load).get(element));
            code.put(v.p, v.p, aRow, "i32.add");
          }
          code.advance(v.q, by).advance(v.from, by);
        };
        code.put(v.count, k, [Math.log2(lanes)], "i32.shr_u").repeat(v.count, () => step("v128.load", 16));
        code.put(v.count, k, [lanes - 1], "i32.and").repeat(v.count, () => step(zero, bytes));
      };
      code.block(() =>
        code.loop(() => {
          code.push(m, [0], "i32.le_s").leaveIf(1);
          code.put(v.from, a).put(v.q, x);
          for (const sum of sums) code.zero128().set(sum);
          code.put(v.rows, [most], [1], m, [most], "i32.ge_s", "select");
          code.push(m, [most], "i32.ge_s").branch(
            () => dots(most),
            () => dots(1),
          );
          for (let i = 0; i < most; i += lanes) {
            const each = sums.slice(i, i + lanes);
            transpose(code, options.type, each, spare);
            for (let half = lanes >> 1; half > 0; half >>= 1)
              for (let j = 0; j < half; j++) code.put(each[j], each[2 * j], each[2 * j + 1], `${vector}.add`);
          }
          const size = [[1], v.rows] as const;
          code.push(flags, bias, "i32.or").branch(() => {
            code.put(v.biasAt, scratch, [biasScratch], "i32.add");
            code.push(y, [0], yStep, scratch, [0], [bytes], ...size).call("gemm.copy");
            code.get(bias).branch(() => {
              code.push(bias, [0], biasStep, v.biasAt, [0], [bytes], ...size).call("gemm.copy");
            });
          });
          const totals = Array.from({ length: most / lanes }, (_, i) => ({
            ...{ local: sums[i * lanes], to: scratch, offset: 16 * i, biasAt: v.biasAt, biasOffset: 16 * i },
          }));
          storeSums(code, options.type, flags, bias, totals);
          code.push(scratch, [0], [bytes], y, [0], yStep, ...size).call("gemm.copy");
          code.put(a, aRow, v.rows, "i32.mul", a, "i32.add").put(y, yStep, v.rows, "i32.mul", y, "i32.add");
          code.get(bias).branch(() => code.put(bias, biasStep, v.rows, "i32.mul", bias, "i32.add"));
          code.put(m, m, v.rows, "i32.sub").leave();
        }),
      );
    },
  };
}
