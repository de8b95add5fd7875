import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arange, dot, matmul, ones, outer, ShapeError, type Tensor, tensor, where, zeros } from "../index.ts";
import { multiply, multiplyBlocked, multiplySmall } from "../kernels/matmul.ts";
import { matmulOp } from "./matmul.ts";

describe("matmul", () => {
  const a = [
    [1, 2],
    [3, 4],
  ];
  it("multiplies matrices and vectors, and drops a vector's axis", () => {
    expect(matmul(a, [[5], [6]]).toArray()).toEqual([[17], [39]]);
    expect(matmul(a, [5, 6]).toArray()).toEqual([17, 39]);
    expect(matmul([5, 6], a).toArray()).toEqual([23, 34]);
    expect(matmul([5, 6], [1, 2]).toArray()).toBe(17);
    expect(dot([1, 2], [3, 4]).item()).toBe(11);
    expect(outer([1, 2], [3, 4]).toArray()).toEqual([
      [3, 4],
      [6, 8],
    ]);
  });

  it("broadcasts batches", () => {
    const shapes: [number[], number[], number[]][] = [
      [
        [5, 2, 3],
        [3, 4],
        [5, 2, 4],
      ],
      [
        [2, 3],
        [5, 3, 4],
        [5, 2, 4],
      ],
      [
        [6, 1, 2, 3],
        [5, 3, 4],
        [6, 5, 2, 4],
      ],
      [[5, 2, 3], [3], [5, 2]],
      [[3], [5, 3, 4], [5, 4]],
      [
        [0, 2, 3],
        [3, 4],
        [0, 2, 4],
      ],
      [
        [5, 2, 0],
        [0, 4],
        [5, 2, 4],
      ],
    ];
    for (const [x, y, out] of shapes) expect(matmul(ones(x), ones(y)).shape).toEqual(out);
    const batch = arange(12).reshape(2, 2, 3);
    const many = matmul(batch, arange(24).reshape(2, 3, 4));
    for (const i of [0, 1])
      expect(many.slice(i).toArray()).toEqual(matmul(batch.slice(i), arange(24).reshape(2, 3, 4).slice(i)).toArray());
  });

  it("sums of nothing are 0", () => {
    expect(matmul(zeros([2, 0]), zeros([0, 2])).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(matmul(zeros([0, 3]), zeros([3, 2])).shape).toEqual([0, 2]);
    expect(dot(zeros([0]), zeros([0])).item()).toBe(0);
  });

  it("counts in integers, and meets in the wider dtype", () => {
    const whole = tensor(a, { dtype: "int32" });
    expect([matmul(whole, whole).dtype, matmul(whole, whole).toArray()]).toEqual([
      "int32",
      [
        [7, 10],
        [15, 22],
      ],
    ]);
    expect(matmul(whole, tensor([[0.5], [1]], { dtype: "float64" })).dtype).toBe("float64");
    expect(matmul([[true, true]], [[true], [true]]).toArray()).toEqual([[2]]);
  });

  it("passes NaN and infinities on where they belong", () => {
    const bad = (value: number, row: number) => where(arange(9).reshape(9, 1).equal(row), value, 1).mul(ones([9, 9]));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const finite = matmul(bad(value, 4), ones([9, 9])).isFinite();
      expect(finite.all(1).toArray()).toEqual(Array.from({ length: 9 }, (_, i) => i !== 4));
      expect(finite.slice(4).any().item()).toBe(0);
    }
  });

  it("says which lengths differ, and whether a transpose would help", () => {
    expect(() => matmul(ones([2, 3]), ones([4, 3]))).toThrow(
      /\[2, 3\] times \[4, 3\], whose inner lengths are 3 and 4\.\n.*b\.transpose/s,
    );
    expect(() => matmul(ones([3, 2]), ones([3, 4]))).toThrow(/Transpose the first/);
    expect(() => matmul(ones([2, 3]), ones([4, 5]))).toThrow(ShapeError);
    expect(() => matmul(ones([3]), ones([4]))).toThrow(ShapeError);
    expect(() => matmul(ones([2, 2, 3]), ones([3, 3, 2]))).toThrow(
      /batch axes .* that broadcast, got \[2, 2, 3\] and \[3, 3, 2\]/,
    );
    expect(() => matmul(2, ones([2, 2]))).toThrow(/To multiply by a number, use mul/);
    expect(() => dot(ones([2]), ones([3]))).toThrow(/two vectors of one length, got \[2\] and \[3\]/);
    expect(() => dot(ones([2, 2]), ones([2]))).toThrow(/For matrices use matmul/);
  });
});

/** The product of two matrices of the shapes, each stored plainly or transposed, by one of the kernels. */
function byKernel(
  kernel: typeof multiply,
  make: (n: number) => Float64Array,
  m: number,
  n: number,
  k: number,
  swapA: boolean,
  swapB: boolean,
) {
  const pick = (data: Float64Array, rows: number, columns: number, swapped: boolean) =>
    swapped ? { data, start: 0, row: 1, column: rows } : { data, start: 0, row: columns, column: 1 };
  const out = new Float64Array(m * n + 2).fill(-1);
  kernel(out, 1, pick(make(m * k), m, k, swapA), pick(make(k * n), k, n, swapB), m, n, k);
  return out;
}

describe("the kernels of matmul", () => {
  const values = (n: number) => Float64Array.from({ length: n }, (_, i) => ((i * 7) % 11) - 5);
  const length = fc.nat({ max: 21 });
  it("agree at all small sizes, also 0 and 1, whatever is transposed, and write nothing beside the product", () => {
    fc.assert(
      fc.property(length, length, length, fc.boolean(), fc.boolean(), (m, n, k, swapA, swapB) => {
        const clear = byKernel(multiplySmall, values, m, n, k, swapA, swapB);
        expect(byKernel(multiplyBlocked, values, m, n, k, swapA, swapB)).toEqual(clear);
        expect(byKernel(multiply, values, m, n, k, swapA, swapB)).toEqual(clear);
        expect([clear[0], clear[m * n + 1]]).toEqual([-1, -1]);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [65, 67, 513],
    [130, 5, 1025],
    [3, 130, 515],
    [64, 64, 512],
  ])("agree across block borders: %d x %d, inner length %d", (m, n, k) => {
    for (const swapA of [false, true])
      for (const swapB of [false, true])
        expect(byKernel(multiplyBlocked, values, m, n, k, swapA, swapB)).toEqual(
          byKernel(multiplySmall, values, m, n, k, swapA, swapB),
        );
  });

  it("are what matmul uses in every dtype", () => {
    const plain = (x: Tensor, y: Tensor) =>
      Array.from({ length: x.shape[0] }, (_, i) =>
        Array.from({ length: y.shape[1] }, (_, j) => x.slice(i).mul(y.slice(":", j)).sum().item()),
      );
    for (const dtype of ["float32", "float64", "int32"] as const) {
      const x = tensor(values(17 * 19), { shape: [17, 19], dtype });
      const y = tensor(values(19 * 13), { shape: [19, 13], dtype });
      expect(matmul(x, y).toArray()).toEqual(plain(x, y));
    }
  });
});

it("the op itself refuses matrices that do not fit, in whatever way they are read", () => {
  const spec = (...shape: number[]) => ({ shape, dtype: "float32" as const });
  expect(() => matmulOp.inferShape([spec(2, 3), spec(2, 3)], { a: false, b: false })).toThrow(ShapeError);
  expect(matmulOp.inferShape([spec(2, 3), spec(2, 3)], { a: false, b: true }).shape).toEqual([2, 2]);
  expect(matmulOp.inferShape([spec(2, 3), spec(2, 3)], { a: true, b: false }).shape).toEqual([3, 3]);
});
