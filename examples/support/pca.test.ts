/**
 * Principal components against scikit-learn 1.2.1, eigenvalues by hand.
 */
import { readCsv } from "chainrule";
import { describe, expect, it } from "vitest";
import { eigen, pca } from "./pca.ts";

const iris = await readCsv(new URL("../data/iris.csv", import.meta.url), { dtype: "float64" });

describe("principal components", () => {
  it("are those of scikit-learn for the irises", () => {
    const { shares, directions } = pca(iris.features, 4);
    for (const [i, share] of [0.92461872, 0.05306648, 0.01710261, 0.00521218].entries())
      expect(shares[i]).toBeCloseTo(share, 7);
    for (const [i, value] of [0.36138659, 0.08452251, 0.85667061, 0.3582892].entries())
      expect(Math.abs(directions.at(0, i))).toBeCloseTo(value, 6);
  });

  it("restore what they keep: everything if there are as many as columns", () => {
    const { project, restore } = pca(iris.features, 4);
    expect(restore(project(iris.features)).sub(iris.features).abs().max().item()).toBeLessThan(1e-12);
  });

  it("lose the variance of the directions left out", () => {
    const { project, restore, shares, mean } = pca(iris.features, 2);
    const lost = restore(project(iris.features)).sub(iris.features).square().sum().item();
    const all = iris.features.sub(mean).square().sum().item();
    expect(lost / all).toBeCloseTo(1 - shares[0] - shares[1], 10);
  });
});

describe("eigenvalues", () => {
  it("of a matrix by hand", () => {
    const { values, vectors } = eigen([
      [2, 1],
      [1, 2],
    ]);
    expect(values.toSorted()[0]).toBeCloseTo(1, 12);
    expect(values.toSorted()[1]).toBeCloseTo(3, 12);
    expect(Math.abs(vectors[0][0])).toBeCloseTo(Math.SQRT1_2, 12);
  });

  it("of a diagonal matrix and of zeros are the diagonal", () => {
    expect(
      eigen([
        [3, 0],
        [0, 5],
      ]).values,
    ).toEqual([3, 5]);
    expect(
      eigen([
        [0, 0],
        [0, 0],
      ]).values,
    ).toEqual([0, 0]);
  });
});
