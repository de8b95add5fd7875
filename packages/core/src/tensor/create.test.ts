import { describe, expect, it } from "vitest";
import {
  arange,
  asTensor,
  buffer,
  DataError,
  DTypeError,
  eye,
  full,
  fullLike,
  getDefaultDType,
  linspace,
  OptionError,
  oneHot,
  ones,
  onesLike,
  parameter,
  ShapeError,
  scalar,
  setDefaultDType,
  tensor,
  ValueError,
  zeros,
  zerosLike,
} from "../index.ts";

describe("tensor", () => {
  it("reads numbers, nested arrays, typed arrays and tensors", () => {
    expect(tensor(3).shape).toEqual([]);
    expect(
      tensor([
        [1, 2],
        [3, 4],
      ]).shape,
    ).toEqual([2, 2]);
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    expect(tensor(new Float64Array(6), { shape: [2, 3] }).dtype).toBe("float64");
    expect(tensor([new Float32Array([1, 2]), new Float32Array([3, 4])] as never).shape).toEqual([2, 2]);
    expect(tensor(tensor([1, 2]), { shape: [2, 1], dtype: "int32" }).toArray()).toEqual([[1], [2]]);
  });

  it("takes float32 for numbers, bool for truth values, and a typed array's own kind", () => {
    expect([tensor(1).dtype, tensor([true]).dtype, tensor(true).dtype]).toEqual(["float32", "bool", "bool"]);
    expect(tensor(new Int32Array(1)).dtype).toBe("int32");
    expect(tensor(new Uint8Array([200])).toArray()).toEqual([200]);
    expect(tensor(new Int16Array(1)).dtype).toBe("int32");
    expect(tensor([2, 0, Number.NaN], { dtype: "bool" }).toArray()).toEqual([true, false, true]);
  });

  it("copies what it is given", () => {
    const data = new Float32Array([1, 2]);
    const x = tensor(data);
    data[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
    const copy = x.toTypedArray();
    copy[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
  });

  it("refuses arrays that hold themselves, and those thousands deep", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    let deep: unknown = 1;
    for (let i = 0; i < 5000; i++) deep = [deep];
    for (const data of [circle, deep]) expect(() => tensor(data as number[])).toThrow("at most 64 deep");
  });

  it("refuses ragged arrays, and names the place", () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(
      /data\[1\] should have 2 elements\), got 1 elements\.\n.*pad the short ones/s,
    );
    expect(() => tensor([[1], 2])).toThrow(/data\[1\] should have 1 elements\), got the number 2/);
    expect(() => tensor([1, [2]])).toThrow(/a number at data\[1\], got an array of 1/);
    expect(() => tensor([[1, 2], [3]])).toThrow(DataError);
  });

  it("refuses what is no number", () => {
    expect(() => tensor(["1"] as never)).toThrow(/a number at data\[0\], got "1"/);
    expect(() => tensor([null] as never)).toThrow(DataError);
    expect(() => tensor("1" as never)).toThrow(DataError);
    expect(() => tensor(undefined as never)).toThrow(/got undefined/);
    expect(() => tensor([true, 2])).toThrow(/numbers or truth values, got both/);
    expect(() => tensor([tensor(1)] as never)).toThrow(/use stack or concat/);
    expect(() => tensor(new BigInt64Array(1) as never)).toThrow(DTypeError);
  });

  it("refuses fractions in int32, unknown dtypes and options, and shapes that do not fit", () => {
    expect(() => tensor([1.5], { dtype: "int32" })).toThrow(/whole numbers of 32 bits.*got the number 1.5/);
    expect(() => tensor([2 ** 31], { dtype: "int32" })).toThrow(DTypeError);
    expect(() => tensor([Number.NaN], { dtype: "int32" })).toThrow(DTypeError);
    expect(() => tensor([1], { dtype: "flaot32" as never })).toThrow(/Did you mean "float32"/);
    expect(() => tensor([1], { dytpe: "int32" } as never)).toThrow(OptionError);
    expect(() => tensor([1], "int32" as never)).toThrow(/an object of options, got "int32"/);
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(/4 numbers for the shape \[2, 2\], got 3/);
    expect(() => tensor([1], { shape: [-1] })).toThrow(ShapeError);
  });

  it("takes requiresGrad for floats only", () => {
    expect(tensor([1], { requiresGrad: true }).requiresGrad).toBe(true);
    expect(() => tensor([1], { dtype: "int32", requiresGrad: true })).toThrow(DTypeError);
    expect(() => tensor([true], { requiresGrad: true })).toThrow(/a float tensor, got bool/);
  });
});

describe("patterns", () => {
  it("fill a shape", () => {
    expect(zeros([2]).toArray()).toEqual([0, 0]);
    expect(ones([1, 2], { dtype: "int32" }).toArray()).toEqual([[1, 1]]);
    expect(full([2], 0.5).toArray()).toEqual([0.5, 0.5]);
    expect(full([], 7).item()).toBe(7);
    expect(full([2], 5, { dtype: "bool" }).toArray()).toEqual([true, true]);
    expect(zeros([0, 3]).toArray()).toEqual([]);
    expect(eye(2, 3).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    const like = tensor([[1, 2]], { dtype: "float64" });
    for (const x of [zerosLike(like), onesLike(like), fullLike(like, 3)])
      expect([x.dtype, x.shape]).toEqual(["float64", [1, 2]]);
    expect(scalar(2, "bool").item()).toBe(1);
  });

  it("count", () => {
    expect(arange(3).toArray()).toEqual([0, 1, 2]);
    expect(arange(1, 2, 0.25).toArray()).toEqual([1, 1.25, 1.5, 1.75]);
    expect(arange(3, 0, -1, { dtype: "int32" }).toArray()).toEqual([3, 2, 1]);
    expect(arange(0).shape).toEqual([0]);
    expect(linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(linspace(3, 9, 1).toArray()).toEqual([3]);
    expect(linspace(0, 1, 0).shape).toEqual([0]);
    expect(linspace(0, 0.7, 8, { dtype: "float64" }).at(-1)).toBe(0.7);
  });

  it("mark labels", () => {
    expect(oneHot([0, 2], 3).toArray()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    expect(oneHot([[0], [1]]).shape).toEqual([2, 1, 2]);
    expect(oneHot(1, 2).toArray()).toEqual([0, 1]);
    expect(oneHot([], 3).shape).toEqual([0, 3]);
    expect(() => oneHot([3], 3)).toThrow(/whole numbers from 0 to 2, got 3/);
    expect(() => oneHot([-1])).toThrow(ValueError);
    expect(() => oneHot([0.5], 3)).toThrow(ValueError);
  });

  it("refuse negative and fractional sizes, steps that lead nowhere, and fractions in integers", () => {
    for (const shape of [[-1], [1.5], [Number.NaN], [2, -1]]) expect(() => zeros(shape)).toThrow(ShapeError);
    expect(() => zeros([-1])).toThrow(/whole numbers of at least 0, got \[-1\]\.\n.*Only reshape takes -1/s);
    expect(() => zeros(3 as never)).toThrow(/a shape such as \[2, 3\], got the number 3/);
    expect(() => eye(-1)).toThrow(ShapeError);
    expect(() => linspace(0, 1, -2)).toThrow(ShapeError);
    expect(() => arange(0, 1, 0)).toThrow(/got start 0, end 1, step 0/);
    expect(() => arange(0, 1, -1)).toThrow(ValueError);
    expect(() => full([2], 0.5, { dtype: "int32" })).toThrow(DTypeError);
    expect(() => arange(0, 1, 0.5, { dtype: "int32" })).toThrow(DTypeError);
    expect(() => linspace(0, 1, 3, { dtype: "int32" })).toThrow(DTypeError);
    expect(() => zeros([1], { dtype: "float16" as never })).toThrow(DTypeError);
  });
});

it("the default dtype can be changed, to a float", () => {
  setDefaultDType("float64");
  try {
    expect([tensor(0.1).item(), ones([1]).dtype, asTensor(1).dtype, getDefaultDType()]).toEqual([
      0.1,
      "float64",
      "float64",
      "float64",
    ]);
  } finally {
    setDefaultDType("float32");
  }
  expect(() => setDefaultDType("int32" as never)).toThrow(DTypeError);
});

it("parameters are floats, variables are anything", () => {
  expect(parameter([1]).requiresGrad).toBe(true);
  expect(buffer(tensor([1], { dtype: "int32" })).requiresGrad).toBe(false);
  expect(() => parameter(tensor([1], { dtype: "int32" }))).toThrow(/Use buffer\(\) for a counter/);
});
