import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  adaptiveMaxPool2d,
  all,
  any,
  argmax,
  argmin,
  countNonZero,
  cumsum,
  dot,
  grad,
  logSumExp,
  max,
  mean,
  min,
  norm,
  prod,
  ShapeError,
  std,
  sum,
  sumTo,
  type Tensor,
  type TensorLike,
  tensor,
  ValueError,
  variance,
  where,
  zeros,
} from "../index.ts";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number;
const gradient = (f: (x: Tensor) => Tensor, x: TensorLike) => grad((t) => f(t).sum())(x).toArray();
const square = [
  [1, 5],
  [7, 2],
];

describe("reductions", () => {
  it("go along one axis, several, or all, counted from either end", () => {
    expect(sum(square).item()).toBe(15);
    expect(sum(square, 0).toArray()).toEqual([8, 7]);
    expect(sum(square, -1).toArray()).toEqual([6, 9]);
    expect(sum(square, [1, 0]).item()).toBe(15);
    expect(sum(square, null).item()).toBe(15);
    expect(sum(square, []).toArray()).toEqual(square);
    expect(max(square, 1, { keepDims: true }).toArray()).toEqual([[5], [7]]);
    expect(mean(square, [0, 1], { keepDims: true }).toArray()).toEqual([[3.75]]);
  });

  it("of nothing give the neutral element, or NaN, or refuse", () => {
    const nothing = zeros([2, 0]);
    expect(sum(nothing).item()).toBe(0);
    expect(prod(nothing, 1).toArray()).toEqual([1, 1]);
    expect(any(nothing, 1).toArray()).toEqual([false, false]);
    expect(all(nothing, 1).toArray()).toEqual([true, true]);
    expect(mean(nothing).item()).toBeNaN();
    expect(variance(nothing, 1).toArray()).toEqual([nan, nan]);
    expect(logSumExp(nothing, 1).toArray()).toEqual([minusInf, minusInf]);
    expect(countNonZero(nothing).item()).toBe(0);
    expect(norm(nothing).item()).toBe(0);
    expect(sum(nothing, 0).shape).toEqual([0]);
    for (const f of [max, min, argmax, argmin]) expect(() => f(nothing, 1)).toThrow(ShapeError);
    for (const f of [max, min, argmax, argmin]) expect(f(nothing, 0).shape).toEqual([0]);
    expect(() => max(nothing)).toThrow(/max: expected at least one element.*got \[2, 0\]/s);
  });

  it("take scalars", () => {
    for (const f of [sum, mean, prod, max, min, logSumExp, norm]) expect(f(3).item()).toBe(3);
    expect([variance(3).item(), std(3).item(), argmax(3).item(), countNonZero(3).item()]).toEqual([0, 0, 0, 1]);
  });

  it("pass NaN on", () => {
    for (const f of [sum, mean, prod, max, min, logSumExp, norm, variance, std])
      expect(f([1, nan, 2]).item()).toBeNaN();
  });

  it("handle infinities", () => {
    expect([sum([inf, 1]).item(), sum([inf, minusInf]).item(), prod([inf, 0]).item()]).toEqual([inf, nan, nan]);
    expect([max([minusInf, -1]).item(), min([inf, 1]).item(), max([minusInf]).item()]).toEqual([-1, 1, minusInf]);
  });

  it("count truth values and whole numbers in int32, and take means in floats", () => {
    const truths = tensor([true, true, false]);
    expect([sum(truths).dtype, sum(truths).item()]).toEqual(["int32", 2]);
    expect([prod(truths).dtype, max(truths).dtype, cumsum(truths, 0).dtype]).toEqual(["int32", "int32", "int32"]);
    const whole = tensor([1, 2], { dtype: "int32" });
    expect([sum(whole).dtype, mean(whole).dtype, mean(whole).item()]).toEqual(["int32", "float32", 1.5]);
    expect([any(whole, []).dtype, sum(truths, []).dtype, any([0, 3], []).toArray()]).toEqual([
      "bool",
      "int32",
      [false, true],
    ]);
    expect([any(whole).dtype, argmax(whole).dtype, logSumExp(whole).dtype]).toEqual(["bool", "int32", "float32"]);
  });

  it("add up float32 in double precision", () => {
    const tenth = tensor(new Float32Array(1_000_000).fill(0.1));
    expect(sum(tenth).item()).toBe(Math.fround(1_000_000 * Math.fround(0.1)));
    expect(sum(tenth.reshape(1000, 1000), 0).at(7)).toBe(Math.fround(1000 * Math.fround(0.1)));
  });

  it("refuse axes that are not there, twice the same, and what is no axis", () => {
    expect(() => sum(square, 2)).toThrow(/sum: expected an axis from -2 to 1, got axis 2/);
    expect(() => sum(square, -3)).toThrow(/got axis -3/);
    expect(() => sum(square, 0.5)).toThrow(ValueError);
    expect(() => sum(square, [0, -2])).toThrow(/each axis once/);
    expect(() => sum(3, 0)).toThrow(/axis 0 of a scalar/);
    expect(() => sum(square, "0" as never)).toThrow(/an axis, an array of axes, or null for all, got "0"/);
    expect(() => max(square, tensor(0) as never)).toThrow(ValueError);
  });
});

describe("variance and std", () => {
  it("divide by n, or by n - correction", () => {
    expect(variance([1, 2, 3, 4]).item()).toBe(1.25);
    expect(variance([1, 2, 3, 4], 0, { correction: 1 }).item()).toBe(Math.fround(5 / 3));
    expect(std([1, 3]).item()).toBe(1);
    expect(variance([5], 0, { correction: 1 }).item()).toBeNaN();
  });

  it("lose no digits where the mean is large", () => {
    const x = tensor([1e9 + 1, 1e9 + 2, 1e9 + 3], { dtype: "float64" });
    expect(variance(x).item()).toBeCloseTo(2 / 3, 12);
  });

  it("have slope 0 where all elements are equal", () => {
    expect(gradient((x) => std(x), [2, 2, 2])).toEqual([0, 0, 0]);
  });
});

describe("max, min and prod", () => {
  it("share the gradient among equals", () => {
    expect(gradient((x) => max(x), [3, 1, 3])).toEqual([0.5, 0, 0.5]);
    expect(
      gradient(
        (x) => min(x, 1),
        [
          [1, 1],
          [2, 1],
        ],
      ),
    ).toEqual([
      [0.5, 0.5],
      [0, 1],
    ]);
    expect(
      gradient(
        (x) => max(x, [0, 1]),
        [
          [3, 3],
          [3, 3],
        ],
      ),
    ).toEqual([
      [0.25, 0.25],
      [0.25, 0.25],
    ]);
  });

  it("need no division for the gradient of a product with zeros", () => {
    expect(gradient((x) => prod(x), [2, 0, 3])).toEqual([0, 6, 0]);
    expect(gradient((x) => prod(x), [0, 0, 3])).toEqual([0, 0, 0]);
  });
});

describe("logSumExp", () => {
  it("neither overflows nor underflows", () => {
    const x = tensor([1000, 1000], { dtype: "float64" });
    expect(logSumExp(x).item()).toBe(1000 + Math.LN2);
    expect(logSumExp(x.neg()).item()).toBe(-1000 + Math.LN2);
  });

  it("knows infinities, and has finite slopes at nothing but -Infinity", () => {
    expect(logSumExp([minusInf, minusInf]).item()).toBe(minusInf);
    expect(logSumExp([inf, 1]).item()).toBe(inf);
    expect(gradient((x) => logSumExp(x), [minusInf, minusInf])).toEqual([0, 0]);
    expect(gradient((x) => logSumExp(x), [minusInf, 0])).toEqual([0, 1]);
  });
});

describe.each([
  ["float32", [1e-30, 1e-20, 1e15, 1e30, 1e37], 1e-6],
  ["float64", [1e-300, 1e-170, 1e150, 1e200, 1e307], 1e-14],
] as const)("norms and spreads of numbers whose squares are beyond %s", (dtype, sizes, tolerance) => {
  const close = (found: unknown, expected: readonly number[]) => {
    const numbers = [found].flat(9) as number[];
    expect(numbers.length).toBe(expected.length);
    expected.forEach((x, i) => {
      expect(Math.abs(numbers[i] / x - 1)).toBeLessThan(tolerance);
    });
  };

  it.each(sizes)("of size %d are right, with their slopes", (size) => {
    const x = tensor([3 * size, -4 * size], { dtype });
    close(norm(x).toArray(), [5 * size]);
    close(norm(x.reshape([1, 2]), 1, { keepDims: true }).toArray(), [5 * size]);
    close(
      gradient((t) => norm(t), x),
      [0.6, -0.8],
    );
    close(norm(x, null, { p: 3 }).toArray(), [91 ** (1 / 3) * size]);
    close(
      gradient((t) => norm(t, null, { p: 3 }), x),
      [9 / 91 ** (2 / 3), -16 / 91 ** (2 / 3)],
    );
    close(norm(x, null, { p: 0.5 }).toArray(), [(Math.sqrt(3) + 2) ** 2 * size]);
    close(std(x).toArray(), [3.5 * size]);
    close(std(x, null, { correction: 1 }).toArray(), [3.5 * Math.SQRT2 * size]);
    close(
      gradient((t) => std(t), x),
      [0.5, -0.5],
    );
    // Each line has its own size.
    const lines = tensor(
      [
        [3 * size, 4 * size],
        [3, 4],
        [0, 0],
      ],
      { dtype },
    );
    const [first, second, third] = norm(lines, 1).toArray(1);
    close([first, second], [5 * size, 5]);
    expect(third).toBe(0);
  });

  it("are Infinity or NaN where an element is", () => {
    for (const p of [2, 3]) {
      expect(norm(tensor([1, minusInf], { dtype }), null, { p }).item()).toBe(inf);
      expect(norm(tensor([nan, inf], { dtype }), null, { p }).item()).toBeNaN();
    }
    expect(std(tensor([1, inf], { dtype })).item()).toBeNaN();
  });
});

describe("norm", () => {
  it("is the length, the sum of sizes, the largest size, or any p between", () => {
    expect(norm([3, -4]).item()).toBe(5);
    expect(norm([3, -4], 0, { p: 1 }).item()).toBe(7);
    expect(norm([3, -4], 0, { p: inf }).item()).toBe(4);
    expectClose(norm([3, -4], 0, { p: 3 }), { shape: [], data: [91 ** (1 / 3)] });
  });

  it("has slope 0 at the zero vector, and refuses p of 0 and below", () => {
    for (const p of [1, 2, 3]) expect(gradient((x) => norm(x, 0, { p }), [0, 0])).toEqual([0, 0]);
    expect(() => norm([1], 0, { p: 0 })).toThrow(ValueError);
  });
});

describe("argmax and argmin", () => {
  it("find the first of equals, along an axis or in row-major order", () => {
    expect(argmax([1, 3, 3]).item()).toBe(1);
    expect(argmin([4, 2, 2]).item()).toBe(1);
    expect(argmax(square, 1).toArray()).toEqual([1, 0]);
    expect(argmax(square).item()).toBe(2);
    expect(argmax(square, 0, { keepDims: true }).toArray()).toEqual([[1, 0]]);
    expect(argmin(square, null, { keepDims: true }).shape).toEqual([1, 1]);
  });

  it("count NaN as the extreme", () => {
    expect([argmax([1, nan, 3, nan]).item(), argmin([1, nan, 0]).item()]).toEqual([1, 1]);
  });
});

describe("cumsum", () => {
  it("runs along an axis, from either end", () => {
    expect(cumsum([1, 2, 3], 0).toArray()).toEqual([1, 3, 6]);
    expect(cumsum([1, 2, 3], 0, { reverse: true }).toArray()).toEqual([6, 5, 3]);
    expect(cumsum(square, 0).toArray()).toEqual([
      [1, 5],
      [8, 7],
    ]);
    expect(cumsum(zeros([0]), 0).shape).toEqual([0]);
    expect(() => cumsum(3, 0)).toThrow(ValueError);
  });
});

describe("sumTo", () => {
  it("undoes a broadcast, and nothing else", () => {
    expect(sumTo(tensor(square), [2]).toArray()).toEqual([8, 7]);
    expect(sumTo(tensor(square), [2, 1]).toArray()).toEqual([[6], [9]]);
    expect(sumTo(tensor(square), []).item()).toBe(15);
    expect(sumTo(zeros([0, 3]), [1, 3]).toArray()).toEqual([[0, 0, 0]]);
    expect(() => sumTo(zeros([4, 1]), [2, 2])).toThrow(
      /sumTo: expected a shape that broadcasts to \[4, 1\], got \[2, 2\]/,
    );
  });
});

describe("equals along axes that are not neighbours", () => {
  const ties = [[[5, 5]], [[5, 1]]];
  const third = Math.fround(1 / 3);

  it("share the gradient of max, min, the largest size and an infinite log-sum-exp evenly", () => {
    const shares = [[[third, third]], [[third, 0]]];
    for (const axis of [[0, 2], [2, 0], undefined]) {
      expect(gradient((x) => max(x, axis), ties)).toEqual(shares);
      expect(gradient((x) => min(x.neg(), axis, { keepDims: true }).neg(), ties)).toEqual(shares);
      expect(gradient((x) => norm(x, axis, { p: inf }), ties)).toEqual(shares);
      expect(gradient((x) => logSumExp(where(x.equal(5), inf, x), axis), ties)).toEqual([[[0, 0]], [[0, 0]]]);
      expect(gradient((x) => logSumExp(x.add(tensor(ties).sub(4).div(0)), axis), ties)).toEqual(shares);
    }
    expect(max(zeros([2, 3, 4]), [0, 2]).shape).toEqual([3]);
    expect(max(zeros([2, 3, 4, 1]), [0, 2], { keepDims: true }).shape).toEqual([1, 3, 1, 1]);
  });

  it("share that of an adaptive pool, whose pieces overlap or not", () => {
    const images = [
      [
        [
          [7, 7, 0],
          [7, 0, 0],
          [0, 0, 0],
        ],
      ],
    ];
    const shares = [third, third, 0, third, 0, 0, 0, 0, 0];
    for (const f of [(x: Tensor) => adaptiveMaxPool2d(x, 1), (x: Tensor) => adaptiveMaxPool2d(x, 2).slice(0, 0, 0, 0)])
      expect([...grad((x: Tensor) => f(x).sum())(images).toTypedArray()]).toEqual(shares);
  });
});

describe("log-sum-exp with infinities", () => {
  it.each([
    [
      [1, inf],
      [0, 1],
    ],
    [
      [inf, inf, 3],
      [0.5, 0.5, 0],
    ],
    [
      [minusInf, inf],
      [0, 1],
    ],
    [
      [minusInf, minusInf],
      [0, 0],
    ],
    [
      [minusInf, 1],
      [0, 1],
    ],
  ])("of %j has the slopes %j, and their slopes are 0", (x, slopes) => {
    expect(gradient((t) => logSumExp(t), x)).toEqual(slopes);
    const twice = grad((t) =>
      grad((u) => logSumExp(u))(t)
        .mul([1, 2, 3].slice(0, x.length))
        .sum(),
    )(x);
    expect([...twice.abs().toTypedArray()]).toEqual(x.map(() => 0));
  });
});

it("norms below p = 1 have the slope 0 at coordinates that are 0", () => {
  const slopes = gradient((x) => norm(x, null, { p: 0.5 }), [3, 0, -0, 4]) as number[];
  // PyTorch's.
  [2.154700538379252, 0, 0, 1.8660254037844386].forEach((slope, i) => {
    expect(slopes[i]).toBeCloseTo(slope, 6);
  });
  expect(gradient((x) => norm(x, null, { p: 0.25 }), [0, 0])).toEqual([0, 0]);
});

it("reductions of int32 keep the low 32 bits", () => {
  const x = tensor([123456789, 987654321, -192837465, 2 ** 31 - 1], { dtype: "int32" });
  const exact = (total: bigint) => Number(BigInt.asIntN(32, total));
  const all = [...x.toTypedArray()].map(BigInt);
  expect(prod(x).item()).toBe(exact(all.reduce((a, b) => a * b)));
  expect(x.square().toArray()).toEqual(all.map((a) => exact(a * a)));
  expect(dot(x, x).item()).toBe(exact(all.reduce((total, a) => total + a * a, 0n)));
  const matrix = x.reshape(2, 2);
  expect(matrix.matmul(matrix).at(0, 0)).toBe(exact(all[0] * all[0] + all[1] * all[2]));
});
