import { describe, expect, it } from "vitest";
import { axisFor, axisWithin, formatNumber } from "./ticks.ts";

describe("axisFor", () => {
  it.each([
    [[0, 1], 6, [0, 1], [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [[0.12, 2.4], 5, [0, 3], [0, 1, 2, 3]],
    [[-3, 7], 5, [-5, 10], [-5, 0, 5, 10]],
    [[0.1, 0.3], 3, [0.1, 0.3], [0.1, 0.2, 0.3]],
    [[1200, 48000], 4, [0, 60000], [0, 20000, 40000, 60000]],
    [[2e-5, 9e-5], 5, [2e-5, 1e-4], [2e-5, 4e-5, 6e-5, 8e-5, 1e-4]],
  ])("of %j with about %i marks ends at %j and marks %j", (values, count, range, ticks) => {
    const axis = axisFor(values, count);
    expect(axis.range).toEqual(range);
    expect(axis.ticks).toEqual(ticks);
  });

  it("places its ends at 0 and 1, and the middle between", () => {
    const axis = axisFor([0, 10], 3);
    expect([0, 5, 10].map(axis.position)).toEqual([0, 0.5, 1]);
  });

  it("ends where the numbers end if it is to be tight, and marks round numbers inside", () => {
    const axis = axisFor([1, 40], 5, "linear", true);
    expect(axis.range).toEqual([1, 40]);
    expect(axis.ticks).toEqual([10, 20, 30, 40]);
  });

  it("marks whole numbers where all are whole, and at least two places", () => {
    expect(axisFor([1, 2, 3], 9, "linear", true).ticks).toEqual([1, 2, 3]);
    expect(axisFor([1, 1.5, 3], 9, "linear", true).ticks).toEqual([1, 1.5, 2, 2.5, 3]);
    expect(axisFor([1, 5], 2, "linear", true).ticks).toEqual([2, 4]);
    expect(axisFor([0.1, 0.9], 2, "linear", true).ticks).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(axisFor([7], 5, "linear", true).ticks).toEqual([7]);
  });

  it("makes room around a single number, and is from 0 to 1 around none", () => {
    expect(axisFor([5, 5], 3).position(5)).toBe(0.5);
    expect(axisFor([0], 3).range).toEqual([-1, 1]);
    expect(axisFor([], 3).range).toEqual([0, 1]);
  });

  it("does not see what is not finite", () => {
    expect(axisFor([0, Number.NaN, Number.POSITIVE_INFINITY, 1], 2).range).toEqual([0, 1]);
  });

  it("counts in 1, 2 and 5 on a logarithmic scale, over many decades in powers of ten", () => {
    const short = axisFor([0.03, 0.9], 6, "log");
    expect(short.range).toEqual([0.02, 1]);
    expect(short.ticks).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1]);
    expect(axisFor([1e-5, 0.5], 6, "log").ticks).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 1e-1]);
    expect(axisFor([1e-9, 1], 4, "log").ticks).toEqual([1e-9, 1e-6, 1e-3, 1]);
  });

  it("places equal ratios at equal distances on a logarithmic scale, and nothing at or below 0", () => {
    const axis = axisFor([0.01, 1], 3, "log");
    expect(axis.position(0.1)).toBeCloseTo(0.5, 12);
    expect(axis.position(0)).toBeNaN();
    expect(axis.position(-1)).toBeNaN();
    expect(axisFor([3], 3, "log").range).toEqual([2, 5]);
    expect(axisFor([], 3, "log").range).toEqual([1, 10]);
  });
});

describe("axisWithin", () => {
  it("ends where it is told to, with round marks between", () => {
    const axis = axisWithin([0, 1], 6);
    expect(axis.ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect([0, 0.25, 2].map(axis.position)).toEqual([0, 0.25, 2]);
    expect(axisWithin([-0.13, 0.37], 5).ticks).toEqual([0, 0.2]);
    expect(axisWithin([-1000, 1000], 3).range).toEqual([-1000, 1000]);
  });

  it("has equal ratios at equal distances on a logarithmic scale", () => {
    const axis = axisWithin([0.03, 30], 4, "log");
    expect(axis.ticks).toEqual([0.1, 1, 10]);
    expect([0.03, 0.3, 3, 30].map((value) => axis.position(value) * 3)).toEqual(
      [0, 1, 2, 3].map((place) => expect.closeTo(place, 9)),
    );
    expect(axis.position(0)).toBeNaN();
  });
});

describe("formatNumber", () => {
  it.each([
    [0, "0"],
    [0.1 + 0.2, "0.3"],
    [1234.5, "1235"],
    [123456, "123500"],
    [1e6, "1e6"],
    [2.5e-5, "2.5e-5"],
    [-0.001, "-0.001"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("writes %d as %s", (value, written) => {
    expect(formatNumber(value)).toBe(written);
  });
});
