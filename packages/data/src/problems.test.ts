import { OptionError, type Tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { makeClassification, makeRegression } from "./problems.ts";

const rows = (x: Tensor) => x.toArray(2);
const numbers = (y: Tensor) => y.toArray(1);
const tally = (y: Tensor, classes: number) =>
  Array.from({ length: classes }, (_, k) => numbers(y).filter((label) => label === k).length);

describe("makeRegression", () => {
  it("is exactly linear without noise", () => {
    const { x, y, coefficients } = makeRegression({
      nFeatures: 5,
      nInformative: 3,
      bias: 7,
      seed: 0,
      dtype: "float64",
    });
    expect([x.shape, y.shape, coefficients.shape]).toEqual([[100, 5], [100], [5]]);
    expect(y.dtype).toBe("float64");
    const predicted = numbers(x.matmul(coefficients).add(7));
    numbers(y).forEach((value, i) => {
      expect(value).toBeCloseTo(predicted[i], 10);
    });
    const weights = numbers(coefficients);
    expect(weights.filter((weight) => weight !== 0)).toHaveLength(3);
    expect(Math.max(...weights)).toBeLessThan(100);
    expect(Math.min(...weights)).toBe(0);
  });

  it("puts the informative features first without shuffling", () => {
    const weights = numbers(makeRegression({ nFeatures: 4, nInformative: 2, shuffle: false, seed: 3 }).coefficients);
    expect(weights.map((weight) => weight > 0)).toEqual([true, true, false, false]);
  });

  it("adds noise of the standard deviation asked for", () => {
    const { x, y, coefficients } = makeRegression({ nSamples: 5000, noise: 2, seed: 1, dtype: "float64" });
    const off = y.sub(x.matmul(coefficients));
    expect(Math.abs(off.mean().item())).toBeLessThan((4 * 2) / Math.sqrt(5000));
    expect(Math.abs(off.square().mean().sqrt().item() - 2)).toBeLessThan((4 * 2) / Math.sqrt(10000));
  });

  it("gives float32, and the same for the same seed", () => {
    const { x, y } = makeRegression({ seed: 5 });
    expect([x.shape, x.dtype, y.dtype]).toEqual([[100, 2], "float32", "float32"]);
    expect(makeRegression({ seed: 5 }).x.toArray()).toEqual(x.toArray());
    expect(makeRegression({ seed: 6 }).x.toArray()).not.toEqual(x.toArray());
  });

  it("refuses counts out of range, negative noise and unknown options", () => {
    expect(() => makeRegression({ nFeatures: 3, nInformative: 4 })).toThrow(
      "nInformative to be a whole number from 1 to 3",
    );
    expect(() => makeRegression({ nSamples: 0 })).toThrow(ValueError);
    expect(() => makeRegression({ noise: -1 })).toThrow(ValueError);
    expect(() => makeRegression({ features: 2 } as object)).toThrow(OptionError);
  });
});

describe("makeClassification", () => {
  it("gives balanced classes in float32 and int32 by default", () => {
    const { x, y } = makeClassification({ flipY: 0, seed: 0 });
    expect([x.shape, x.dtype, y.dtype]).toEqual([[100, 2], "float32", "int32"]);
    expect(tally(y, 2)).toEqual([50, 50]);
    expect(numbers(y)).not.toEqual([...numbers(y)].sort());
  });

  it.each([
    [{ weights: [0.95] }, [950, 50]],
    [{ weights: [0.95, 0.05] }, [950, 50]],
    [{ weights: [0.7, 0.29], nClasses: 3 }, [700, 290, 10]],
    [{ weights: [0.9, 0.1], nClasses: 2, nClustersPerClass: 2 }, [900, 100]],
    [{ weights: [1], nClasses: 2 }, [1000, 0]],
    [{ nClasses: 3 }, [334, 333, 333]],
  ])("shares the samples out by %o", (options, counts) => {
    expect(tally(makeClassification({ nSamples: 1000, flipY: 0, seed: 0, ...options }).y, counts.length)).toEqual(
      counts,
    );
  });

  it("flips the asked share of labels to any class", () => {
    const { y } = makeClassification({ nSamples: 4000, weights: [1], flipY: 0.2, seed: 0 });
    // Half of the flipped labels stay what they were: 400 expected, standard deviation √(4000 · 0.1 · 0.9) = 19.
    expect(Math.abs(tally(y, 2)[1] - 400)).toBeLessThan(76);
  });

  it("sets clusters on different corners of the cube", () => {
    const { x, y } = makeClassification({ nSamples: 4000, nClasses: 4, classSep: 5, flipY: 0, seed: 2 });
    const classes = numbers(y);
    const centres = [0, 1, 2, 3].map((k) => {
      const own = rows(x).filter((_, i) => classes[i] === k);
      return [0, 1].map((axis) => Math.round(own.reduce((sum, row) => sum + row[axis], 0) / own.length));
    });
    expect(centres.map(String).sort()).toEqual(["-5,-5", "-5,5", "5,-5", "5,5"]);
  });

  it("makes redundant features of the informative ones", () => {
    const { x } = makeClassification({ nFeatures: 4, nRedundant: 1, shuffle: false, seed: 0, dtype: "float64" });
    // Three columns of which one is a combination of the others have a singular matrix of products.
    const table = x.slice(":", "0:3");
    const [[a, b, c], [d, e, f], [g, h, i]] = rows(table.T.matmul(table));
    const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    expect(Math.abs(determinant) / (a * e * i)).toBeLessThan(1e-12);
  });

  it("shuffles the features, and gives the same for the same seed", () => {
    const options = { nFeatures: 6, nInformative: 2, classSep: 50, flipY: 0 };
    // A column whose values lie far from 0 is informative.
    const informative = (x: Tensor) => numbers(x.abs().mean(0)).map((size) => size > 10);
    expect(informative(makeClassification({ ...options, shuffle: false, seed: 1 }).x)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    const orders = [1, 2, 3, 4].map((seed) => informative(makeClassification({ ...options, seed }).x).join());
    expect(new Set(orders).size).toBeGreaterThan(1);
    expect(makeClassification({ seed: 9 }).x.toArray()).toEqual(makeClassification({ seed: 9 }).x.toArray());
  });

  it.each([
    [{ nClasses: 5 }, "at most 4 clusters, as many as a cube of 2 dimensions has corners, got 5 classes of 1"],
    [{ nFeatures: 1 }, "nInformative to be a whole number from 1 to 1, got 2"],
    [{ nFeatures: 3, nRedundant: 2 }, "from 1 to 1, got 2"],
    [{ weights: [0.5, 0.6] }, "adding up to 1 (the last may be left out), got [0.5, 0.6]"],
    [{ weights: [1.5] }, "got [1.5]"],
    [{ weights: [0.2, 0.3, 0.5] }, "the shares of 2 classes"],
    [{ flipY: 1.1 }, "flipY to be a share from 0 to 1, got 1.1"],
    [{ classSep: -1 }, "a finite classSep of at least 0"],
    [{ nSamples: -5 }, "nSamples to be a whole number of at least 1, got -5"],
  ])("refuses %o", (options, message) => {
    expect(() => makeClassification(options)).toThrow(ValueError);
    expect(() => makeClassification(options)).toThrow(message);
  });
});
