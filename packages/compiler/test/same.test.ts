/**
 * The comparisons of eager with compiled fail where they should.
 */

import { tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { expectIdentical, expectSame, expectWithinUlps } from "./same.ts";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

describe.each([
  ["expectSame", expectSame],
  ["expectIdentical", expectIdentical],
  ["expectWithinUlps", expectWithinUlps],
])("%s", (_name, compare) => {
  it.each([
    [0, -0],
    [-0, 0],
    [1, 1.001],
    [1, -1],
    [nan, 0],
    [0, nan],
    [infinity, -infinity],
    [infinity, 3e38],
    [1, infinity],
    [3e38, infinity],
  ])("tells %d from %d", (a, b) => {
    for (const dtype of ["float32", "float64"] as const)
      expect(() => compare(tensor([1, a], { dtype }), tensor([1, b], { dtype }))).toThrow(/element 1 is/);
  });

  it("tells shapes and dtypes apart, and finds equal numbers equal", () => {
    const x = tensor([nan, infinity, -infinity, 0, -0, 1]);
    compare(x, tensor([nan, infinity, -infinity, 0, -0, 1]));
    expect(() => compare(x, x.reshape([2, 3]))).toThrow();
    expect(() => compare(x, x.cast("float64"))).toThrow();
  });
});

describe("rounding", () => {
  const one = tensor([1]);

  it("is allowed by expectSame, relative to the largest number", () => {
    expectSame(tensor([1 + 2 ** -20]), one);
    expectSame(tensor([100, 1 + 2 ** -13]), tensor([100, 1]));
    expect(() => expectSame(tensor([1 + 2 ** -13]), one)).toThrow(/element 0/);
    expect(() => expectSame(tensor([1 + 2 ** -40], { dtype: "float64" }), one.cast("float64"))).toThrow(/element 0/);
    expectSame(tensor([1e-9, infinity]), tensor([0, infinity]), "", 1e-8);
    expect(() => expectSame(tensor([1e-9, infinity]), tensor([0, infinity]))).toThrow(/element 0/);
  });

  it("is allowed by expectWithinUlps for four units in the last place of float32", () => {
    expectWithinUlps(tensor([1 + 2 ** -21]), one);
    expect(() => expectWithinUlps(tensor([1 + 5 * 2 ** -23]), one)).toThrow(/element 0/);
    expect(() => expectWithinUlps(tensor([1 + 2 ** -50], { dtype: "float64" }), one.cast("float64"))).toThrow();
  });

  it("is none to expectIdentical", () => {
    expect(() => expectIdentical(tensor([1 + 2 ** -23]), one)).toThrow(/element 0/);
  });
});
