import { DataError, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { encodeLabels, toCategorical } from "./labels.ts";

describe("encodeLabels", () => {
  it("numbers names by their place in the sorted list", () => {
    const { labels, classes } = encodeLabels(["dog", "cat", "dog", "ant"]);
    expect(labels.toArray()).toEqual([2, 1, 2, 0]);
    expect(labels.dtype).toBe("int32");
    expect(classes).toEqual(["ant", "cat", "dog"]);
  });

  it("sorts numbers by size", () => {
    const { labels, classes } = encodeLabels([10, 9, 10]);
    expect(labels.toArray()).toEqual([1, 0, 1]);
    expect(classes).toEqual([9, 10]);
  });

  it("makes nothing of nothing", () => {
    expect(encodeLabels([]).labels.shape).toEqual([0]);
  });

  it("refuses NaN and what is no name", () => {
    expect(() => encodeLabels([1, Number.NaN])).toThrow(DataError);
    expect(() => encodeLabels([null as unknown as string])).toThrow("got null at index 0");
    expect(() => encodeLabels("cat" as never)).toThrow(/a list of class names, got "cat"/);
    expect(() => encodeLabels<string | number>(["b", 2])).toThrow(
      /one kind, got "b" at index 0 and the number 2 at index 1/,
    );
  });
});

describe("toCategorical", () => {
  // The example of Keras's documentation of to_categorical.
  it("makes one-hot rows, as many columns as classes", () => {
    expect(toCategorical([0, 1, 2, 3], 4).toArray()).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ]);
    expect(toCategorical([0, 2]).shape).toEqual([2, 3]);
  });

  it("refuses labels out of range", () => {
    expect(() => toCategorical([0, 4], 4)).toThrow(ValueError);
  });
});
