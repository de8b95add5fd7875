import { multiplySmall } from "@chainrule/core/internal";
import fc from "fast-check";
import { expect, it } from "vitest";
import { assemble } from "../assembler.ts";
import { createMemory, instantiate } from "../host.ts";
import { type Gemm64, gemm64Functions, gemm64Scratch } from "./gemm64.ts";

const memory = createMemory(128);
const { gemm64 } = instantiate<{ gemm64: Gemm64 }>(assemble(gemm64Functions()), memory);
const doubles = new Float64Array(memory.buffer);

const matrix = (rows: number, columns: number, gap: number, turned: boolean) =>
  turned ? { row: 1, column: rows + gap } : { row: columns + gap, column: 1 };

/** Against the dot products of the clear version, with what is beyond C watched. */
function check(m: number, n: number, k: number, gap: number, turned: readonly [boolean, boolean]): void {
  const [a, b] = [matrix(m, k, gap, turned[0]), matrix(k, n, gap, turned[1])];
  const sizeOf = ({ row, column }: { row: number; column: number }, rows: number, columns: number) =>
    rows * columns === 0 ? 0 : (rows - 1) * row + (columns - 1) * column + 1;
  const [sizeA, sizeB, sizeC] = [sizeOf(a, m, k), sizeOf(b, k, n), m * (n + gap)];
  const scratch = gemm64Scratch(n, k) / 8;
  // At the end of the memory, so that what reads too far traps.
  const atA = doubles.length - sizeA;
  const atB = atA - sizeB;
  const atC = atB - sizeC;
  for (let i = atB; i < doubles.length; i++) doubles[i] = Math.sin(i * 1.3) * 3;
  doubles.fill(7, atC, atB);
  doubles.fill(Number.NaN, atC - scratch, atC);
  const matrixOf = (start: number, { row, column }: { row: number; column: number }) => ({
    ...{ data: doubles, start, row, column },
  });
  const expected = new Float64Array(m * n);
  multiplySmall(expected, 0, matrixOf(atA, a), matrixOf(atB, b), m, n, k);
  gemm64(atA * 8, a.row, a.column, atB * 8, b.row, b.column, atC * 8, n + gap, m, n, k, (atC - scratch) * 8);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n + gap; j++) {
      const x = doubles[atC + i * (n + gap) + j];
      if (j >= n) expect(x).toBe(7);
      else if (!(Math.abs(x - expected[i * n + j]) <= 1e-13 * (10 + 9 * k))) expect(x).toBe(expected[i * n + j]);
    }
}

it("multiplies matrices of any size, however they lie", () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      ...[size, size, fc.integer({ min: 0, max: 40 })],
      ...[fc.nat({ max: 2 }), fc.tuple(fc.boolean(), fc.boolean())],
      check,
    ),
    { numRuns: 200 },
  );
});

it("goes from block to block", () => {
  check(130, 9, 600, 1, [false, true]);
  check(5, 530, 260, 0, [true, false]);
  check(67, 259, 257, 0, [true, true]);
});
