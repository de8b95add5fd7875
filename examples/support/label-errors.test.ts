import { describe, expect, it } from "vitest";
import { collapse, editDistance } from "./label-errors.ts";

describe("a path of labels", () => {
  it("is merged first and loses its blanks then, so that a blank parts two of a kind", () => {
    expect(collapse([0, 3, 3, 0, 3, 1, 1, 0])).toEqual([3, 3, 1]);
    expect(collapse([2, 2, 2])).toEqual([2]);
    expect(collapse([0, 0])).toEqual([]);
    expect(collapse([])).toEqual([]);
    expect(collapse([5, 0, 5], 5)).toEqual([0]);
  });
});

describe("the edit distance", () => {
  it("counts insertions, deletions and replacements", () => {
    expect(editDistance([1, 2, 3], [1, 2, 3])).toBe(0);
    expect(editDistance([1, 2, 3], [1, 3])).toBe(1);
    expect(editDistance([1, 3], [1, 2, 3])).toBe(1);
    expect(editDistance([1, 2, 3], [1, 3, 3, 4])).toBe(2);
    expect(editDistance([], [1, 2, 3])).toBe(3);
    expect(editDistance([1, 2], [])).toBe(2);
  });

  it("is 3 between kitten and sitting", () => {
    const letters = (word: string) => [...word].map((letter) => letter.charCodeAt(0));
    expect(editDistance(letters("kitten"), letters("sitting"))).toBe(3);
  });
});
