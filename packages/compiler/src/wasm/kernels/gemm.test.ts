import { Generator } from "@chainrule/core";
import { multiplySmall } from "@chainrule/core/internal";
import { describe, expect, it } from "vitest";
import { assemble } from "../assembler.ts";
import { createMemory, instantiate } from "../host.ts";
import { type Gemm, gemmFunctions, gemmNames, gemmScratch, panelDepth, relaxedSimd } from "./gemm.ts";
import { accumulateFlag, packedFlag, reluFlag } from "./gemm-epilogue.ts";

const generator = new Generator(11);
const pages = 64;
const memory = createMemory(pages);

/** A kernel, and how its numbers are reached. */
interface Kernel {
  readonly gemm: Gemm;
  readonly dtype: keyof typeof gemmNames;
  readonly numbers: Float32Array | Float64Array;
  readonly end: number;
}

function compile(dtype: keyof typeof gemmNames, relaxed: boolean): Kernel {
  const functions = instantiate<Record<string, Gemm>>(assemble(gemmFunctions({ dtype, relaxed })), memory);
  const numbers = dtype === "float32" ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
  return { gemm: functions[gemmNames[dtype]], dtype, numbers, end: numbers.length };
}

const compiled = (["float32", "float64"] as const).flatMap((dtype) =>
  [false, ...(relaxedSimd() ? [true] : [])].map(
    (relaxed) => [`${dtype}, ${relaxed ? "relaxed multiply-add" : "two roundings"}`, compile(dtype, relaxed)] as const,
  ),
);

/** Hands out places from the memory's end downwards, so that what reads too far leaves the memory. */
function allocator(end: number) {
  let top = end;
  return (count: number): number => {
    top -= count;
    return top;
  };
}

interface Layout {
  readonly row: number;
  readonly column: number;
  readonly size: number;
}

/** By rows, by columns, with gaps, backwards in neither. */
function layout(rows: number, columns: number): Layout {
  const gap = generator.integer(0, 3);
  const kind = generator.integer(0, 3);
  const strides =
    kind === 0
      ? { row: columns + gap, column: 1 }
      : kind === 1
        ? { row: 1, column: rows + gap }
        : { row: (columns + gap) * 2, column: 2 };
  return {
    ...strides,
    size: rows > 0 && columns > 0 ? (rows - 1) * strides.row + (columns - 1) * strides.column + 1 : 0,
  };
}

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly flags?: number;
  readonly biased?: boolean;
  readonly fill?: (x: Float32Array | Float64Array) => void;
}

function check(kernel: Kernel, { m, n, k, flags = 0, biased = false, fill }: Case): void {
  const { gemm, dtype, numbers, end } = kernel;
  const bytes = numbers.BYTES_PER_ELEMENT;
  const place = allocator(end);
  const [la, lb] = [layout(m, k), layout(k, n)];
  const cRow = n + generator.integer(0, 3);
  const a = place(la.size);
  const b = place(lb.size);
  const bias = biased ? place(n) : 0;
  const sizeC = m > 0 ? (m - 1) * cRow + n : 0;
  const c = place(sizeC);
  const scratch = place(gemmScratch(n, k, dtype) / bytes);
  const guard = scratch - 16;
  numbers.fill(Number.NaN, guard, c);
  generator.fillNormal(numbers.subarray(c, end));
  fill?.(numbers.subarray(a, a + la.size));
  numbers.fill(123, guard, scratch);
  const before = numbers.slice(c, c + sizeC);
  const inputs = numbers.slice(c + sizeC, end);

  const clear = new Float64Array(m * n);
  const [matrixA, matrixB] = [
    { data: numbers, start: a, row: la.row, column: la.column },
    { data: numbers, start: b, row: lb.row, column: lb.column },
  ];
  multiplySmall(clear, 0, matrixA, matrixB, m, n, k);
  const expected = before.slice();
  const element = (i: number, j: number) => i * cRow + j;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let x = clear[i * n + j];
      if (flags & accumulateFlag) x += before[element(i, j)];
      if (biased) x += numbers[bias + j];
      if (flags & reluFlag && x < 0) x = 0;
      expected[element(i, j)] = x;
    }

  const at = (place: number) => place * bytes;
  gemm(at(a), la.row, la.column, at(b), lb.row, lb.column, at(c), cRow, m, n, k, at(scratch), flags, at(bias));

  const what = JSON.stringify({ m, n, k, la, lb, cRow, flags, biased });
  const got = numbers.slice(c, c + sizeC);
  const tolerance = (dtype === "float32" ? 4e-7 : 1e-15) * (8 + k);
  expected.forEach((x, i) => {
    const same = Object.is(got[i], x) || Math.abs(got[i] - x) <= tolerance;
    if (!same) expect.fail(`element ${i} of ${what}: ${got[i]}, not ${x}`);
  });
  if (!inputs.every((x, i) => Object.is(x, numbers[c + sizeC + i]))) expect.fail(`changed the inputs of ${what}`);
  expect(numbers.slice(guard, scratch).every((x) => x === 123)).toBe(true);
}

describe.each(compiled)("gemm of %s", (_, kernel) => {
  it("is the clear product for all small sizes", () => {
    for (let m = 0; m <= 17; m++)
      for (let n = 0; n <= 17; n++) for (const k of [0, 1, 2, 3, 4, 5, 9, 17]) check(kernel, { m, n, k });
  });

  it("is the clear product for every number of rows that tiles of different heights share", () => {
    for (let m = 1; m <= 26; m++)
      for (const n of [8, 33]) for (const k of [48, 49]) check(kernel, { m, n, k, flags: 3 });
  });

  it("is the clear product for random sizes, with what may follow it", () => {
    for (let trial = 0; trial < 100; trial++) {
      const most = trial % 10 === 0 ? 300 : 70;
      const [m, n, k] = [0, 1, 2].map(() => generator.integer(1, most));
      check(kernel, { m, n, k, flags: generator.integer(0, 4), biased: generator.bernoulli(0.5) });
    }
  });

  it.each([
    [1, 100, 50],
    [100, 1, 50],
    [1, 1, 300],
    [1, 37, 1],
    [33, 1, 1],
    [65, 513, 257],
    [64, 1030, 3],
    [5, 8, 700],
  ])("is the clear product at %i x %i x %i, with every epilogue", (m, n, k) => {
    for (const flags of [0, 1, 2, 3]) for (const biased of [false, true]) check(kernel, { m, n, k, flags, biased });
  });

  it("clears C, or leaves it, where the inner axis is empty", () => {
    for (const flags of [0, 1, 2, 3])
      for (const biased of [false, true]) check(kernel, { m: 7, n: 11, k: 0, flags, biased });
  });

  it("lets infinities and NaN through to their own rows only", () => {
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY])
      for (const [m, n, k] of [
        [9, 5, 6],
        [70, 90, 300],
        [1, 9, 9],
        [9, 1, 9],
      ])
        for (const flags of [0, 3])
          check(kernel, {
            m,
            n,
            k,
            flags,
            fill: (a) => {
              a[generator.integer(0, a.length)] = odd;
            },
          });
  });

  it("agrees with itself bit by bit where operands lie differently, and where the work is cut", () => {
    const { gemm, numbers } = kernel;
    const bytes = numbers.BYTES_PER_ELEMENT;
    const byColumns = (at: number, rows: number, columns: number, to: number) => {
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) numbers[to + j * rows + i] = numbers[at + i * columns + j];
    };
    const [a, aTurned, b, bTurned, scratch] = [0, 20000, 40000, 60000, 100000];
    const [m, k] = [37, 300];
    for (const n of [2, 3, 5, 10, 12, 14, 45]) {
      generator.fillNormal(numbers.subarray(a, a + m * k));
      generator.fillNormal(numbers.subarray(b, b + k * n));
      byColumns(a, m, k, aTurned);
      byColumns(b, k, n, bTurned);
      const results: (Float32Array | Float64Array)[] = [];
      for (const [atA, aRow, aColumn] of [
        [a, k, 1],
        [aTurned, 1, m],
      ])
        for (const [atB, bRow, bColumn] of [
          [b, n, 1],
          [bTurned, 1, k],
        ])
          for (const rows of [m, 4, 7]) {
            const c = 90000;
            for (let top = 0; top < m; top += rows) {
              const [from, to] = [(atA + top * aRow) * bytes, (c + top * n) * bytes];
              const height = Math.min(rows, m - top);
              // A single row is another kernel's.
              const [first, many] = height > 1 ? [from, height] : [from - aRow * bytes, 2];
              const start = height > 1 ? to : to - n * bytes;
              gemm(first, aRow, aColumn, atB * bytes, bRow, bColumn, start, n, many, n, k, scratch * bytes, 0, 0);
            }
            results.push(numbers.slice(c, c + m * n));
          }
      const [one, ...others] = results;
      for (const other of others) expect(one.every((x, i) => x === other[i])).toBe(true);
    }
  });
});

it.each(compiled.filter(([, { dtype }]) => dtype === "float32"))(
  "gemm of %s reads panels to the same bits as the matrix that was packed in them, all of its columns or some",
  (_, { gemm, numbers: floats, end }) => {
    for (let trial = 0; trial < 60; trial++) {
      const deep = generator.integer(1, 257);
      const k = trial % 4 === 0 ? 512 : deep;
      const [m, n] = [generator.integer(1, 40), 8 * generator.integer(2, 80)];
      const first = trial % 3 === 0 ? 16 * generator.integer(0, n >> 4) : 0;
      const depth = panelDepth(n, k)!;
      const place = allocator(end);
      const [a, b, panels, bias, c, d] = [m * k, k * n, k * n, n, m * n, m * n].map(place);
      const scratch = place(gemmScratch(n, k) / 4);
      generator.fillNormal(floats.subarray(d, end));
      for (let p = 0; p < k; p++)
        for (let j = 0; j < n; j++) {
          const from = p - (p % depth);
          floats[panels + from * n + (j - (j % 8)) * depth + (p % depth) * 8 + (j % 8)] = floats[b + p * n + j];
        }
      floats.copyWithin(d, c, c + m * n);
      const flags = generator.integer(0, 4);
      const own = (base: number) => [base * 4, n, m, n - first, k, scratch * 4] as const;
      gemm(a * 4, k, 1, (b + first) * 4, n, 1, ...own(c), flags, bias * 4);
      gemm(a * 4, k, 1, panels * 4, n, first, ...own(d), flags | packedFlag, bias * 4);
      if (m > 1)
        expect(floats.subarray(d, d + m * n), JSON.stringify({ m, n, k, first })).toEqual(
          floats.subarray(c, c + m * n),
        );
    }
    expect([panelDepth(16, 300), panelDepth(12, 8), panelDepth(16, 0)]).toEqual([null, null, null]);
  },
);
