import { describe, expect, it } from "vitest";
import {
  argsort,
  DTypeError,
  gather,
  ShapeError,
  scatterAdd,
  sort,
  takeAlongAxis,
  tensor,
  topK,
  ValueError,
  zeros,
} from "../index.ts";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number;
const table = [
  [1, 2],
  [3, 4],
  [5, 6],
];

describe("gather", () => {
  it("looks rows up, counted from either end, in the indices' shape", () => {
    expect(gather(table, [2, 0, -1]).toArray()).toEqual([
      [5, 6],
      [1, 2],
      [5, 6],
    ]);
    expect(gather(table, [[0], [1]]).shape).toEqual([2, 1, 2]);
    expect(gather(table, 1).toArray()).toEqual([3, 4]);
    expect(gather(table, [1, 0], 1).toArray()).toEqual([
      [2, 1],
      [4, 3],
      [6, 5],
    ]);
    expect(gather(table, []).shape).toEqual([0, 2]);
  });

  it("adds up the gradients of a row that was looked up twice", () => {
    const x = tensor(table, { requiresGrad: true });
    gather(x, [0, 0, 2]).sum().backward();
    expect(x.grad?.toArray()).toEqual([
      [2, 2],
      [0, 0],
      [1, 1],
    ]);
  });

  it("refuses indices that are not there, fractional, or truth values", () => {
    expect(() => gather(table, [3])).toThrow(/gather: expected indices from -3 to 2, got 3/);
    expect(() => gather(table, [-4])).toThrow(ValueError);
    // Float32 would make it 16777216.
    expect(() => gather(table, [2 ** 24 + 1])).toThrow(/got 16777217/);
    expect(() => gather(table, [0.5])).toThrow(/whole numbers as indices, got the number 0.5/);
    expect(() => gather(table, [nan])).toThrow(ValueError);
    expect(() => gather(table, [true])).toThrow(DTypeError);
    expect(() => gather(zeros([0, 2]), [0])).toThrow(/no index into an axis of length 0/);
    expect(() => gather(table, [0], 2)).toThrow(ValueError);
    expect(() => gather(1, [0])).toThrow(ValueError);
  });
});

describe("takeAlongAxis and scatterAdd", () => {
  it("read and add one element for each index", () => {
    expect(takeAlongAxis(table, [[1], [0], [-1]], 1).toArray()).toEqual([[2], [3], [6]]);
    expect(takeAlongAxis(table, [[2, 0]], 0).toArray()).toEqual([[5, 2]]);
    expect(scatterAdd([0, 0, 0], [2, 2, 0], [1, 2, 3]).toArray()).toEqual([3, 0, 3]);
    expect(scatterAdd(zeros([2, 2]), [[1, 0]], [[5, 6]], 0).toArray()).toEqual([
      [0, 6],
      [5, 0],
    ]);
    expect(takeAlongAxis(zeros([2, 3]), zeros([2, 0], { dtype: "int32" })).shape).toEqual([2, 0]);
  });

  it("leave their input as it was", () => {
    const x = zeros([2]);
    scatterAdd(x, [0], [1]);
    expect(x.toArray()).toEqual([0, 0]);
  });

  it("bring values to one dtype and count truth values", () => {
    const counts = scatterAdd(tensor([false, false]), [0, 0], tensor([true, true]));
    expect([counts.dtype, counts.toArray()]).toEqual(["int32", [2, 0]]);
    expect(scatterAdd(tensor([0], { dtype: "int32" }), [0], [0.5]).dtype).toBe("float32");
  });

  it("say what does not fit", () => {
    expect(() => takeAlongAxis(table, [[0]], 1)).toThrow(/differ from \[3, 2\] only along axis 1, got \[1, 1\]/);
    expect(() => takeAlongAxis(table, [0], 1)).toThrow(ShapeError);
    expect(() => takeAlongAxis(table, [[2], [0], [0]], 1)).toThrow(
      /takeAlongAxis: expected indices from -2 to 1, got 2/,
    );
    expect(() => scatterAdd([0, 0], [2], [1])).toThrow(/scatterAdd: expected indices from -2 to 1, got 2/);
    expect(() => scatterAdd([0, 0], [0], [1, 2])).toThrow(/one value for each index, \[1\], got \[2\]/);
  });
});

describe("sorting", () => {
  it("puts NaN last either way, and keeps equals in their order", () => {
    const x = [2, nan, minusInf, 2, inf, 0];
    expect(sort(x).toArray()).toEqual([minusInf, 0, 2, 2, inf, nan]);
    expect(sort(x, 0, { descending: true }).toArray()).toEqual([inf, 2, 2, 0, minusInf, nan]);
    expect(argsort(x).toArray()).toEqual([2, 5, 0, 3, 4, 1]);
    expect(argsort(x, 0, { descending: true }).toArray()).toEqual([4, 0, 3, 5, 2, 1]);
  });

  it("goes along any axis, and takes nothing", () => {
    expect(
      sort(
        [
          [3, 1],
          [2, 4],
        ],
        0,
      ).toArray(),
    ).toEqual([
      [2, 1],
      [3, 4],
    ]);
    expect(
      argsort([
        [3, 1],
        [2, 4],
      ]).toArray(),
    ).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(sort(zeros([2, 0])).shape).toEqual([2, 0]);
    expect(sort(tensor([3, 1], { dtype: "int32" })).dtype).toBe("int32");
    expect(() => sort(1)).toThrow(ValueError);
  });

  it("topK gives the k largest, or smallest, with their indices", () => {
    const { values, indices } = topK([1, 9, 3, 7], 2);
    expect([values.toArray(), indices.toArray()]).toEqual([
      [9, 7],
      [1, 3],
    ]);
    expect(topK([1, 9, 3, 7], 2, 0, { largest: false }).values.toArray()).toEqual([1, 3]);
    expect(
      topK(
        [
          [1, 2],
          [4, 3],
        ],
        1,
        0,
      ).values.toArray(),
    ).toEqual([[4, 3]]);
    expect(topK([1, 2], 0).values.shape).toEqual([0]);
    expect(topK([3, nan, 1, inf], 3).values.toArray()).toEqual([nan, inf, 3]);
    expect(topK([3, nan, 1, inf], 4, 0, { largest: false }).indices.toArray()).toEqual([2, 0, 3, 1]);
    for (const k of [3, -1, 0.5]) expect(() => topK([1, 2], k)).toThrow(/k from 0 to 2, the length of axis 0 of \[2\]/);
  });
});

it("scatterAdd refuses indices of another rank, and shapes that do not fit off the axis", () => {
  const index = (x: number[] | number[][]) => tensor(x, { dtype: "int32" });
  expect(() => scatterAdd(zeros([2, 3]), index([0, 1]), tensor([1, 1]), 0)).toThrow(ShapeError);
  expect(() => scatterAdd(zeros([2, 3]), index([[0], [1], [0]]), zeros([3, 1]), 1)).toThrow(ShapeError);
});
