import { DataError, OptionError, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { heatmap } from "./heatmap.ts";
import { heatmapSvg } from "./heatmap-svg.ts";

const confusion = [
  [35, 0],
  [12, 20],
];

describe("heatmap", () => {
  it("writes numbers with their shades beside them", () => {
    const text = heatmap(confusion, {
      rowLabels: ["cat", "dog"],
      title: "pets",
      xLabel: "predicted",
      yLabel: "right",
      color: false,
    });
    expect(text).toBe(
      ["     pets", "right", "     cat  dog", "cat   35█   0", "dog   12░  20▒", "     predicted"].join("\n"),
    );
  });

  it("draws shades alone where there are many columns", () => {
    const wide = Array.from({ length: 2 }, (_, i) => Array.from({ length: 13 }, (_, j) => (i === 0 ? j : 12 - j)));
    expect(heatmap(wide, { color: false }).split("\n")).toEqual([
      "  0   2   4   6   8   10  12",
      "0       ░░░░▒▒▒▒▒▒▓▓▓▓██████",
      "1 ██████▓▓▓▓▒▒▒▒▒▒░░░░",
    ]);
  });

  it("colours cells, with black on the bright ones and white on the dark ones", () => {
    expect(heatmap([[0, 1]], { color: true })).toBe(
      "   0  1\n0 \u001b[38;5;231;48;5;53m 0 \u001b[0m\u001b[38;5;16;48;5;220m 1 \u001b[0m",
    );
    expect(heatmap([[0, 1]], { color: true, values: false })).toContain("\u001b[38;5;231;48;5;53m  \u001b[0m");
  });

  it("shades from 0, from the smallest where that is negative, or from what it is told", () => {
    const shadesOf = (row: number[], options = {}) =>
      heatmap([row], { values: false, color: false, ...options })
        .split("\n")[1]
        .slice(2);
    expect(shadesOf([8, 10])).toBe("████");
    expect(shadesOf([-1, 0, 1])).toBe("  ▒▒██");
    expect(shadesOf([8, 10], { min: 8 })).toBe("  ██");
    expect(shadesOf([1, 2], { max: 4 })).toBe("░░▒▒");
    expect(shadesOf([Number.NaN, 1])).toBe("  ██");
    expect(shadesOf([0, 0])).toBe("");
  });

  it("takes tensors, and names of columns of their own", () => {
    expect(heatmap(tensor([[1, 2, 3]]), { columnLabels: ["a", "b", "c"], color: false }).split("\n")[0]).toBe(
      "   a  b  c",
    );
  });

  it("refuses what is no matrix, wrong names and unknown options", () => {
    expect(() => heatmap([])).toThrow(DataError);
    expect(() => heatmap(confusion, { rowLabels: ["cat"] })).toThrow("names for 2 rows, got 1");
    expect(() => heatmap(confusion, { columnLabels: [1, 2, 3] })).toThrow("names for 2 columns, got 3");
    expect(() => heatmap(confusion, { label: "x" } as object)).toThrow(OptionError);
  });
});

describe("heatmapSvg", () => {
  const cells = (svg: string) =>
    [...svg.matchAll(/<rect class="(above|below)" fill-opacity="([\d.]+)" x="([\d.]+)" y="([\d.]+)" width="36"/g)].map(
      ([, side, opacity]) => `${side} ${opacity}`,
    );

  it("draws each number as strongly as it is large, and nothing for 0", () => {
    expect(
      cells(
        heatmapSvg([
          [0, 1],
          [2, 4],
        ]),
      ),
    ).toEqual(["above 0.25", "above 0.5", "above 1"]);
  });

  it("draws what is below 0 in another colour", () => {
    expect(cells(heatmapSvg([[-4, 2]]))).toEqual(["below 1", "above 0.5"]);
  });

  it("writes names, numbers, title and labels, escaped", () => {
    const svg = heatmapSvg([[1, 22]], {
      rowLabels: ["a<b"],
      columnLabels: ["c", "d&e"],
      title: "T",
      xLabel: "X",
      yLabel: "Y",
    });
    for (const text of [">a&lt;b<", ">c<", ">d&amp;e<", ">T<", ">X<", ">Y<", ">1<", ">22<"])
      expect(svg).toContain(text);
  });

  it("turns long names of columns upright", () => {
    expect(heatmapSvg([[1, 2]], { columnLabels: ["a", "b"] })).not.toContain("rotate");
    expect(heatmapSvg([[1, 2]], { columnLabels: ["a", "a long name"] })).toContain("rotate(-90");
  });

  it("makes cells small enough for large matrices, and writes only some names", () => {
    const large = Array.from({ length: 100 }, () => new Array<number>(100).fill(7));
    const svg = heatmapSvg(large);
    expect(Number(/width="([\d.]+)"/.exec(svg)![1])).toBeLessThan(560);
    const texts = [...svg.matchAll(/>([^<]*)<\/text>/g)].map(([, text]) => text);
    // Every fourth name of the 100 rows and of the 100 columns, and the two ends of the legend.
    expect(texts).toHaveLength(25 + 25 + 2);
    expect(texts.slice(0, 3)).toEqual(["0", "4", "8"]);
  });

  it("refuses what is no matrix", () => {
    expect(() => heatmapSvg([[1], []])).toThrow(DataError);
  });
});
