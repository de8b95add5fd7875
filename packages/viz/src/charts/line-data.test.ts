import { DataError, OptionError, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { toLines, toMatrix } from "./line-data.ts";

describe("toLines", () => {
  it("takes lists, typed arrays and tensors at x = 0, 1, 2, …", () => {
    const points = [
      [0, 5],
      [1, 7],
    ];
    for (const data of [[5, 7], Float32Array.of(5, 7), Float64Array.of(5, 7), tensor([5, 7])])
      expect(toLines("f", { a: data }, {})).toEqual([{ name: "a", points }]);
  });

  it("takes one line without a name, points, and an x for all", () => {
    expect(toLines("f", [5, 7], {})[0].name).toBe("");
    expect(toLines("f", { a: [[3, 1]] }, {})[0].points).toEqual([[3, 1]]);
    expect(toLines("f", { a: tensor([[3, 1]]) }, {})[0].points).toEqual([[3, 1]]);
    expect(toLines("f", { a: [5, 7] }, { x: [10, 20] })[0].points).toEqual([
      [10, 5],
      [20, 7],
    ]);
  });

  it("makes a gap of what cannot be drawn", () => {
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    expect(toLines("f", [1, nan, infinity], {})[0].points).toEqual([
      [0, 1],
      [1, nan],
      [2, nan],
    ]);
    expect(toLines("f", [1, 0, -1], { yScale: "log" })[0].points).toEqual([
      [0, 1],
      [1, nan],
      [2, nan],
    ]);
    expect(
      toLines(
        "f",
        [
          [nan, 1],
          [2, 3],
        ],
        {},
      )[0].points,
    ).toEqual([[2, 3]]);
  });

  it.each<[string, unknown, string]>([
    ["no lines", {}, "got no lines"],
    ["an empty line", { a: [] }, "got none"],
    ["no finite number", { a: [Number.NaN] }, "at least one finite number to draw, got none"],
    ["text", { a: ["1"] }, 'a number or a point [x, y] at index 0 of line "a", got "1"'],
    ["a point of three", [[1, 2, 3]], "at index 0 of the line, got an array of 3"],
    ["a number", { a: 5 }, 'expected line "a" to be a list of numbers or of points [x, y], got the number 5'],
    ["nothing", null, "lines by name, such as { loss: [0.9, 0.5] }, got null"],
  ])("refuses %s", (_, series, message) => {
    expect(() => toLines("f", series as number[], {})).toThrow(DataError);
    expect(() => toLines("f", series as number[], {})).toThrow(message);
  });

  it("refuses an x of another length, a scale that does not exist, and nothing above 0 to take the logarithm of", () => {
    expect(() => toLines("f", { a: [1, 2] }, { x: [1] })).toThrow(
      'a number for each of the 2 values of line "a", got 1',
    );
    expect(() => toLines("f", [1], { yScale: "ln" as "log" })).toThrow(OptionError);
    expect(() => toLines("f", [0, -1], { yScale: "log" })).toThrow("at least one number above 0");
  });
});

describe("toMatrix", () => {
  it("takes rows of numbers, and tensors of numbers and truth values", () => {
    expect(
      toMatrix("f", [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(toMatrix("f", tensor([[true, false]]))).toEqual([[1, 0]]);
  });

  it.each<[unknown, string]>([
    [[], "got an array of 0"],
    [[[]], "got an array of 1"],
    [[[1], [2, 3]], "got an array of 2"],
    [[1, 2], "got an array of 2"],
    [tensor([1, 2]), "got shape [2]"],
    [tensor([[[1]]]), "got shape [1, 1, 1]"],
    ["ab", 'got "ab"'],
  ])("refuses %j", (matrix, message) => {
    expect(() => toMatrix("f", matrix as number[][])).toThrow(DataError);
    expect(() => toMatrix("f", matrix as number[][])).toThrow(message);
  });
});
