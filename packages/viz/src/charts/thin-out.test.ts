import { describe, expect, it } from "vitest";
import { thinOut } from "./thin-out.ts";

const line = (...ys: number[]) => ys.map((y, x): [number, number] => [x, y]);

describe("thinOut", () => {
  it("keeps the first, least, greatest and last of each column, in their order", () => {
    const points = line(5, 9, 1, 4, 6, 7, 7, 2, 2, 8);
    expect(thinOut(points, ([x]) => Math.floor(x / 5), 2)).toEqual([
      [0, 5],
      [1, 9],
      [2, 1],
      [4, 6],
      [5, 7],
      [7, 2],
      [9, 8],
    ]);
  });

  it("keeps a gap of each column that has one", () => {
    const points = line(5, Number.NaN, Number.NaN, 4, 6, 1, 1, 1, 1, 1);
    expect(thinOut(points, ([x]) => Math.floor(x / 5), 2).filter(([, y]) => Number.isNaN(y))).toEqual([
      [2, Number.NaN],
    ]);
  });

  it("leaves short lines as they are, and those that turn back", () => {
    const short = line(1, 2, 3);
    expect(thinOut(short, ([x]) => x, 2)).toBe(short);
    const circle = Array.from({ length: 50 }, (_, i): [number, number] => [Math.cos(i), Math.sin(i)]);
    expect(thinOut(circle, ([x]) => x, 2)).toBe(circle);
  });
});
