import { Generator } from "@chainrule/core";
import { multiplySmall } from "@chainrule/core/internal";
import { describe, expect, it } from "vitest";
import { assemble } from "../wasm/assembler.ts";
import { createMemory, instantiate } from "../wasm/host.ts";
import { type Gemm, gemmFunctions, gemmScratch, relaxedSimd } from "../wasm/kernels/gemm.ts";
import { packFour } from "../wasm/kernels/gemm-pack.ts";
import { areSmall, type SmallProduct, writeSmallProduct } from "./small-products.ts";

const generator = new Generator(31);
const memory = createMemory(8);
const floats = new Float32Array(memory.buffer);
const bytes = 4;

type Run = (a: number, b: number, c: number, scratch: number) => void;

function compile(product: SmallProduct, relaxed: boolean): Run {
  const [a, b, c, scratch] = [0, 1, 2, 3];
  const parameters = ["i32", "i32", "i32", "i32"] as const;
  const body = (code: Parameters<typeof writeSmallProduct>[0]) =>
    writeSmallProduct(code, product, { a, b, c, scratch });
  return instantiate<{ f: Run }>(assemble([{ name: "f", parameters, body }, packFour()], [], { relaxed }), memory).f;
}

/** By rows, by columns, or with gaps in both, and all of one number. */
function stridesOf(rows: number, columns: number) {
  const gap = generator.integer(0, 4);
  const kinds = [
    { row: columns + gap, column: 1 },
    { row: 1, column: rows + gap },
    { row: 2 * columns + gap, column: 2 },
    { row: 0, column: 0 },
  ];
  return kinds[generator.integer(0, 12) % kinds.length];
}

describe.each([false, ...(relaxedSimd() ? [true] : [])])("small products, with multiply-add: %s", (relaxed) => {
  const { gemm } = instantiate<{ gemm: Gemm }>(assemble(gemmFunctions({ relaxed })), memory);

  function check(m: number, n: number, k: number) {
    const product = { m, n, k, a: stridesOf(m, k), b: stridesOf(k, n), cRow: n + generator.integer(0, 5) };
    const { a, b, cRow } = product;
    const what = JSON.stringify(product);
    const sizeOf = (rows: number, columns: number, { row, column }: typeof a) =>
      (rows - 1) * row + (columns - 1) * column + 1;
    // From the end of the memory downwards: what is read beyond a matrix is not there.
    let top = floats.length;
    const place = (size: number) => {
      top -= size;
      return top;
    };
    const [atB, atA] = [place(sizeOf(k, n, b)), place(sizeOf(m, k, a))];
    const sizeC = (m - 1) * cRow + n;
    const [own, other] = [place(sizeC + 8), place(sizeC + 8)];
    const scratch = place(gemmScratch(n, k) / bytes);
    generator.fillNormal(floats.subarray(atA));
    floats.fill(7, other, atA);
    compile(product, relaxed)(atA * bytes, atB * bytes, own * bytes, scratch * bytes);
    gemm(
      ...[atA * bytes, a.row, a.column, atB * bytes, b.row, b.column],
      other * bytes,
      cRow,
      m,
      n,
      k,
      scratch * bytes,
      0,
      0,
    );
    // To the bit, and nothing beside the result is written.
    expect(floats.slice(own, own + sizeC + 8), what).toEqual(floats.slice(other, other + sizeC + 8));
    const clear = new Float64Array(m * n);
    const at = (start: number, strides: typeof a) => ({ data: floats, start, ...strides });
    multiplySmall(clear, 0, at(atA, a), at(atB, b), m, n, k);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        const difference = Math.abs(floats[own + i * cRow + j] - clear[i * n + j]);
        // The same number everywhere makes sums as large as its square times k.
        if (!(difference <= 4e-7 * (8 + k + Math.abs(clear[i * n + j]))))
          expect.fail(`element ${i}, ${j} of ${what}: ${difference} off`);
      }
  }

  it("are those of the kernel to the bit, and the clear ones, for all sizes around a tile's", () => {
    for (let m = 2; m <= 9; m++)
      for (let n = 2; n <= 17; n++) for (const k of [1, 2, 3, 4, 5, 8, 9, 16, 20, 32, 33]) check(m, n, k);
  }, 60_000);

  it("are so for random sizes", () => {
    for (let trial = 0; trial < 150; trial++) {
      const [m, n] = [generator.integer(2, 40), generator.integer(2, 40)];
      check(m, n, generator.integer(1, trial % 10 === 0 ? 257 : 70));
    }
  }, 60_000);

  it("let infinities and NaN through to their own rows and columns", () => {
    const product = { m: 7, n: 7, k: 5, a: { row: 5, column: 1 }, b: { row: 1, column: 5 }, cRow: 7 };
    const run = compile(product, relaxed);
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
      floats.fill(1, 0, 200);
      floats[5 * 2 + 3] = odd;
      floats[100 + 5 * 6 + 1] = odd;
      run(0, 100 * bytes, 200 * bytes, 1000 * bytes);
      for (let i = 0; i < 7; i++)
        for (let j = 0; j < 7; j++)
          expect(Number.isFinite(floats[200 + 7 * i + j]), `${i}, ${j}`).toBe(i !== 2 && j !== 6);
    }
  });
});

it("are many, of more than one row and column, and read forwards", () => {
  const product = { m: 4, n: 4, k: 4, a: { row: 4, column: 1 }, b: { row: 4, column: 1 } };
  expect(areSmall(product, 4)).toBe(true);
  expect(areSmall(product, 3)).toBe(false);
  expect(areSmall({ ...product, m: 1 }, 4)).toBe(false);
  expect(areSmall({ ...product, n: 1 }, 4)).toBe(false);
  expect(areSmall({ ...product, k: 0 }, 4)).toBe(false);
  expect(areSmall({ ...product, k: 257 }, 4)).toBe(false);
  expect(areSmall({ ...product, a: { row: -4, column: 1 } }, 4)).toBe(false);
});
