import { DataError, OptionError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { barChartSvg } from "./bar-chart.ts";

/** The bars, without the legend's boxes. */
const bars = (svg: string) =>
  [...svg.matchAll(/<rect class="(f\d)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="12"/g)].map(
    ([, color, ...numbers]) => {
      const [x, y, width] = numbers.map(Number);
      return { color, x, y, width };
    },
  );
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, content]) => content);

describe("barChartSvg", () => {
  it("draws bars as long as their numbers, from the same left end, one below the other", () => {
    const [a, b, c] = bars(barChartSvg({ one: { a: 10, b: 5 }, two: { a: 2.5 } }));
    expect([b.width / a.width, c.width / a.width]).toEqual([expect.closeTo(0.5, 3), expect.closeTo(0.25, 3)]);
    expect([b.x, c.x]).toEqual([a.x, a.x]);
    expect(b.y - a.y).toBe(14);
    expect(c.y - b.y).toBe(14 + 12);
  });

  it("gives bars of one name one colour", () => {
    expect(bars(barChartSvg({ one: { a: 1, b: 1 }, two: { b: 1 } })).map(({ color }) => color)).toEqual([
      "f0",
      "f1",
      "f1",
    ]);
  });

  it("on a logarithmic scale begins at 1: twice as much goes as far to the right as half as much to the left", () => {
    const [more, less] = bars(barChartSvg({ t: { more: 2, less: 0.5 } }, { xScale: "log" }));
    expect(more.width).toBeCloseTo(less.width, 1);
    expect(less.x + less.width).toBeCloseTo(more.x, 1);
  });

  it("begins where it is told to", () => {
    const [a, b] = bars(barChartSvg({ t: { a: 10, b: 30 } }, { from: 20 }));
    expect(a.width).toBeCloseTo(b.width, 1);
    expect(a.x + a.width).toBeCloseTo(b.x, 1);
  });

  it("writes names, numbers, title and label, escaped", () => {
    const svg = barChartSvg({ "W<1": { "a&b": 12345.6 } }, { title: "T & U", xLabel: "steps" });
    expect(texts(svg)).toContain("W&lt;1");
    expect(texts(svg)).toContain("a&amp;b");
    expect(texts(svg)).toContain("12300");
    expect(texts(svg)).toContain("steps");
    expect(svg).toContain("<title>T &amp; U</title>");
  });

  it("refuses nothing to draw, numbers it cannot draw, and unknown options", () => {
    expect(() => barChartSvg({})).toThrow(DataError);
    expect(() => barChartSvg({ a: {} })).toThrow("at least one bar");
    expect(() => barChartSvg({ a: { b: Number.NaN } })).toThrow('NaN as "b" of "a"');
    expect(() => barChartSvg({ a: { b: 0 } }, { xScale: "log" })).toThrow("positive numbers");
    expect(() => barChartSvg({ a: { b: 1 } }, { scale: "log" } as object)).toThrow(OptionError);
    expect(() => barChartSvg({ a: { b: 1 } }, { xScale: "cubic" as "log" })).toThrow(OptionError);
    expect(() => barChartSvg({ a: { b: 1 } }, { width: 10 })).toThrow("width");
  });
});
