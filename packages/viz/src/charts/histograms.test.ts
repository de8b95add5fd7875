import { DataError, OptionError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { type HistogramData, histogramsSvg } from "./histograms.ts";

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
/** The hills from back to front: their colours, and the places of their outlines. */
const hills = (svg: string) =>
  [...svg.matchAll(/<path class="hill h(\d+)" d="([^"]*)"/g)].map(([, color, d]) => ({
    color: Number(color),
    points: [...d.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]),
  }));
const peak = (points: number[][]) => points.reduce((top, point) => (point[1] < top[1] ? point : top));

/** Ten numbers around a place. */
const around = (at: number, place: number): HistogramData => ({
  at,
  min: place - 1.5,
  limits: [place - 0.5, place + 0.5, place + 1.5],
  counts: [2, 6, 2],
});

describe("histogramsSvg", () => {
  it("draws a chart for each name, with a hill for each moment, the latest in front and darkest", () => {
    const svg = histogramsSvg({ a: [around(0, -3), around(1, 0), around(2, 3)], b: [around(0, 5)] });
    const drawn = hills(svg);
    expect(drawn.map(({ color }) => color)).toEqual([0, 6, 11, 11]);
    const peaks = drawn.slice(0, 3).map(({ points }) => peak(points));
    expect(peaks[1][0] - peaks[0][0]).toBeCloseTo(peaks[2][0] - peaks[1][0], -1);
    expect(peaks[0][0]).toBeLessThan(peaks[1][0]);
    expect(peaks[0][1]).toBeLessThan(peaks[1][1]);
    expect(texts(svg)).toEqual(expect.arrayContaining(["a", "b", "0", "1", "2"]));
    expect(svg).toContain("<desc>a: 3 histograms, at epoch 2 from 1.5 to 4.5. b: 1 histograms");
  });

  it("makes a narrow hill of equal numbers, and none where none is finite, which it says", () => {
    const equal = { at: 1, min: -0.5, limits: [0.5], counts: [7] };
    const [{ points }] = hills(histogramsSvg({ a: [equal] }));
    const high = points.filter(([, y]) => y < peak(points)[1] + 0.6 * (points[0][1] - peak(points)[1]));
    expect(high.length).toBeLessThan(8);
    const svg = histogramsSvg({ a: [{ at: 1, min: 0, limits: [], counts: [], notFinite: 4 }] });
    expect(hills(svg)).toEqual([]);
    expect(texts(svg)).toContain("a (4 not finite)");
    expect(svg).toContain("no finite numbers, 4 numbers not finite");
  });

  it("draws every second or third of many moments, the last one always", () => {
    const svg = histogramsSvg({ a: Array.from({ length: 100 }, (_, i) => around(i, i / 10)) });
    expect(hills(svg)).toHaveLength(12);
    expect(texts(svg)).toContain("99");
  });

  it("draws numbers of any size, and shortens names that have no room", () => {
    const svg = histogramsSvg(
      { [`encoder/${"block/".repeat(20)}kernel`]: [{ at: 0, min: -1e30, limits: [0, 1e30], counts: [1, 1] }] },
      { width: 240, title: "T", xLabel: "weight" },
    );
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(texts(svg).find((text) => text.startsWith("…"))).toMatch(/block\/kernel$/);
    expect(texts(svg)).toEqual(expect.arrayContaining(["T", "weight", "1e30"]));
  });

  it("refuses what are no histograms, and sizes without room", () => {
    for (const wrong of [{}, null, [], { a: [] }, { a: [{}] }, { a: 3 }, { a: [{ ...around(0, 0), counts: [1] }] }])
      expect(() => histogramsSvg(wrong as never)).toThrow(DataError);
    expect(() => histogramsSvg({ a: [{ ...around(0, 0), limits: [3, 2, 1] }] })).toThrow(DataError);
    expect(() => histogramsSvg({ a: [around(Number.NaN, 0)] })).toThrow(/"a" to be a list of histograms/);
    const many = Object.fromEntries(Array.from({ length: 61 }, (_, i) => [`${i}`, [around(0, 0)]]));
    expect(() => histogramsSvg(many)).toThrow(/61 names.*\n.*Pick some/);
    expect(() => histogramsSvg({ a: [around(0, 0)] }, { columns: 9 })).toThrow(OptionError);
    expect(() => histogramsSvg({ a: [around(0, 0)] }, { width: 10 })).toThrow(OptionError);
  });
});
