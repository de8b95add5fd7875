/**
 * What holds for every function of the public index: well-formed drawings, whatever names and titles say; texts that
 * need no colours; errors that know the options.
 */
import { parameter, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { escapeCode } from "./drawing/terminal.ts";
import * as index from "./index.ts";
import {
  attentionSvg,
  barChartSvg,
  boundarySvg,
  display,
  drawBoundary,
  drawImage,
  filtersSvg,
  foldGraph,
  graphOf,
  graphSvg,
  heatmap,
  heatmapSvg,
  histogramsSvg,
  imagesSvg,
  lineChartSvg,
  lossLandscape,
  lossLandscapeSvg,
  plotHistory,
  plotLines,
  plotLoss,
  precisionRecallSvg,
  reliabilitySvg,
  rocSvg,
  toDot,
  toMermaid,
  trainingReport,
} from "./index.ts";

/** A name that is full of what XML and DOT write in other ways. */
const nasty = `<"&'> ]]> \u0007`;
const w = parameter([1, 2]);
const graph = graphOf(w.mul(2), { names: { [nasty]: w } });
const titles = { title: nasty, xLabel: nasty, yLabel: nasty };
const { yLabel: _, ...titlesOfBars } = titles;

const points = [
  [0, 0],
  [1, 1],
];
const atRight = (x: Tensor) => x.slice(":", 0).greater(0.5).cast("int32");

type Draw = (options?: object) => string;

/** Drawings in SVG, or in HTML with SVG in it. */
const vector: Readonly<Record<string, readonly [draw: Draw, titles: object]>> = {
  attentionSvg: [
    (options) => attentionSvg([[[0.5, 0.5]], [[1, 0]]], options),
    { title: nasty, rowLabels: [nasty], columnLabels: [nasty, "b"], names: [nasty, "b"] },
  ],
  barChartSvg: [(options) => barChartSvg({ [nasty]: { [nasty]: 1, b: 2 } }, options), titlesOfBars],
  boundarySvg: [
    (options) => boundarySvg(atRight, { x: points, y: [0, 1], classNames: [nasty, nasty], resolution: 10, ...options }),
    titles,
  ],
  graphSvg: [(options) => graphSvg(graph, options), { title: nasty }],
  heatmapSvg: [
    (options) => heatmapSvg([[1, -2]], { rowLabels: [nasty], columnLabels: [nasty, nasty], ...options }),
    titles,
  ],
  filtersSvg: [(options) => filtersSvg(tensor([[[[1, -1]]], [[[0.5, 0]]]]), options), { title: nasty }],
  histogramsSvg: [
    (options) => histogramsSvg({ [nasty]: [{ at: 1, min: 0, limits: [1, 2], counts: [3, 4] }] }, options),
    titles,
  ],
  imagesSvg: [(options) => imagesSvg([[[0, 1]], [[1, 0]]], options), { title: nasty, captions: [nasty, 2] }],
  lineChartSvg: [(options) => lineChartSvg({ [nasty]: [1, 2], b: [2, 1] }, options), titles],
  lossLandscapeSvg: [
    (options) =>
      lossLandscapeSvg(
        {
          x: [-1, 1],
          y: [-1, 1],
          losses: [
            [1, 2],
            [3, 9],
          ],
        },
        options,
      ),
    titles,
  ],
  plotLoss: [
    (options) => plotLoss((p: Tensor, t: Tensor) => p.sub(t).square(), {}, { height: 300, ...options }),
    titlesOfBars,
  ],
  precisionRecallSvg: [
    (options) => precisionRecallSvg({ [nasty]: { precision: [0.5, 1], recall: [1, 0] } }, options),
    { title: nasty },
  ],
  reliabilitySvg: [
    (options) => reliabilitySvg({ [nasty]: [{ from: 0, to: 1, weight: 2, predicted: 0.5, observed: 0.4 }] }, options),
    { title: nasty },
  ],
  rocSvg: [
    (options) => rocSvg({ [nasty]: { falsePositiveRate: [0, 1], truePositiveRate: [0, 1] } }, options),
    { title: nasty },
  ],
  trainingReport: [
    (options) => trainingReport({ [nasty]: [0.5, Number.NaN], loss: [0.9, 0.5] }, options),
    {
      title: nasty,
      summary: nasty,
      confusion: [
        [3, 1],
        [0, 2],
      ],
      classNames: [nasty, "b"],
    },
  ],
};

/** Drawings of characters, in colours where the terminal has them, and something that each must show. */
const terminal: Readonly<Record<string, readonly [draw: Draw, shows: RegExp]>> = {
  drawBoundary: [(options) => drawBoundary(atRight, { x: points, y: [0, 1], ...options }), /o.*x|x.*o/s],
  drawImage: [
    (options) =>
      drawImage(
        [
          [0, 1],
          [1, 0],
        ],
        undefined,
        options,
      ),
    /@@/,
  ],
  heatmap: [
    (options) =>
      heatmap(
        [
          [1, 2],
          [3, 4],
        ],
        { rowLabels: ["cat", "dog"], ...options },
      ),
    /cat.*dog/s,
  ],
  plotHistory: [(options) => plotHistory({ loss: [3, 2, 1], val_loss: [3, 2.5, 2] }, options), /loss.*val_loss/s],
  plotLines: [(options) => plotLines({ a: [1, 2, 3], b: [3, 2, 1] }, options), /━━ a.*── b/s],
};

/** Graphs as data and in the languages of drawing programs: computation.test.ts and dot.test.ts look at these closely. */
const graphs: Readonly<Record<string, () => string>> = {
  foldGraph: () => JSON.stringify(foldGraph(graph)),
  graphOf: () => JSON.stringify(graphOf(w.mul(2), { names: { w } })),
  toDot: () => toDot(graph),
  toMermaid: () => toMermaid(graph),
};

/** What is made of drawings, and data for them: display.test.ts, landscape.test.ts. */
const others = { display, lossLandscape };

it("leaves out no function of the index", () => {
  expect(
    [vector, terminal, graphs, others].flatMap(Object.keys).sort(),
    "one of the tables above wants each export",
  ).toEqual(Object.keys(index).sort());
});

/** Throws unless every element is closed in order, and no bare < or & stands in a text. */
function checkWellFormed(xml: string): number {
  const open: string[] = [];
  let elements = 0;
  const rest = xml
    .replace(/^<!doctype html>/, "")
    .replace(/<meta [^<>]*>/g, "")
    .replace(/<style>[^<&]*<\/style>/g, "")
    .replace(/<(\/?)(\w+)((?: [\w-]+="[^"<&]*(?:&\w+;[^"<&]*)*")*)(\/?)>/g, (_, end, name, __, empty) => {
      if (end) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name);
      elements++;
      return "";
    });
  expect(open).toEqual([]);
  expect(rest.replace(/&(amp|lt|gt|quot|#39);/g, "")).not.toMatch(/[<>&]/);
  return elements;
}

describe.each(Object.entries(vector))("%s", (name, [draw, titles]) => {
  it("is well-formed, whatever names and titles say", () => {
    const text = draw(titles);
    expect(checkWellFormed(text)).toBeGreaterThan(10);
    expect(text).toContain("&lt;&quot;&amp;&#39;&gt; ]]&gt; \ufffd");
    if (name === "trainingReport") expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    else {
      expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      expect(text, "for screen readers").toMatch(
        /^<svg [^>]*role="img"[^>]*><title>[^<]+<\/title><desc>[^<]{8,}<\/desc>/,
      );
      expect(text).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it("follows the page's choice of light or dark, and refuses options that it does not know", () => {
    expect(draw()).toContain("prefers-color-scheme");
    expect(() => draw({ titel: "x" })).toThrow(/Did you mean "title"/);
  });
});

describe.each(Object.entries(terminal))("%s", (_, [draw, shows]) => {
  it("needs no colours, and has them where they are asked for", () => {
    expect(draw({ color: false })).toMatch(shows);
    expect(draw({ color: false })).not.toContain(escapeCode);
    expect(draw({ color: false })).not.toMatch(/\n$/);
    expect(draw({ color: true })).toContain(escapeCode);
  });

  it("refuses options that it does not know", () => {
    expect(() => draw({ colour: true })).toThrow(/Did you mean "color"/);
  });
});

describe.each(Object.entries(graphs))("%s", (_, write) => {
  it("writes the operation, the same at every call", () => {
    expect(write()).toContain("mul");
    expect(write()).toBe(write());
  });
});
