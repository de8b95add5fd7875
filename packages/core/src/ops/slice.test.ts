import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arange, ShapeError, type SliceRange, slice, ValueError, zeros } from "../index.ts";

const matrix = arange(12).reshape(3, 4);

describe("slice", () => {
  it("reads ranges, indices, and NumPy's notation", () => {
    expect(slice(matrix, 1).toArray()).toEqual([4, 5, 6, 7]);
    expect(slice(slice(matrix, -1), -1).item()).toBe(11);
    expect(slice(matrix, [1, 3], 0).toArray()).toEqual([4, 8]);
    expect(slice(matrix, "1:", "::2").toArray()).toEqual([
      [4, 6],
      [8, 10],
    ]);
    expect(slice(matrix, "...", -1).toArray()).toEqual([3, 7, 11]);
    expect(slice(matrix, null, [null, null, -3]).toArray()).toEqual([
      [3, 0],
      [7, 4],
      [11, 8],
    ]);
    expect(slice(matrix, " -2 : ", "1:3").shape).toEqual([2, 2]);
    expect(slice(matrix).toArray()).toEqual(matrix.toArray());
    expect(slice(matrix, "...").toArray()).toEqual(matrix.toArray());
  });

  it("cuts ends beyond the tensor to it, and gives nothing where nothing is left", () => {
    expect(slice(matrix, "1:99").shape).toEqual([2, 4]);
    expect(slice(matrix, "-99:1").shape).toEqual([1, 4]);
    expect(slice(matrix, "2:1").shape).toEqual([0, 4]);
    expect(slice(zeros([0, 2]), "::-1").shape).toEqual([0, 2]);
  });

  it("says what it cannot read", () => {
    expect(() => slice(matrix, 3)).toThrow(/an index from -3 to 2 at axis 0, got the number 3/);
    expect(() => slice(matrix, 0.5)).toThrow(ValueError);
    expect(() => slice(matrix, ":", ":", ":")).toThrow(/at most 2 ranges for \[3, 4\], got 3/);
    expect(() => slice(matrix, ":", ":", ":")).toThrow(ShapeError);
    expect(() => slice(matrix, "0:2:0")).toThrow(/a step other than 0/);
    expect(() => slice(matrix, "1")).toThrow(/got "1"\.\n.*pass the number itself/s);
    expect(() => slice(matrix, "a:b")).toThrow(ValueError);
    expect(() => slice(matrix, "...", "...")).toThrow(ValueError);
    expect(() => slice(matrix, [0, 1.5])).toThrow(/whole numbers in a range/);
    expect(() => slice(zeros([0]), 0)).toThrow(ValueError);
  });

  it("agrees with Python's slicing rules", () => {
    const part = fc.option(fc.integer({ min: -8, max: 8 }));
    const step = fc.option(fc.integer({ min: -4, max: 4 }).filter((n) => n !== 0));
    fc.assert(
      fc.property(fc.nat({ max: 6 }), part, part, step, (length, start, end, by) => {
        const x = arange(length);
        const expected = pythonSlice(length, start, end, by);
        expect(slice(x, [start, end, by]).toArray()).toEqual(expected);
        const text = `${start ?? ""}:${end ?? ""}${by === null ? "" : `:${by}`}`;
        expect(slice(x, text).toArray()).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("cuts every axis by itself", () => {
    const range = fc.tuple(
      fc.integer({ min: -4, max: 4 }),
      fc.integer({ min: -4, max: 4 }),
      fc.constantFrom(-2, -1, 1, 2),
    );
    fc.assert(
      fc.property(range, range, (rows, columns) => {
        const expected = pythonSlice(3, ...rows).map((i) => pythonSlice(4, ...columns).map((j) => 4 * i + j));
        const found = slice(matrix, rows as SliceRange, columns as SliceRange);
        expect(found.toArray()).toEqual(expected);
      }),
    );
  });
});

/** range(*slice(start, end, step).indices(length)), as Python's reference defines it. */
function pythonSlice(length: number, start: number | null, end: number | null, step: number | null): number[] {
  const by = step ?? 1;
  const [low, high] = by > 0 ? [0, length] : [-1, length - 1];
  const bound = (at: number) => Math.max(low, Math.min(high, at < 0 ? at + length : at));
  const from = start === null ? (by > 0 ? low : high) : bound(start);
  const to = end === null ? (by > 0 ? high : low) : bound(end);
  const picked: number[] = [];
  for (let i = from; by > 0 ? i < to : i > to; i += by) picked.push(i);
  return picked;
}
