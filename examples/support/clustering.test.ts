/**
 * The best assignment against all others, agreement with classes by hand.
 */
import { Generator, tensor } from "chainrule";
import { describe, expect, it } from "vitest";
import { bestAssignment, clusteringAccuracy, normalizedMutualInformation } from "./clustering.ts";

describe("the best assignment", () => {
  /** The largest sum over all permutations. */
  const exhaustive = (table: number[][], row = 0, taken: number[] = []): number =>
    row === table.length
      ? 0
      : Math.max(
          ...table[row].map((profit, j) =>
            taken.includes(j) ? Number.NEGATIVE_INFINITY : profit + exhaustive(table, row + 1, [...taken, j]),
          ),
        );

  it("is as good as the best of all permutations", () => {
    const generator = new Generator(1);
    for (let n = 1; n <= 6; n++)
      for (let trial = 0; trial < 20; trial++) {
        const table = Array.from({ length: n }, () => Array.from({ length: n }, () => generator.integer(-9, 10)));
        const columns = bestAssignment(table);
        expect(new Set(columns).size).toBe(n);
        expect(columns.reduce((sum, column, row) => sum + table[row][column], 0)).toBe(exhaustive(table));
      }
  });

  it("is not what each row likes best", () => {
    expect(
      bestAssignment([
        [10, 9],
        [9, 1],
      ]),
    ).toEqual([1, 0]);
  });
});

describe("agreement with classes", () => {
  it("does not depend on the clusters' numbers", () => {
    const [clusters, classes] = [tensor(Int32Array.of(2, 2, 0, 0, 1)), tensor(Int32Array.of(0, 0, 1, 1, 2))];
    expect(clusteringAccuracy(clusters, classes)).toBe(1);
    expect(normalizedMutualInformation(clusters, classes)).toBeCloseTo(1, 6);
  });

  it("by hand: a class cut in two halves tells all of it, and too much", () => {
    const [clusters, classes] = [tensor(Int32Array.of(0, 0, 1, 2)), tensor(Int32Array.of(0, 0, 1, 1))];
    expect(clusteringAccuracy(clusters, classes)).toBe(0.75);
    // I = log 2, H = log 2 and 1.5 log 2.
    expect(normalizedMutualInformation(clusters, classes)).toBeCloseTo(0.8, 6);
  });

  it("is nothing for clusters that know nothing", () => {
    const [clusters, classes] = [tensor(Int32Array.of(0, 0, 0, 0)), tensor(Int32Array.of(0, 1, 2, 3))];
    expect(clusteringAccuracy(clusters, classes)).toBe(0.25);
    expect(normalizedMutualInformation(clusters, classes)).toBeCloseTo(0, 6);
  });
});
