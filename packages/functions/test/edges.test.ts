/**
 * What stands at the edges: nothing, single numbers, whole numbers, zeros and infinities, and derivatives there.
 */
import { type DType, full, grad, jacobian, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import {
  acosh,
  arraySplit,
  asinh,
  atan2,
  atanh,
  bincount,
  cdist,
  correlation,
  covariance,
  cummax,
  cumprod,
  diagonal,
  diff,
  digamma,
  exp2,
  floorDivide,
  fmod,
  gumbelSoftmax,
  histogram,
  hypot,
  lerp,
  log10,
  logAddExp,
  logCumSumExp,
  maskedFill,
  maskedSelect,
  median,
  meshgrid,
  nanToNum,
  nonzero,
  normalize,
  quantiles,
  roll,
  scatter,
  searchsorted,
  sliceUpdate,
  stackRecords,
  trace,
  tril,
  triu,
  unique,
  xlogy,
} from "../src/index.ts";

const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf, NaN: nan } = Number;
const int = (list: number | readonly number[]) => tensor(list as number[], { dtype: "int32" });

describe("dtypes", () => {
  it("of functions that give fractions are floats", () => {
    for (const f of [asinh, acosh, atanh, log10, exp2, digamma, normalize]) {
      expect(f(int([1, 2])).dtype).toBe("float32");
      expect(f(tensor(new Float64Array([0.5]))).dtype).toBe("float64");
    }
    for (const f of [atan2, hypot, logAddExp, xlogy]) expect(f(int([1]), int([2])).dtype).toBe("float32");
    for (const f of [median, covariance]) expect(f(int([1, 2, 4])).dtype).toBe("float32");
    expect(lerp(int([0, 4]), int([2, 8]), 0.25).toArray()).toEqual([0.5, 5]);
  });

  it("of whole numbers and truth values stay, where results are such", () => {
    expect(floorDivide(int([7, -7]), int([2])).dtype).toBe("int32");
    expect(cumprod(tensor([true, false]), 0).dtype).toBe("int32");
    expect(cummax(int([1, 3]), 0).dtype).toBe("int32");
    expect(nanToNum(int([1])).dtype).toBe("int32");
    for (const dtype of ["bool", "int32", "float32", "float64"] satisfies DType[]) {
      const x = zeros([2, 2], { dtype });
      for (const f of [tril, triu, diagonal]) expect(f(x).dtype).toBe(dtype);
      expect(roll(x, 1, 0).dtype).toBe(dtype);
      expect(maskedSelect(x, [true, false]).dtype).toBe(dtype);
      expect(sliceUpdate(x, [0], x.slice(0)).dtype).toBe(dtype);
      expect(scatter(x, [[0], [1]], x.slice(":", [0, 1])).dtype).toBe(dtype);
      expect(unique(x).values.dtype).toBe(dtype);
    }
  });

  it("of a plain array beside a float64 tensor are float64", () => {
    const x = tensor(new Float64Array([0.1]));
    expect(hypot(x, [0.1]).item()).toBe(Math.hypot(0.1, 0.1));
    expect(lerp(x, [0.3], [0.5]).dtype).toBe("float64");
    expect(cdist([[0.1]], tensor(new Float64Array([0.3]), { shape: [1, 1] })).item()).toBeCloseTo(0.2, 15);
  });
});

describe("whole numbers by 0", () => {
  it("give 0, as mod does", () => {
    expect(floorDivide(int([5, -5]), int([0])).toArray()).toEqual([0, 0]);
    expect(fmod(int([5]), int([0])).toArray()).toEqual([0]);
  });
});

describe("derivatives where there are none", () => {
  const at = (f: Parameters<typeof grad>[0], ...x: number[]) =>
    x.map((_, argument) => grad(f, { argument })(...x.map((each) => tensor(each))).item());

  it("are 0 at the origin", () => {
    expect(at(hypot, 0, 0)).toEqual([0, 0]);
    expect(at(atan2, 0, 0)).toEqual([0, -0]);
    expect(at((a, b) => cdist(a.reshape(1, 1), b.reshape(1, 1)).sum(), 2, 2).map(Math.abs)).toEqual([0, 0]);
  });

  it("are shared by infinities that are the same", () => {
    expect(at(logAddExp, inf, inf)).toEqual([0.5, 0.5]);
    expect(at(logAddExp, minusInf, minusInf)).toEqual([0.5, 0.5]);
    expect(at(logAddExp, minusInf, 1)).toEqual([0, 1]);
    const x = tensor([1, inf, 2, inf]);
    expect(
      jacobian((t) => logCumSumExp(t, 0))(x)
        .slice("1:")
        .toArray(),
    ).toEqual([
      [0, 1, 0, 0],
      [0, 1, 0, 0],
      [0, 0.5, 0, 0.5],
    ]);
  });

  it("of sums of nothing are 0", () => {
    expect(grad((t) => logCumSumExp(t, 0).exp().sum())(tensor([minusInf, minusInf])).toArray()).toEqual([0, 0]);
  });

  it("of 0 · log are those of PyTorch", () => {
    expect(at(xlogy, 0, 0)).toEqual([0, 0]);
    expect(at(xlogy, 0, 2)).toEqual([Math.fround(Math.log(2)), 0]);
  });

  it("are infinite at the ends of arcosh and artanh", () => {
    expect([...at(acosh, 1), ...at(atanh, 1)]).toEqual([inf, inf]);
  });

  it("of large numbers do not overflow", () => {
    expect(at(asinh, 1e30)[0]).toBeCloseTo(1e-30, 36);
    expect(at(hypot, 3e30, 4e30)[1]).toBeCloseTo(0.8, 6);
    expect(at(atan2, 3e30, 4e30)[0]).toBeCloseTo(1.6e-31, 36);
  });

  it("of what was NaN go nowhere", () => {
    expect(grad((x) => nanToNum(x).sum())(tensor([1, nan, inf])).toArray()).toEqual([1, 0, 0]);
  });
});

describe("nothing", () => {
  it("has no order statistics, and is refused", () => {
    for (const f of [() => median([]), () => quantiles(zeros([2, 0]), 0.5, 1)])
      expect(f).toThrow(/expected at least one element along the axes/);
    expect(median(zeros([0, 3]), 1).shape).toEqual([0]);
  });

  it("is counted, cut, moved, split and chosen from as nothing", () => {
    expect(histogram([], { bins: 2 }).counts.toArray()).toEqual([0, 0]);
    expect(bincount(int([])).shape).toEqual([0]);
    expect(bincount(int([]), { minLength: 2 }).toArray()).toEqual([0, 0]);
    expect(unique([]).values.shape).toEqual([0]);
    expect(nonzero(zeros([0, 2])).shape).toEqual([0, 2]);
    expect(roll([], 3).shape).toEqual([0]);
    expect(arraySplit([], 2).map(({ shape }) => shape)).toEqual([[0], [0]]);
    expect(diff([1], -1, { n: 3 }).shape).toEqual([0]);
    expect(diagonal(zeros([0, 3])).shape).toEqual([0]);
    expect(trace(zeros([0, 3])).item()).toBe(0);
    expect(cumprod(zeros([2, 0]), 1).shape).toEqual([2, 0]);
    expect(searchsorted([], [1, 2]).toArray()).toEqual([0, 0]);
    expect(cdist(zeros([0, 3]), zeros([2, 3])).shape).toEqual([0, 2]);
    expect(cdist(zeros([1, 0]), zeros([2, 0])).toArray()).toEqual([[0, 0]]);
    expect(meshgrid([]).length).toBe(0);
    expect(scatter([1, 2], int([]), [], 0).toArray()).toEqual([1, 2]);
    expect(normalize(zeros([0, 3])).shape).toEqual([0, 3]);
    expect(gumbelSoftmax(zeros([0, 3]), { hard: true }).shape).toEqual([0, 3]);
  });
});

describe("single numbers", () => {
  it("are taken wherever they make sense", () => {
    expect(median(3).item()).toBe(3);
    expect(quantiles(3, [0, 1]).toArray()).toEqual([3, 3]);
    expect(unique(3).values.toArray()).toEqual([3]);
    expect(unique(3).inverse.shape).toEqual([]);
    expect(nonzero(3).shape).toEqual([1, 0]);
    expect(maskedSelect(3, true).toArray()).toEqual([3]);
    expect(maskedFill(3, true, 1).item()).toBe(1);
    expect(roll(3, 1).item()).toBe(3);
    expect(searchsorted([1, 3], 2).shape).toEqual([]);
    expect(histogram(3, { bins: 2, range: [0, 4] }).counts.toArray()).toEqual([0, 1]);
    expect(meshgrid([1, [2, 3]])[0].toArray()).toEqual([[1], [1]]);
    expect(normalize(tensor(3), null).item()).toBe(1);
  });

  it("have no axis to run along, and no variables", () => {
    expect(() => cumprod(3, 0)).toThrow("cumprod: expected a tensor with axes, got axis 0 of a scalar");
    expect(() => diff(3)).toThrow(/diff: expected a tensor with axes/);
    expect(() => covariance(3)).toThrow(/covariance: expected variables in rows/);
    expect(() => tril(3)).toThrow("tril: expected a matrix, or a batch of them, got []");
  });
});

describe("order statistics", () => {
  it("of infinities are no NaN, of NaN are NaN", () => {
    expect(median([inf, inf, 1, inf]).item()).toBe(inf);
    expect(median([minusInf, inf]).item()).toBe(nan);
    expect(quantiles([[1, nan], [1, 3]], 0, 1).toArray()).toEqual([nan, 1]); // biome-ignore format: short
  });

  it("ask for q between 0 and 1, and an interpolation that there is", () => {
    expect(() => quantiles([1, 2], 50)).toThrow(/q as a number from 0 to 1.*got the number 50[\s\S]*percentile/);
    expect(() => quantiles([1, 2], [0.5, 2])).toThrow(/got \[0.5, 2\]/);
    expect(() => quantiles([1, 2], [])).toThrow(/got \[\]/);
    expect(() => quantiles([1, 2], 0.5, 0, { interpolation: "cubic" as never })).toThrow(/linear/);
    expect(() => median([1], 0, { interpolation: "lower" } as never)).toThrow(/keepDims/);
  });
});

describe("places", () => {
  it("of NaN are behind all others", () => {
    expect(searchsorted([1, 2, nan], [nan, 3]).toArray()).toEqual([2, 2]);
    expect(searchsorted([1, 2, nan], nan, { side: "right" }).item()).toBe(3);
    expect(cummax([1, nan, 3], 0).toArray()).toEqual([1, nan, nan]);
    expect(unique([nan, 1, nan]).counts.toArray()).toEqual([1, 2]);
  });

  it("that are named twice get the latest value, and it alone the gradient", () => {
    expect(scatter(zeros([3]), [0, 0, -3], [1, nan, 5]).toArray()).toEqual([5, 0, 0]);
    const by = grad((v) => scatter(zeros([3]), [0, 0, 2], v).sum())(tensor([1, 2, 3]));
    expect(by.toArray()).toEqual([0, 1, 1]);
  });

  it("that are not there are refused", () => {
    expect(() => scatter([1, 2], [2], [1])).toThrow(/indices from -2 to 1, got 2/);
    expect(() => scatter([[1, 2]], [0, 1], [1, 2])).toThrow("differ from [1, 2] only along axis 1");
    expect(() => sliceUpdate([1, 2], [5], 0)).toThrow(/an index from -2 to 1/);
    expect(() => sliceUpdate([1, 2], ["0:1"], [1, 2])).toThrow(/broadcasts to \[1\]/);
    expect(() => maskedFill([1, 2], [[true], [false]], 0)).toThrow("broadcast to [2], got [2, 1] and []");
    expect(() => searchsorted(zeros([2, 3]), [1, 2])).toThrow("got [2, 3] and [2]");
    expect(() => diagonal(zeros([2, 2]), { axis1: 1 })).toThrow("two different axes, got 1 and -1");
  });
});

describe("histograms and counts", () => {
  it("ask for finite numbers or a range", () => {
    expect(() => histogram([1, nan])).toThrow(
      /finite numbers, since no range is given, got one that is not, element 1/,
    );
    expect(histogram([1, nan, inf, 0.2], { bins: 2, range: [0, 1] }).counts.toArray()).toEqual([1, 1]);
  });

  it("refuse edges and ranges that do not ascend, and weights of another shape", () => {
    expect(() => histogram([1], { bins: [2, 1] })).toThrow("at least two edges in ascending order, got [2, 1]");
    expect(() => histogram([1], { bins: [1, nan] })).toThrow("got [1, NaN]");
    expect(() => histogram([1], { range: [2, 1] })).toThrow(/a range \[low, high\]/);
    expect(() => histogram([1], { weights: [1, 2] })).toThrow("one weight for each element, [1], got [2]");
    expect(() => bincount([0, 1], { weights: [1] })).toThrow("one weight for each element, [2], got [1]");
  });

  it("refuse what is no vector of whole numbers from 0 on", () => {
    expect(() => bincount([0.5])).toThrow(/whole numbers/);
    expect(() => bincount([-1])).toThrow("numbers of at least 0, got another one at [0]");
    expect(() => bincount([[1]])).toThrow(/bincount\(x.flatten\(\)\)/);
    expect(() => bincount([3], { length: 2 })).toThrow("numbers from 0 to 1, got another one at [0]");
  });
});

describe("joining", () => {
  it("stacks records within records, and says under which name it cannot", () => {
    const { x, y } = stackRecords([
      { x: [1, 2], y: { label: 0, weight: tensor(0.5) } },
      { x: [3, 4], y: { label: 1, weight: tensor(2) } },
    ]);
    expect([x.shape, y.label.toArray(), y.weight.toArray()]).toEqual([[2, 2], [0, 1], [0.5, 2]]); // biome-ignore format: short
    expect(stackRecords([{ x: [1, 2] }, { x: [3, 4] }], 1).x.toArray()).toEqual([[1, 3], [2, 4]]); // biome-ignore format: short
    expect(() => stackRecords([{ x: { y: [1] } }, { x: { y: [1, 2] } }])).toThrow(
      /stackRecords, "x.y": stack: .*one shape/,
    );
    expect(() => stackRecords([{ x: 1 }, { z: 1 } as never])).toThrow('in all of them, ["x"], got ["z"]');
    expect(() => stackRecords([{ x: 1 }, { x: { y: 1 } } as never])).toThrow(/"x": expected records of tensors/);
    expect(() => stackRecords([])).toThrow("at least one record, got none");
  });

  it("asks for an indexing that there is, shifts for each axis, and pieces", () => {
    expect(() => meshgrid([[1]], { indexing: "ji" as never })).toThrow(/"xy" or "ij"/);
    expect(() => meshgrid([[[1]]])).toThrow("vectors, got [1, 1]");
    expect(() => roll([1, 2], [1, 2], 0)).toThrow("a whole number for each axis, of which there are 1, got [1, 2]");
    expect(() => roll([1, 2], 0.5)).toThrow(/a whole number for each axis/);
    expect(() => arraySplit([1, 2], 0)).toThrow(/a number of pieces of at least 1/);
    expect(() => arraySplit([1, 2], [0.5])).toThrow("got [0.5]");
  });
});

describe("distances, correlations and samples", () => {
  it("of points of other lengths are refused, though they would broadcast", () => {
    expect(() => cdist(zeros([2, 1]), zeros([2, 3]))).toThrow("got [2, 1] and [2, 3]");
    expect(() => cdist([1], [2])).toThrow("got [1] and [1]");
    expect(() => cdist([[1]], [[2]], { p: 0 })).toThrow(/p above 0/);
  });

  it("leave the zero vector as it is", () => {
    expect(normalize([0, 0]).toArray()).toEqual([0, 0]);
  });

  it("are NaN of what does not vary, and refused of a single observation", () => {
    expect(correlation([[1, 2], [3, 3]]).toArray()).toEqual([[1, nan], [nan, nan]]); // biome-ignore format: short
    expect(() => correlation([[1], [2]])).toThrow(/at least two observations/);
    expect(() => covariance(zeros([2, 0]))).toThrow(/at least one observation/);
  });

  it("are as likely as the distribution says, and sharp where they are to be", () => {
    const logits = tensor([Math.log(0.6), Math.log(0.3), Math.log(0.1)]);
    const many = logits.broadcastTo(20_000, 3);
    const hard = gumbelSoftmax(many, { hard: true });
    expect([...new Set(hard.toTypedArray())].sort()).toEqual([0, 1]);
    const [a, b, c] = hard.mean(0).toTypedArray();
    // Three standard deviations of a mean of 20,000 are 0.0104.
    for (const [found, wanted] of [[a, 0.6], [b, 0.3], [c, 0.1]]) expect(Math.abs(found - wanted)).toBeLessThan(0.0104); // biome-ignore format: short
    const soft = gumbelSoftmax(many, { temperature: 2 });
    expect(Math.max(...soft.sum(1).sub(1).abs().toTypedArray())).toBeLessThan(1e-6);
    expect(() => gumbelSoftmax(logits, { temperature: 0 })).toThrow("a temperature above 0, got the number 0");
    expect(() => gumbelSoftmax(full([], 1))).toThrow(/a tensor with axes/);
  });
});
