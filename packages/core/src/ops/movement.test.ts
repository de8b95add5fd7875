import { describe, expect, it } from "vitest";
import {
  arange,
  broadcastTo,
  concat,
  DataError,
  flatten,
  flip,
  ones,
  pad,
  permute,
  repeat,
  reshape,
  ShapeError,
  split,
  squeeze,
  stack,
  tensor,
  tile,
  transpose,
  unsqueeze,
  ValueError,
  zeros,
} from "../index.ts";

const matrix = [
  [0, 1, 2],
  [3, 4, 5],
];

describe("reshape", () => {
  it("keeps the order, and works out one open length", () => {
    expect(reshape(arange(6), [2, -1]).toArray()).toEqual(matrix);
    expect(reshape(arange(1), []).item()).toBe(0);
    expect(reshape(zeros([0, 3]), [5, 0]).shape).toEqual([5, 0]);
    expect(reshape(zeros([0, 3]), [-1, 3]).shape).toEqual([0, 3]);
    expect(arange(6).reshape(3, 2).shape).toEqual([3, 2]);
  });

  it("says what does not fit", () => {
    expect(() => reshape(arange(6), [4, 2])).toThrow(/the 6 elements of \[6\], got \[4, 2\], which holds 8/);
    expect(() => reshape(arange(6), [4, -1])).toThrow(ShapeError);
    expect(() => reshape(arange(6), [-1, -1])).toThrow(ShapeError);
    expect(() => reshape(arange(6), [-2, -3])).toThrow(ShapeError);
    expect(() => reshape(zeros([0]), [0, -1])).toThrow(ShapeError);
    expect(() => reshape(arange(6), 6 as never)).toThrow(/a shape such as \[2, -1\], got the number 6/);
    expect(() => reshape(arange(6), [1.5, 4])).toThrow(ShapeError);
  });
});

describe("axes", () => {
  it("are reordered by permute and transpose", () => {
    expect(transpose(matrix).toArray()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    const cube = arange(24).reshape(2, 3, 4);
    expect(permute(cube, [2, 0, 1]).at(3, 1, 2)).toBe(cube.at(1, 2, 3));
    expect(permute(cube, [-1, 0, 1]).shape).toEqual([4, 2, 3]);
    expect(transpose(cube, 0, -1).shape).toEqual([4, 3, 2]);
    expect(permute(zeros([2, 0]), [1, 0]).shape).toEqual([0, 2]);
    expect(cube.T.shape).toEqual([2, 4, 3]);
  });

  it("come and go with squeeze, unsqueeze and flatten", () => {
    expect(squeeze(zeros([1, 3, 1])).shape).toEqual([3]);
    expect(squeeze(zeros([1, 3, 1]), -1).shape).toEqual([1, 3]);
    expect(unsqueeze(zeros([3]), -1).shape).toEqual([3, 1]);
    expect(unsqueeze(7, 0).toArray()).toEqual([7]);
    expect(flatten(zeros([2, 3, 4]), 1).shape).toEqual([2, 12]);
    expect(flatten(zeros([2, 3, 4]), 0, 1).shape).toEqual([6, 4]);
    expect(flatten(7).toArray()).toEqual([7]);
    expect(flatten(zeros([2, 0])).shape).toEqual([0]);
  });

  it("must be there, each once, of the right length", () => {
    expect(() => permute(matrix, [0])).toThrow(/each of the 2 axes of \[2, 3\] once, got \[0\]/);
    expect(() => permute(matrix, [0, 0])).toThrow(ValueError);
    expect(() => permute(matrix, [0, 2])).toThrow(ValueError);
    expect(() => transpose([1, 2])).toThrow(/at least two axes, got \[2\]\.\n.*reshape\(\[-1, 1\]\)/s);
    expect(() => squeeze(matrix, 0)).toThrow(/length 1 at axis 0, got 2 in \[2, 3\]/);
    expect(() => unsqueeze(matrix, 4)).toThrow(ValueError);
    expect(() => flatten(matrix, 1, 0)).toThrow(/start ≤ end, got 1 and 0/);
  });
});

describe("broadcastTo, tile and repeat", () => {
  it("repeat along axes of length 1, whole tensors, and elements", () => {
    expect(broadcastTo([[1], [2]], [2, 3]).toArray()).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    expect(broadcastTo(5, [2]).toArray()).toEqual([5, 5]);
    expect(broadcastTo([1], [0]).shape).toEqual([0]);
    expect(tile([1, 2], [3]).toArray()).toEqual([1, 2, 1, 2, 1, 2]);
    expect(tile([1, 2], [2, 1]).toArray()).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(tile([[1, 2]], [2]).toArray()).toEqual([[1, 2, 1, 2]]);
    expect(tile([1, 2], [0]).shape).toEqual([0]);
    expect(repeat([1, 2], 2).toArray()).toEqual([1, 1, 2, 2]);
    expect(repeat(matrix, 0, 1).shape).toEqual([2, 0]);
  });

  it("refuse what cannot be repeated", () => {
    expect(() => broadcastTo([1, 2], [3])).toThrow(/broadcasts to \[3\], got \[2\]/);
    expect(() => broadcastTo([[1, 2]], [2])).toThrow(ShapeError);
    expect(() => broadcastTo([1], [-1])).toThrow(ShapeError);
    expect(() => tile([1], [-1])).toThrow(ValueError);
    expect(() => repeat([1], 1.5)).toThrow(ValueError);
    expect(() => repeat(1, 2)).toThrow(ValueError);
  });
});

describe("concat, stack and split", () => {
  it("join along an axis or a new one, and cut again", () => {
    expect(concat([[1, 2], [3]]).toArray()).toEqual([1, 2, 3]);
    expect(concat([matrix, [[9], [9]]], -1).toArray()).toEqual([
      [0, 1, 2, 9],
      [3, 4, 5, 9],
    ]);
    expect(concat([zeros([0, 2]), ones([1, 2])]).toArray()).toEqual([[1, 1]]);
    expect(
      stack(
        [
          [1, 2],
          [3, 4],
        ],
        1,
      ).toArray(),
    ).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(stack([1, 2]).toArray()).toEqual([1, 2]);
    expect(
      stack(
        [
          [1, 2],
          [3, 4],
        ],
        -1,
      ).shape,
    ).toEqual([2, 2]);
    expect(split(arange(6), 3).map((x) => x.toArray())).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(split(arange(3), [0, 3]).map((x) => x.shape)).toEqual([[0], [3]]);
    expect(split(zeros([0]), 2).map((x) => x.shape)).toEqual([[0], [0]]);
  });

  it("meet in the wider dtype, without rounding arrays on the way", () => {
    const double = tensor([0.1], { dtype: "float64" });
    expect(concat([double, [0.1]]).toArray()).toEqual([0.1, 0.1]);
    expect(concat([tensor([true]), tensor([2], { dtype: "int32" })]).dtype).toBe("int32");
  });

  it("say what does not fit", () => {
    expect(() => concat([matrix, [1, 2]])).toThrow(/differ only along axis 0, got \[2, 3\], \[2\]/);
    expect(() => concat([])).toThrow(/at least one tensor, got an array of 0/);
    expect(() => concat([1, 2])).toThrow(ValueError);
    expect(() => concat(tensor([1]) as never)).toThrow(ValueError);
    expect(() => stack([[1], [1, 2]])).toThrow(/tensors of one shape, got \[1\], \[2\]/);
    expect(() => stack([[1], [2]], 2)).toThrow(/stack: expected an axis from -2 to 1, got axis 2/);
    expect(() => split(arange(6), 4)).toThrow(/make up the 6 along axis 0 of \[6\], got 4 equal pieces/);
    for (const pieces of [0, -1, 1.5, Number.NaN]) expect(() => split(arange(6), pieces)).toThrow(ShapeError);
    expect(() => split(arange(6), [4, 3])).toThrow(ShapeError);
    expect(() => split(arange(6), [7, -1])).toThrow(ShapeError);
  });
});

describe("pad", () => {
  it("puts a value around", () => {
    expect(pad([1, 2], [[1, 2]]).toArray()).toEqual([0, 1, 2, 0, 0]);
    expect(pad([[1]], 1, 7).toArray()).toEqual([
      [7, 7, 7],
      [7, 1, 7],
      [7, 7, 7],
    ]);
    expect(pad([1], 1, Number.NaN).toArray()).toEqual([Number.NaN, 1, Number.NaN]);
    expect(pad(zeros([0]), [[1, 1]], 2).toArray()).toEqual([2, 2]);
    expect(pad(3, 1).item()).toBe(3);
  });

  it("keeps integers where the value is whole", () => {
    const whole = tensor([1], { dtype: "int32" });
    expect([pad(whole, 1).dtype, pad(whole, 1, 2).dtype, pad(whole, 1, 0.5).dtype]).toEqual([
      "int32",
      "int32",
      "float32",
    ]);
  });

  it("refuses negative, fractional and missing amounts", () => {
    expect(() => pad([1], [[-1, 0]])).toThrow(/To cut elements off, use slice/);
    expect(() => pad(matrix, [[1, 1]])).toThrow(/for each of the 2 axes, got \[\[1, 1\]\]/);
    expect(() => pad([1], 0.5)).toThrow(ValueError);
    expect(() => pad([1], [1] as never)).toThrow(ValueError);
  });
});

it("flip reverses along all axes, or those named", () => {
  expect(flip(matrix).toArray()).toEqual([
    [5, 4, 3],
    [2, 1, 0],
  ]);
  expect(flip(matrix, 1).toArray()).toEqual([
    [2, 1, 0],
    [5, 4, 3],
  ]);
  expect(flip(zeros([2, 0])).shape).toEqual([2, 0]);
  expect(() => flip(matrix, 2)).toThrow(ValueError);
});

it("what is no tensor is refused with the name of the function", () => {
  expect(() => concat([[1], "2" as never])).toThrow(DataError);
  expect(() => concat([[1], "2" as never])).toThrow(/^concat: /);
});
