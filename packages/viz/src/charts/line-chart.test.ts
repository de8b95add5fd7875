import { DataError, OptionError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { lineChartSvg } from "./line-chart.ts";

const polylines = (svg: string) =>
  [...svg.matchAll(/<polyline class="line (l\d)"(?: stroke-dasharray="[\d ]+")? points="([^"]*)"/g)].map(
    ([, color, points]) => ({
      color,
      points: points.split(" ").map((point) => point.split(",").map(Number)),
    }),
  );
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe("lineChartSvg", () => {
  it("draws each line from the left end to the right, larger numbers higher", () => {
    const [a, b] = polylines(lineChartSvg({ a: [0, 1, 0.5], b: [1, 1, 1] }, { width: 300, height: 200 }));
    const [left, middle, right] = a.points;
    expect(right[0]).toBe(280);
    expect(middle[0]).toBeCloseTo((left[0] + right[0]) / 2, 1);
    expect(left[1]).toBe(170);
    expect(right[1]).toBeCloseTo((left[1] + middle[1]) / 2, 1);
    expect(b.points.map(([, y]) => y)).toEqual([middle[1], middle[1], middle[1]]);
    expect([a.color, b.color]).toEqual(["l0", "l1"]);
  });

  it("writes round numbers at the axes, names, title and labels, escaped", () => {
    const svg = lineChartSvg(
      { "a<b": [0, 10] },
      { title: "T & U", xLabel: "epoch", yLabel: '"loss"', width: 300, height: 200 },
    );
    expect(texts(svg)).toEqual(["T &amp; U", "a&lt;b", "0", "5", "10", "0", "1", "epoch", "&quot;loss&quot;"]);
    expect(svg).toContain("<title>T &amp; U</title>");
  });

  it("leaves gaps, and makes a dot of a point alone", () => {
    const svg = lineChartSvg([1, 2, Number.NaN, 3, Number.NaN, 4, 5]);
    expect(polylines(svg).map(({ points }) => points.length)).toEqual([2, 2]);
    expect(svg.match(/<circle class="f0"/g)).toHaveLength(1);
  });

  it("puts equal ratios at equal distances on a logarithmic scale", () => {
    const [{ points }] = polylines(lineChartSvg([1, 10, 100], { yScale: "log" }));
    const [a, b, c] = points.map(([, y]) => y);
    expect(a - b).toBeCloseTo(b - c, 1);
  });

  it("dashes lines once the colours are used up", () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`line ${i}`, [i, i]]));
    const svg = lineChartSvg(many);
    expect(polylines(svg).map(({ color }) => color)).toEqual(["l0", "l1", "l2", "l3", "l4", "l5", "l0", "l1"]);
    expect(svg.match(/<polyline class="line l\d" stroke-dasharray/g)).toHaveLength(2);
  });

  it("has no legend for a line without a name", () => {
    expect(texts(lineChartSvg([0, 1], { width: 200, height: 120 }))).toEqual(["0", "1", "0", "1"]);
  });

  it("refuses nothing to draw, sizes too small and unknown options", () => {
    expect(() => lineChartSvg([])).toThrow(DataError);
    expect(() => lineChartSvg([1], { width: 20 })).toThrow("width to be a whole number of at least 160");
    expect(() => lineChartSvg([1], { xlabel: "x" } as object)).toThrow(OptionError);
  });
});
