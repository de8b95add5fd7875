/**
 * k-means against scikit-learn 1.2.1 and by hand.
 */
import { Generator, readCsv, tensor } from "chainrule";
import { describe, expect, it } from "vitest";
import { clusteringAccuracy, normalizedMutualInformation } from "./clustering.ts";
import { kMeans, squaredDistances } from "./k-means.ts";

const iris = await readCsv(new URL("../data/iris.csv", import.meta.url), { dtype: "float64" });

describe("k-means", () => {
  it("finds the best clusters of the irises, as scikit-learn does", () => {
    const { inertia, labels, centres } = kMeans(iris.features, 3, { generator: new Generator(1) });
    expect(inertia).toBeCloseTo(78.851441426, 6);
    expect(centres.shape).toEqual([3, 4]);
    expect(clusteringAccuracy(labels, iris.target)).toBeCloseTo(134 / 150, 10);
    expect(normalizedMutualInformation(labels, iris.target)).toBeCloseTo(0.7582, 3);
  });

  it("gives every row a cluster of its own where there are as many", () => {
    const { inertia, labels } = kMeans(
      tensor([
        [0, 0],
        [3, 4],
        [9, 9],
      ]),
      3,
      { generator: new Generator(1) },
    );
    expect(inertia).toBe(0);
    expect(new Set(labels.toTypedArray()).size).toBe(3);
  });

  it("keeps centres that have no rows", () => {
    const { centres, inertia } = kMeans(tensor([[1], [1], [1]]), 2, { generator: new Generator(1), restarts: 1 });
    expect(centres.toArray()).toEqual([[1], [1]]);
    expect(inertia).toBe(0);
  });

  it("measures squared distances", () => {
    expect(
      squaredDistances(
        tensor([
          [0, 0],
          [3, 4],
        ]),
        tensor([
          [0, 0],
          [3, 0],
        ]),
      ).toArray(),
    ).toEqual([
      [0, 9],
      [25, 16],
    ]);
  });
});
