import { DataError, OptionError, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { drawBoundary } from "./boundary.ts";

const rows = (points: Tensor) => points.toArray(2);
const small = { color: false, width: 12, height: 4, xRange: [-1, 1], yRange: [-1, 1] } as const;
/** A probability that is above a half to the right. */
const rightwards = (points: Tensor) => rows(points).map(([x]) => (x + 1) / 2);

describe("drawBoundary", () => {
  it("draws regions with the points in them, and says what they are", () => {
    const x = [
      [-0.9, 0.9],
      [0.9, 0.9],
      [-0.5, -0.9],
      [0.5, 0.1],
    ];
    expect(drawBoundary(rightwards, { ...small, x, y: [0, 1, 1, 0], classNames: ["left", "right"] })).toBe(
      [
        "┌────────────┐",
        "│o     ░░░░░x│",
        "│      ░░░o░░│",
        "│      ░░░░░░│",
        "│   x  ░░░░░░│",
        "└────────────┘",
        " o  left   ░x░ right   across -1 to 1, up -1 to 1",
      ].join("\n"),
    );
  });

  it("asks for the middle of each cell, from the top left to the bottom right", () => {
    let asked: number[][] = [];
    drawBoundary(
      (points) => {
        asked = rows(points);
        return asked.map(() => 0);
      },
      { width: 2, height: 2, xRange: [0, 2], yRange: [0, 4] },
    );
    expect(asked).toEqual([
      [0.5, 3],
      [1.5, 3],
      [0.5, 1],
      [1.5, 1],
    ]);
  });

  const regionsOf = (predict: (points: Tensor) => Tensor | number[] | number[][], options = {}) =>
    drawBoundary(predict, { ...small, height: 2, ...options }).split("\n")[1];

  it("takes classes, probabilities, logits, and scores of each class", () => {
    const expected = "│      ░░░░░░│";
    expect(regionsOf(rightwards)).toBe(expected);
    expect(regionsOf((points) => points.slice(":", 0).greater(0).cast("int32"))).toBe(expected);
    expect(regionsOf((points) => points.slice(":", "0:1"), { threshold: 0 })).toBe(expected);
    expect(regionsOf((points) => rows(points).map(([x]) => [-x, x]))).toBe(expected);
    expect(regionsOf((points) => rows(points).map(([x]) => Math.floor((x + 1) * 2)))).toBe("│   ░░░▒▒▒▓▓▓│");
    expect(regionsOf((points) => rows(points).map(([x]) => [-Math.abs(x + 1), -Math.abs(x), -Math.abs(x - 1)]))).toBe(
      "│   ░░░░░░▒▒▒│",
    );
  });

  it("marks where the model says NaN", () => {
    const text = drawBoundary((points) => rows(points).map(([x]) => (x < 0 ? Number.NaN : 0.2)), small);
    expect(text.split("\n")[1]).toBe("│??????      │");
    expect(text).toContain("??? NaN");
  });

  it("waits for an asynchronous model", async () => {
    const drawing = drawBoundary(async (points: Tensor) => rightwards(points), small);
    expect(drawing).toBeInstanceOf(Promise);
    expect(await drawing).toBe(drawBoundary(rightwards, small));
  });

  it("is somewhat wider than the points, and as high as they are wide", () => {
    const x = tensor([
      [0, 0],
      [10, 10],
    ]);
    const text = drawBoundary(rightwards, { x, color: false, width: 40 });
    expect(text.split("\n")).toHaveLength(20 + 3);
    expect(text).toContain("across -1 to 11, up -1 to 11");
    expect(text.split("\n")[1 + 1].indexOf("o")).toBeGreaterThan(30);
    expect(drawBoundary(rightwards, { color: false })).toContain("across -1 to 1, up -1 to 1");
    const tall = drawBoundary(rightwards, { color: false, xRange: [0, 1], yRange: [0, 100] });
    expect(tall.split("\n")).toHaveLength(40 + 3);
  });

  it("leaves out points beyond the drawing", () => {
    const text = drawBoundary(rightwards, {
      ...small,
      x: [
        [5, 5],
        [Number.NaN, 0],
      ],
    });
    expect(text.split("\n").slice(1, 5).join("")).not.toContain("o");
  });

  it("uses colours for regions and points", () => {
    const text = drawBoundary(rightwards, { ...small, color: true, x: [[0.9, 0.9]], y: [1] });
    expect(text).toContain("\u001b[48;5;17m \u001b[0m");
    expect(text).toContain("\u001b[38;5;209;48;5;52mx\u001b[0m");
  });

  it("refuses points and classes that do not match", () => {
    expect(() => drawBoundary(rightwards, { x: [[1, 2, 3]] })).toThrow(
      "points in the plane, [n, 2], got points of 3 numbers",
    );
    expect(() => drawBoundary(rightwards, { x: [[1, 2]], y: [0, 1] })).toThrow("1 classes, one for each point, got 2");
    expect(() => drawBoundary(rightwards, { x: [[1, 2]], y: [0.5] })).toThrow(
      "whole numbers from 0, got the number 0.5",
    );
    expect(() => drawBoundary(rightwards, { y: [1] })).toThrow(DataError);
  });

  it("refuses predictions of another number of points", () => {
    expect(() => drawBoundary(() => [1, 2], small)).toThrow(
      "for each of 48 points: [48], [48, 1] or [48, classes], got an array of 2",
    );
    expect(() => drawBoundary(() => tensor([1]), small)).toThrow("got shape [1]");
    expect(() => drawBoundary((points) => rows(points).map(() => []), small)).toThrow(DataError);
  });

  it("refuses ranges that are none, sizes too small and unknown options", () => {
    expect(() => drawBoundary(rightwards, { xRange: [1, 1] })).toThrow("[low, high] with low < high, got [1, 1]");
    expect(() => drawBoundary(rightwards, { width: 1 })).toThrow(OptionError);
    expect(() => drawBoundary(rightwards, { colour: true } as object)).toThrow(OptionError);
  });
});
