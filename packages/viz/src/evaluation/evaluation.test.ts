import { DataError, OptionError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { precisionRecallSvg, rocSvg } from "./ranking-curves.ts";
import { reliabilitySvg } from "./reliability.ts";

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
/** The lines of the curves as shares: a chart of 400 has its frame from 70 to 380 across, 310 upwards. */
const lines = (svg: string) =>
  [...svg.matchAll(/<polyline class="line l\d" points="([^"]*)"/g)].map(([, points]) =>
    points.split(" ").map((point) => {
      const [x, y] = point.split(",").map(Number);
      return [(x - 70) / 310, (bottomOf(svg) - y) / 310].map((share) => Math.round(share * 1000) / 1000);
    }),
  );
const bottomOf = (svg: string) => Number(/<line class="axis" x1="70" y1="([\d.]+)" x2="70"/.exec(svg)![1]);

// Scores 0.1, 0.4, 0.35, 0.8 of classes 0, 0, 1, 1, as in the documentation of scikit-learn.
const roc = { falsePositiveRate: [0, 0, 0.5, 0.5, 1], truePositiveRate: [0, 0.5, 0.5, 1, 1] };
const precisionRecall = { precision: [0.5, 2 / 3, 0.5, 1, 1], recall: [1, 1, 0.5, 0.5, 0] };
const bins = [
  { from: 0, to: 0.5, weight: 3, predicted: 0.2, observed: 0.5 },
  { from: 0.5, to: 1, weight: 1, predicted: 0.8, observed: 0.7 },
];

describe("rocSvg", () => {
  it("draws the curve through its points, the area below it in the legend", () => {
    const svg = rocSvg(roc);
    expect(lines(svg)).toEqual([
      [
        [0, 0],
        [0, 0.5],
        [0.5, 0.5],
        [0.5, 1],
        [1, 1],
      ],
    ]);
    expect(texts(svg)).toContain("area 0.75");
    expect(svg).toContain("<desc>area 0.75.</desc>");
  });

  it("draws several by name, and refuses what is none", () => {
    const chance = { falsePositiveRate: [0, 1], truePositiveRate: [0, 1] };
    const svg = rocSvg({ "<a>": roc, chance }, { title: "T", width: 300 });
    expect(texts(svg)).toEqual(expect.arrayContaining(["T", "&lt;a&gt;, area 0.75", "chance, area 0.5"]));
    expect(() => rocSvg({})).toThrow(DataError);
    expect(() => rocSvg([0, 1] as never)).toThrow(/a curve, \{ falsePositiveRate, truePositiveRate \}/);
    expect(() => rocSvg({ a: { falsePositiveRate: [0, 1], truePositiveRate: [0] } })).toThrow(/as "a"/);
    expect(() => rocSvg({ falsePositiveRate: [0, 2], truePositiveRate: [0, 1] })).toThrow(DataError);
    expect(() => rocSvg({ falsePositiveRate: [Number.NaN], truePositiveRate: [0] })).toThrow(DataError);
    expect(() => rocSvg(roc, { height: 3 } as object)).toThrow(OptionError);
  });
});

describe("precisionRecallSvg", () => {
  it("goes in steps, with the average precision and what guessing has", () => {
    const svg = precisionRecallSvg(precisionRecall);
    // Σ (R_k - R_k-1) P_k = 0.5 · 1 + 0.5 · 2/3.
    expect(texts(svg)).toContain("average 0.833");
    expect(lines(svg)[0].filter(([recall]) => recall === 0.5)).toEqual([
      [0.5, 1],
      [0.5, 0.5],
      [0.5, 0.5],
      [0.5, 0.667],
    ]);
    const [, y1, y2] = /stroke-dasharray="4 4" stroke-opacity="0.6" points="70,([\d.]+) 380,([\d.]+)"/.exec(svg)!;
    expect((bottomOf(svg) - Number(y1)) / 310).toBeCloseTo(0.5, 3);
    expect(y2).toBe(y1);
    expect(() => precisionRecallSvg(roc as never)).toThrow(DataError);
  });
});

describe("reliabilitySvg", () => {
  it("draws what came true of what was predicted, the calibration error, and how many samples there were", () => {
    const svg = reliabilitySvg({ model: bins });
    expect(lines(svg)).toEqual([
      [
        [0.2, 0.5],
        [0.8, 0.7],
      ],
    ]);
    // (3 · 0.3 + 1 · 0.1) / 4.
    expect(texts(svg)).toEqual(expect.arrayContaining(["model, calibration error 0.25", "75%"]));
    const heights = [...svg.matchAll(/<rect class="f0" fill-opacity="0.75"[^>]* height="([\d.]+)"/g)].map(([, h]) => h);
    expect(heights).toEqual(["60", "20"]);
  });

  it("compares several models, and refuses what is no list of bins", () => {
    const svg = reliabilitySvg({ a: bins, b: [...bins].reverse() });
    expect(lines(svg)[0]).toEqual(lines(svg)[1]);
    expect(svg.match(/<rect class="f1"/g)).toHaveLength(2);
    expect(() => reliabilitySvg([])).toThrow(DataError);
    expect(() => reliabilitySvg([{ predicted: 0.5 }] as never)).toThrow(/bins, \[\{ from, to, weight/);
    expect(() => reliabilitySvg({ a: [{ ...bins[0], observed: Number.NaN }] })).toThrow(DataError);
    expect(() => reliabilitySvg(bins, { width: 50 })).toThrow(OptionError);
  });
});
