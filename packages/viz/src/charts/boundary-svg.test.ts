import { DataError, OptionError, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { boundarySvg } from "./boundary-svg.ts";

const rows = (points: Tensor) => points.toArray(2);
const square = { xRange: [-1, 1], yRange: [-1, 1], width: 300, height: 300, resolution: 20 } as const;

/** The frame of the data, and the points of all outlines of a class of regions, from 0 to 1 across and upwards. */
function regionsOf(svg: string, className: string) {
  const [, left, top, width, height] = /<svg x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/
    .exec(svg)!
    .map(Number);
  const paths = [...svg.matchAll(new RegExp(`<path class="${className}"[^>]* d="([^"]*)"`, "g"))].map(([, d]) => d);
  return paths.flatMap((d) =>
    [...d.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [
      (Number(x) - left) / width,
      1 - (Number(y) - top) / height,
    ]),
  );
}
const ends = (points: readonly number[][], axis: number) => {
  const along = points.map((point) => point[axis]);
  return [Math.min(...along), Math.max(...along)];
};

describe("boundarySvg", () => {
  it("draws the regions of probabilities where they lie, with their shades inside", () => {
    // Of class 1 from x = 0.2 on; 0.75 and 0.9 are reached at 0.45 and 0.6.
    const svg = boundarySvg((points) => rows(points).map(([x]) => Math.min(1, Math.max(0, 0.5 + x - 0.2))), square);
    const starts = [0, 1, 2, 3].map((step) => ends(regionsOf(svg, `r1s${step}`), 0)[0]);
    for (const [i, x] of [0.2, 0.3, 0.45, 0.6].entries()) expect(starts[i]).toBeCloseTo((x + 1) / 2, 2);
    expect(ends(regionsOf(svg, "r0s0"), 0)[1]).toBeCloseTo(0.6, 2);
    // Outlines reach beyond the frame, so that the drawing has no rim.
    expect(ends(regionsOf(svg, "r1s0"), 1)[0]).toBeLessThan(0);
    expect(ends(regionsOf(svg, "r1s0"), 1)[1]).toBeGreaterThan(1);
  });

  it("takes a threshold of 0 for logits, and another one of probabilities", () => {
    const logits = boundarySvg((points) => rows(points).map(([x]) => 20 * (x + 0.5)), { ...square, threshold: 0 });
    expect(ends(regionsOf(logits, "r1s0"), 0)[0]).toBeCloseTo(0.25, 2);
    expect(ends(regionsOf(logits, "r1s1"), 0)[0]).toBeCloseTo((0.5 + Math.log(1.5) / 20) / 2, 2);
    const strict = boundarySvg((points) => rows(points).map(([x]) => (x + 1) / 2), { ...square, threshold: 0.8 });
    expect(ends(regionsOf(strict, "r1s0"), 0)[0]).toBeCloseTo(0.8, 2);
  });

  it("draws a region for each class of several, of probabilities and of scores", () => {
    const scores = (points: Tensor) => rows(points).map(([x, y]) => [10 * x, -10 * x, 10 * y - 10]);
    const svg = boundarySvg(scores, square);
    expect(ends(regionsOf(svg, "r0s0"), 0)[0]).toBeCloseTo(0.5, 2);
    expect(ends(regionsOf(svg, "r1s0"), 0)[1]).toBeCloseTo(0.5, 2);
    const shares = boundarySvg((points) => tensor(scores(points)).softmax(1), square);
    expect(regionsOf(shares, "r2s0")).toEqual(regionsOf(svg, "r2s0"));
  });

  it("draws plain classes without shades, and nothing where the model says NaN", () => {
    const svg = boundarySvg((points) => rows(points).map(([x, y]) => (x > 0.5 ? Number.NaN : y > 0 ? 3 : 0)), square);
    expect(svg).not.toContain("surer");
    expect(svg).not.toMatch(/class="r\ds1"/);
    expect(regionsOf(svg, "r1s0")).toEqual([]);
    expect(ends(regionsOf(svg, "r3s0"), 1)[0]).toBeCloseTo(0.5, 1);
    expect(ends(regionsOf(svg, "r3s0"), 0)[1]).toBeCloseTo(0.75, 1);
    expect(svg).toMatch(
      /<desc>Predicted: class 0 in \d+% of the plane, class 3 in \d+% of the plane. 0 points.<\/desc>/,
    );
  });

  it("draws points in the shapes and colours of their classes, those that have a place", () => {
    const x = [
      [0, 0],
      [0.5, 0.5],
      [0, 1],
      [Number.NaN, 1],
    ];
    const svg = boundarySvg(() => new Array(22 * 22).fill(0), { ...square, x, y: [0, 1, 2, 1], classNames: ["a"] });
    expect([...svg.matchAll(/<(\w+) class="mark (f\d)"/g)].map(([, shape, color]) => `${shape} ${color}`)).toEqual([
      ...["circle f0", "polygon f1", "polygon f2"],
      ...["circle f0", "polygon f1", "polygon f2"],
    ]);
    for (const name of ["a", "class 1", "class 2"]) expect(svg).toContain(`>${name}</text>`);
  });

  it("draws some of very many points", () => {
    const x = Array.from({ length: 20_001 }, (_, i) => [Math.sin(i), Math.cos(i)]);
    const svg = boundarySvg(() => new Array(22 * 22).fill(0.3), { ...square, x });
    expect([...svg.matchAll(/class="mark /g)]).toHaveLength(Math.ceil(20_001 / 6) + 1);
    expect(svg).toContain("20001 points");
  });

  it("waits for an asynchronous model", async () => {
    const rightwards = (points: Tensor) => rows(points).map(([x]) => Number(x > 0));
    expect(await boundarySvg(async (points: Tensor) => rightwards(points), square)).toBe(
      boundarySvg(rightwards, square),
    );
  });

  it("refuses what is no prediction, data that does not match, and unknown options", () => {
    expect(() => boundarySvg(() => [1, 2])).toThrow(/a prediction for each of \d+ points/);
    expect(() => boundarySvg(() => new Array(22 * 22).fill([]), square)).toThrow(DataError);
    expect(() => boundarySvg(() => [], { x: [[1, 2, 3]] })).toThrow(DataError);
    expect(() => boundarySvg(() => [], { resolution: 1 })).toThrow(OptionError);
    expect(() => boundarySvg(() => [], { colour: 1 } as object)).toThrow(OptionError);
    expect(() => boundarySvg(3 as never)).toThrow(/a function that predicts/);
  });
});
