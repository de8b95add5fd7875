import { readFileSync } from "node:fs";
import { ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { holm, pairedTTest, permutationTest, summarize } from "./paired.ts";
import { studentQuantile, studentTails } from "./student.ts";

/** Made by scipy.py. */
const scipy: {
  tails: [number, number, number][];
  quantiles: [number, number, number][];
  pairs: Record<"a" | "b" | "interval", number[]>[] & Record<"t" | "p" | "permutation" | "mean" | "sd", number>[];
} = JSON.parse(readFileSync(new URL("../../test/scipy.json", import.meta.url), "utf8"));
const near = (expected: number, digits = 11) => expect.closeTo(expected, digits);

describe("Student's t", () => {
  it("has scipy's tails and quantiles", () => {
    for (const [t, degrees, p] of scipy.tails) {
      const found = studentTails(t, degrees);
      expect(Math.abs(found - p), `t ${t}, ${degrees} degrees: ${found}, ${p}`).toBeLessThanOrEqual(1e-11 * p);
    }
    for (const [p, degrees, t] of scipy.quantiles)
      expect(Math.abs(studentQuantile(p, degrees) - t), `p ${p}, ${degrees} degrees`).toBeLessThanOrEqual(1e-11 * t);
    expect(studentTails(Number.POSITIVE_INFINITY, 3)).toBe(0);
    expect(studentTails(Number.NaN, 3)).toBeNaN();
  });
});

describe("a few numbers", () => {
  it("are summed up, and tested by pairs, as scipy does", () => {
    expect(scipy.pairs.length).toBe(5);
    for (const { a, b, t, p, permutation, mean, sd, interval } of scipy.pairs) {
      expect(summarize(a)).toEqual({
        n: a.length,
        mean: near(mean),
        sd: near(sd),
        interval: interval.map((x) => near(x)),
      });
      expect(pairedTTest(a, b)).toMatchObject({ n: a.length, t: near(t, 9), p: near(p) });
      expect(permutationTest(a, b).p).toBeCloseTo(permutation, 12);
      expect(pairedTTest(b, a).t).toBeCloseTo(-t, 9);
    }
  });

  it("that are equal have no spread, and one number has none that could be known", () => {
    expect(summarize([0.1, 0.1, 0.1])).toEqual({ n: 3, mean: 0.1, sd: 0, interval: [0.1, 0.1] });
    expect(summarize([3])).toEqual({ n: 1, mean: 3, sd: Number.NaN, interval: [Number.NaN, Number.NaN] });
    expect(pairedTTest([1, 2], [1, 2])).toEqual({ n: 2, difference: 0, t: 0, p: 1 });
    expect(pairedTTest([1, 2], [2, 3])).toEqual({ n: 2, difference: -1, t: Number.NEGATIVE_INFINITY, p: 0 });
    expect(pairedTTest([1], [2]).p).toBeNaN();
    expect(permutationTest([1], [2]).p).toBeNaN();
    expect(permutationTest([0, 0, 0, 0, 0], [1, 1, 1, 1, 1]).p).toBe(2 / 32);
    expect(pairedTTest([Number.NaN, 1], [1, 2]).p).toBeNaN();
  });

  it("are refused where there are none, or no pairs", () => {
    for (const wrong of [[], null, 3, ["1"], undefined]) expect(() => summarize(wrong as never)).toThrow(ValueError);
    expect(() => pairedTTest([1, 2], [1])).toThrow(/two lists of one length.*2 and 1/);
    const many = Array.from({ length: 21 }, (_, i) => i);
    expect(() => permutationTest(many, many)).toThrow(/at most 20 pairs/);
  });

  it("of several tests are corrected by Holm", () => {
    // By hand: 3 · 0.01, 2 · 0.04, then no less than that.
    expect(holm([0.04, 0.01, 0.05])).toEqual([0.08, 0.03, 0.08]);
    expect(holm([0.5, Number.NaN, 0.9])).toEqual([1, Number.NaN, 1]);
    expect(holm([])).toEqual([]);
  });
});
