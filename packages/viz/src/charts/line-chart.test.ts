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

  it("has a logarithmic lying axis, on which numbers not above 0 have no place", () => {
    const points = [0, 0.001, 0.01, 0.1].map((x): [number, number] => [x, x]);
    const [{ points: drawn }] = polylines(lineChartSvg({ rate: points }, { xScale: "log" }));
    const [a, b, c] = drawn.map(([x]) => x);
    expect(drawn).toHaveLength(3);
    expect(b - a).toBeCloseTo(c - b, 1);
    expect(() => lineChartSvg({ rate: [[-1, 2]] }, { xScale: "log" })).toThrow(/above 0 along a logarithmic axis/);
    expect(() => lineChartSvg([1, 2], { xScale: "logarithmic" as "log" })).toThrow(OptionError);
  });

  it("ends where it is told to, and cuts off what lies beyond", () => {
    const svg = lineChartSvg([0, 1, 50], { xRange: [0, 2], yRange: [0, 1], width: 300, height: 200 });
    const [, x, y, width, height] = /<svg x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/.exec(svg)!;
    const [{ points }] = polylines(svg);
    expect(points[1][1]).toBe(Number(y) + 2);
    expect(points[2][1]).toBeLessThan(Number(y));
    expect(points[0]).toEqual([Number(x) + 2, Number(y) + Number(height) - 2]);
    expect(points[2][0]).toBe(Number(x) + Number(width) - 2);
    expect(texts(svg)).toEqual(["0", "0.5", "1", "0", "1", "2"]);
    expect(() => lineChartSvg([1, 2], { yRange: [1, 1] })).toThrow(/a range \[low, high\] with low < high/);
    expect(() => lineChartSvg([1, 2], { xScale: "log", xRange: [0, 1] })).toThrow(/above 0/);
  });

  it("draws bands in the colours of their lines, and makes room for them", () => {
    const svg = lineChartSvg({ a: [1, 2], b: [1, 1] }, { bands: { b: { low: [0, Number.NaN], high: [5, 9] } } });
    expect([...svg.matchAll(/<polygon class="(f\d)" fill-opacity="0.2" points="([^"]*)"/g)]).toHaveLength(1);
    expect(svg).toMatch(/<polygon class="f1"/);
    expect(texts(svg)).toContain("6");
    expect(() => lineChartSvg({ a: [1] }, { bands: { c: { low: [0], high: [1] } } })).toThrow(/lines \("a"\), got "c"/);
    expect(() => lineChartSvg({ a: [1, 2] }, { bands: { a: { low: [0], high: [1, 2] } } })).toThrow(DataError);
    expect(() => lineChartSvg({ a: [1] }, { bands: { a: 3 } as never })).toThrow(DataError);
  });

  it("draws of a million points those that are seen", () => {
    const many = Array.from({ length: 1e6 }, (_, i) => (i === 654_321 ? 9 : Math.sin(i / 1e5)));
    const svg = lineChartSvg(many, { width: 640 });
    const [{ points }] = polylines(svg);
    expect(points.length).toBeLessThan(4 * 640);
    expect(Math.min(...points.map(([, y]) => y))).toBeCloseTo(330 - (316 * 11) / 12, 0);
    expect(svg.length).toBeLessThan(50_000);
  });

  it("says what it shows to those who cannot see it", () => {
    expect(lineChartSvg({ loss: [3, 1] }, { xLabel: "epoch", yLabel: "nats" })).toContain(
      "<desc>nats by epoch. loss: 3 at 0, 1 at 1.</desc>",
    );
  });

  it("refuses nothing to draw, sizes too small and unknown options", () => {
    expect(() => lineChartSvg([])).toThrow(DataError);
    expect(() => lineChartSvg([1], { width: 20 })).toThrow("width to be a whole number of at least 160");
    expect(() => lineChartSvg([1], { xlabel: "x" } as object)).toThrow(OptionError);
  });
});
