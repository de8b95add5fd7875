import { describe, expect, test } from "vitest";
import { OptionError, ValueError } from "../errors.ts";
import { allocate, type DType } from "./dtype.ts";
import { type FormatOptions, formatTensor } from "./format.ts";
import { sizeOf } from "./shape.ts";

/** Formats numbers given in row-major order, or by their index. */
function format(
  shape: number[],
  numbers: number[] | ((i: number) => number),
  dtype: DType = "float32",
  options?: FormatOptions,
): string {
  const storage = allocate(dtype, sizeOf(shape));
  storage.set(typeof numbers === "function" ? Array.from(storage, (_, i) => numbers(i)) : numbers);
  return formatTensor({ shape, dtype, storage }, options);
}

const lines = (...text: string[]) => text.join("\n");

describe("scalars", () => {
  test.each<[number, DType, string]>([
    [3.5, "float32", "tensor(3.5, float32)"],
    [3, "float32", "tensor(3., float32)"],
    [0.1, "float32", "tensor(0.1, float32)"],
    [Math.PI, "float64", "tensor(3.1416, float64)"],
    [1e-7, "float32", "tensor(1.e-07, float32)"],
    [-1.5e200, "float64", "tensor(-1.5e+200, float64)"],
    [Number.NaN, "float32", "tensor(nan, float32)"],
    [Number.NEGATIVE_INFINITY, "float32", "tensor(-inf, float32)"],
    [-0, "float32", "tensor(-0., float32)"],
    [-7, "int32", "tensor(-7, int32)"],
    [1, "bool", "tensor(true, bool)"],
  ])("%d of %s stands on one line", (x, dtype, text) => {
    expect(format([], [x], dtype)).toBe(text);
  });

  test("say that they ask for a gradient, and what they are called", () => {
    expect(format([], [3.5], "float32", { requiresGrad: true })).toBe("tensor(3.5, float32, requiresGrad)");
    expect(format([], [3.5], "float64", { label: "parameter" })).toBe("parameter(3.5, float64)");
  });
});

describe("empty tensors", () => {
  test.each([
    [[0], "tensor([], [0] float32)"],
    [[0, 3], "tensor([], [0, 3] float32)"],
    [[2, 0, 3], "tensor([], [2, 0, 3] float32)"],
  ])("of shape %o", (shape, text) => {
    expect(format(shape, [])).toBe(text);
  });
});

describe("one row", () => {
  test("stands on one line, its points below each other's", () => {
    expect(format([3], [1, 0.5, -2.25])).toBe("tensor([ 1.  ,  0.5 , -2.25], [3] float32)");
    expect(format([1], [1])).toBe("tensor([1.], [1] float32)");
    expect(format([1, 3], [1, 2, 3], "int32")).toBe("tensor([[1, 2, 3]], [1, 3] int32)");
    expect(format([2], [1, 2], "float32", { requiresGrad: true })).toBe("tensor([1., 2.], [2] float32, requiresGrad)");
  });

  test("that is too long is wrapped, and then stands below the shape", () => {
    expect(format([20], (i) => i / 7)).toBe(
      lines(
        "tensor([20] float32",
        " [0.    , 0.1429, 0.2857, 0.4286, 0.5714, 0.7143, 0.8571, 1.    , 1.1429,",
        "  1.2857, 1.4286, 1.5714, 1.7143, 1.8571, 2.    , 2.1429, 2.2857, 2.4286,",
        "  2.5714, 2.7143])",
      ),
    );
  });

  test("never passes the line width, which one number may", () => {
    for (const lineWidth of [20, 33, 50, 75, 100])
      for (const length of [1, 5, 30]) {
        const text = format([2, length], (i) => i * 1.25, "float32", { lineWidth });
        for (const line of text.split("\n").slice(1)) expect(line.length).toBeLessThanOrEqual(lineWidth);
      }
    expect(format([2], [1.5, -2.5], "float32", { lineWidth: 1 })).toBe(
      lines("tensor([2] float32", " [ 1.5,", "  -2.5])"),
    );
  });
});

describe("several rows", () => {
  test("stand in columns below the shape", () => {
    expect(format([2, 3], [1, 0.5, -2.25, 0.1234567, 10, 3], "float32", { requiresGrad: true })).toBe(
      lines(
        "tensor([2, 3] float32, requiresGrad", //
        " [[ 1.    ,  0.5   , -2.25  ],",
        "  [ 0.1235, 10.    ,  3.    ]])",
      ),
    );
    expect(format([3, 1], [1, 2, 3], "float32", { label: "weights" })).toBe(
      lines("weights([3, 1] float32", " [[1.],", "  [2.],", "  [3.]])"),
    );
  });

  test("of more axes are set apart by empty lines, one more for each axis", () => {
    expect(format([2, 2, 2], (i) => i, "int32")).toBe(
      lines(
        "tensor([2, 2, 2] int32", //
        " [[[0, 1],",
        "   [2, 3]],",
        "",
        "  [[4, 5],",
        "   [6, 7]]])",
      ),
    );
    expect(format([2, 1, 2, 1], (i) => i, "int32")).toBe(
      lines(
        "tensor([2, 1, 2, 1] int32", //
        " [[[[0],",
        "    [1]]],",
        "",
        "",
        "  [[[2],",
        "    [3]]]])",
      ),
    );
  });

  test("that are too long are wrapped each", () => {
    expect(format([2, 7], (i) => i / 2, "float32", { lineWidth: 30 })).toBe(
      lines(
        "tensor([2, 7] float32", //
        " [[0. , 0.5, 1. , 1.5, 2. ,",
        "   2.5, 3. ],",
        "  [3.5, 4. , 4.5, 5. , 5.5,",
        "   6. , 6.5]])",
      ),
    );
  });
});

describe("whole numbers and truth values", () => {
  test("are aligned on the right, without a point", () => {
    expect(format([2, 3], [1, -20, 300, 0, 5, 6], "int32")).toBe(
      lines("tensor([2, 3] int32", " [[  1, -20, 300],", "  [  0,   5,   6]])"),
    );
    expect(format([2, 3], [1, 0, 1, 1, 0, 0], "bool")).toBe(
      lines("tensor([2, 3] bool", " [[ true, false,  true],", "  [ true, false, false]])"),
    );
    expect(format([2], [-(2 ** 31), 2 ** 31 - 1], "int32")).toBe("tensor([-2147483648,  2147483647], [2] int32)");
  });
});

describe("the notation of floats", () => {
  test("is fixed, with the digits needed and at most `precision` of them", () => {
    expect(format([2], [0.1, 0.2])).toBe("tensor([0.1, 0.2], [2] float32)");
    expect(format([2], [1 / 3, 0.5])).toBe("tensor([0.3333, 0.5   ], [2] float32)");
    expect(format([2], [1 / 3, 0.5], "float32", { precision: 2 })).toBe("tensor([0.33, 0.5 ], [2] float32)");
    expect(format([2], [1.2, 2.7], "float32", { precision: 0 })).toBe("tensor([1., 3.], [2] float32)");
    expect(format([2], [1 / 3, 0.5], "float64", { precision: 20 })).toBe(
      "tensor([0.3333333333333333, 0.5               ], [2] float64)",
    );
  });

  test("shows a float32 without the noise of float64, however many digits are asked for", () => {
    expect(format([3], [0.1, 0.7, 16777216.5], "float32", { precision: 17 })).toBe(
      "tensor([1.0000000e-01, 7.0000000e-01, 1.6777216e+07], [3] float32)",
    );
    expect(format([2], [0.1, 2.75291], "float32", { precision: 17 })).toBe("tensor([0.1    , 2.75291], [2] float32)");
  });

  test("rounds the number itself, not its shortest spelling", () => {
    // The float32 spelt 7.995 lies below it, at 7.99499988…
    expect(format([2], [7.995, 0.01], "float32", { precision: 2 })).toBe("tensor([7.99, 0.01], [2] float32)");
  });

  test("is scientific where the largest is more than 1000 times the smallest, or the smallest below 0.0001", () => {
    expect(format([2], [1.5, 1500])).toBe("tensor([   1.5, 1500. ], [2] float32)");
    expect(format([2], [1.5, 1600])).toBe("tensor([1.5e+00, 1.6e+03], [2] float32)");
    expect(format([2], [0.0001, 0.05], "float64")).toBe("tensor([0.0001, 0.05  ], [2] float64)");
    expect(format([2], [0.00009, 0.05])).toBe("tensor([9.e-05, 5.e-02], [2] float32)");
    expect(format([3], [0, 0.5, 0.25])).toBe("tensor([0.  , 0.5 , 0.25], [3] float32)");
    expect(format([2], [1e10, -1.23456e-10])).toBe("tensor([ 1.0000e+10, -1.2346e-10], [2] float32)");
    expect(format([2], [1e-300, 1], "float64")).toBe("tensor([1.e-300, 1.e+000], [2] float64)");
  });

  test("is scientific from 1e8 on, for float32 from its 1e6, which has few digits left behind the point", () => {
    expect(format([2], [123456.5, 999999.5])).toBe("tensor([123456.5, 999999.5], [2] float32)");
    expect(format([2], [1000000.5, 2000000])).toBe("tensor([1.e+06, 2.e+06], [2] float32)");
    expect(format([2], [1000000.5, 2000000], "float64")).toBe("tensor([1000000.5, 2000000. ], [2] float64)");
    expect(format([2], [1e8, 2e8])).toBe("tensor([1.e+08, 2.e+08], [2] float32)");
  });

  test("is fixed for whole numbers below 1e8 however far apart, where NumPy's is scientific", () => {
    expect(format([3], [1, 255, 100000])).toBe("tensor([     1.,    255., 100000.], [3] float32)");
    expect(format([2], [1, 16777216])).toBe("tensor([       1., 16777216.], [2] float32)");
  });

  test("aligns nan, inf and -inf with the numbers, and keeps the sign of zero", () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    expect(format([4], [nan, inf, -inf, 1.5])).toBe("tensor([ nan,  inf, -inf,  1.5], [4] float32)");
    expect(format([2, 2], [nan, 10.25, -inf, 1])).toBe(
      lines("tensor([2, 2] float32", " [[  nan, 10.25],", "  [ -inf,  1.  ]])"),
    );
    expect(format([2], [nan, inf])).toBe("tensor([nan, inf], [2] float32)");
    expect(format([3], [1e-5, 1, nan])).toBe("tensor([1.e-05, 1.e+00,    nan], [3] float32)");
    expect(format([2], [-0, 0])).toBe("tensor([-0.,  0.], [2] float32)");
  });
});

describe("large tensors", () => {
  test("show three elements at each end of an axis", () => {
    expect(format([1001], (i) => i, "int32")).toBe("tensor([   0,    1,    2, ...,  998,  999, 1000], [1001] int32)");
    expect(format([40, 50], (i) => i)).toBe(
      lines(
        "tensor([40, 50] float32",
        " [[   0.,    1.,    2., ...,   47.,   48.,   49.],",
        "  [  50.,   51.,   52., ...,   97.,   98.,   99.],",
        "  [ 100.,  101.,  102., ...,  147.,  148.,  149.],",
        "  ...,",
        "  [1850., 1851., 1852., ..., 1897., 1898., 1899.],",
        "  [1900., 1901., 1902., ..., 1947., 1948., 1949.],",
        "  [1950., 1951., 1952., ..., 1997., 1998., 1999.]])",
      ),
    );
    expect(format([3, 2, 2], (i) => i, "int32", { threshold: 5, edgeItems: 1 })).toBe(
      lines(
        "tensor([3, 2, 2] int32", //
        " [[[ 0,  1],",
        "   [ 2,  3]],",
        "",
        "  ...,",
        "",
        "  [[ 8,  9],",
        "   [10, 11]]])",
      ),
    );
  });

  test("choose width and notation by what is shown", () => {
    const spike = (i: number) => (i === 500 ? 1e30 : i % 2);
    expect(format([2000], spike)).toBe("tensor([0., 1., 0., ..., 1., 0., 1.], [2000] float32)");
  });

  test("are shown whole up to the threshold, which may be Infinity", () => {
    expect(format([1000], () => 0, "int32")).not.toContain("...");
    expect(format([6], (i) => i, "int32", { threshold: 5, edgeItems: 2 })).toBe("tensor([0, 1, ..., 4, 5], [6] int32)");
    expect(format([6], (i) => i, "int32", { threshold: 5 })).toBe("tensor([0, 1, 2, 3, 4, 5], [6] int32)");
    const all = format([200_000], () => 1, "int32", { threshold: Number.POSITIVE_INFINITY });
    expect(all.match(/1[,\]]/g)).toHaveLength(200_000);
  });
});

describe("misuse", () => {
  test("of options says what they may be", () => {
    const one = { shape: [1], dtype: "float32", storage: Float32Array.of(1) } as const;
    expect(() => formatTensor(one, { precision: -1 })).toThrow(
      "formatTensor: expected a whole number of at least 0 and at most 100 as precision, got the number -1.",
    );
    expect(() => formatTensor(one, { precision: 101 })).toThrow(ValueError);
    expect(() => formatTensor(one, { precision: Number.POSITIVE_INFINITY })).toThrow(ValueError);
    expect(() => formatTensor(one, { edgeItems: 0 })).toThrow("expected a whole number of at least 1 as edgeItems");
    expect(() => formatTensor(one, { lineWidth: 7.5 })).toThrow(ValueError);
    expect(() => formatTensor(one, { threshold: Number.NaN })).toThrow(ValueError);
    expect(() => formatTensor(one, { precison: 2 } as FormatOptions)).toThrow(OptionError);
  });
});
