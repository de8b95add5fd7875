import { DataError, OptionError, parameter, type Tensor, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { attentionSvg } from "../charts/attention.ts";
import { boundarySvg } from "../charts/boundary-svg.ts";
import { histogramsSvg } from "../charts/histograms.ts";
import { drawImage } from "../charts/image.ts";
import { filtersSvg } from "../charts/images.ts";
import { precisionRecallSvg, rocSvg } from "../evaluation/ranking-curves.ts";
import { reliabilitySvg } from "../evaluation/reliability.ts";
import { graphSvg } from "../graph/svg.ts";
import { lossLandscapeSvg } from "../landscape/landscape-svg.ts";
import { plotLoss } from "../losses/plot-loss.ts";
import { trainingReport } from "./report.ts";

const history = { loss: [0.9, 0.3, 0.5], accuracy: [0.6, 0.8, 0.8], val_loss: [1, 0.8, 0.7] };

describe("trainingReport", () => {
  it("has a chart for each name, and a table of the last, least and greatest values", () => {
    const html = trainingReport(history);
    expect(html.match(/<svg /g)).toHaveLength(2);
    const rows = [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
      row.replace(/<[^>]+>/g, "|").replace(/\|+/g, "|"),
    );
    expect(rows).toEqual([
      "|last|least|greatest|",
      "|loss|0.5|0.3 in epoch 2|0.9 in epoch 1|",
      "|val_loss|0.7|0.7 in epoch 3|1 in epoch 1|",
      "|accuracy|0.8|0.6 in epoch 1|0.8 in epoch 2|",
    ]);
  });

  it("has title, summary and confusion matrix where they are given, escaped", () => {
    const html = trainingReport(history, {
      title: "<Digits>",
      summary: "Dense\n  a & b",
      confusion: [
        [3, 1],
        [0, 4],
      ],
      classNames: ["cat", "dog"],
    });
    expect(html).toContain("<title>&lt;Digits&gt;</title>");
    expect(html).toContain("<h1>&lt;Digits&gt;</h1>");
    expect(html).toContain("<pre>Dense\n  a &amp; b</pre>");
    expect(html.match(/<svg /g)).toHaveLength(3);
    expect(html).toContain(">cat</text>");
  });

  it("has every other drawing that it is given, side by side or over the page's width", () => {
    const landscape = {
      x: [-1, 1],
      y: [-1, 1],
      losses: [
        [1, 2],
        [3, 4],
      ],
    };
    const html = trainingReport(history, {
      charts: [
        rocSvg({ falsePositiveRate: [0, 1], truePositiveRate: [0, 1] }),
        precisionRecallSvg({ precision: [0.5, 1], recall: [1, 0] }),
        reliabilitySvg([{ from: 0, to: 1, weight: 1, predicted: 0.5, observed: 1 }]),
        lossLandscapeSvg(landscape),
        boundarySvg((points) => points.slice(":", 0), { title: "Regions", resolution: 5 }),
      ],
      drawings: {
        "A <loss>": plotLoss((p: Tensor, t: Tensor) => p.sub(t).square(), {}, { title: "Mine" }),
        Weights: histogramsSvg({ a: [{ at: 1, min: 0, limits: [1], counts: [1] }] }),
        Filters: filtersSvg(tensor([[[[1, -1]]]])),
        Attention: attentionSvg([[1]]),
        Graph: graphSvg(parameter([1]).mul(2), { title: "Graph" }),
        Terminal: drawImage([[0, 1]], undefined, { color: true }),
      },
    });
    const titles = [...html.matchAll(/<svg xmlns[^>]*><title>([^<]*)<\/title>/g)].map(([, title]) => title);
    expect(titles).toEqual([
      ...["loss", "accuracy", "ROC curve", "Precision and recall", "Reliability", "Loss landscape", "Regions"],
      ...["Mine", "Histograms", "Filters", "Attention", "Graph"],
    ]);
    expect(html).toContain("<h2>A &lt;loss&gt;</h2>");
    expect(html).toMatch(/<pre>▀▀<\/pre>/);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|href=|src=/);
  });

  it("shows the samples with the highest loss, NaN before all: pictures with captions, or a table", () => {
    const mistakes = { loss: [0.1, 3, Number.NaN, 0.5], right: [0, 1, 0, 1], predicted: [0, 0, 1, 1], count: 2 };
    const html = trainingReport(history, {
      mistakes: { ...mistakes, texts: ["a", "<b>", "c", "d"] },
      classNames: ["cat", "dog"],
    });
    const [, body] = /<h2>Worst mistakes<\/h2>\n<table>.*?<tbody>(.*?)<\/tbody>/s.exec(html)!;
    const rows = body.split("</tr>").map((row) => [...row.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell));
    expect(rows.slice(0, 2)).toEqual([
      ["2", "NaN", "cat", "dog", "c"],
      ["1", "3", "dog", "cat", "&lt;b&gt;"],
    ]);
    const images = zeros([4, 2, 2]);
    const pictures = trainingReport(history, { mistakes: { ...mistakes, loss: tensor(mistakes.loss), images } });
    const [, svg] = /(<svg xmlns[^>]*><title>Worst mistakes.*)/s.exec(pictures)!;
    expect([...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)).toEqual([
      ...["Worst mistakes", "0, said 1:", "NaN", "1, said 0: 3"],
    ]);
    const plain = trainingReport(history, { mistakes: { loss: new Float32Array([1, 2]) } });
    expect(plain).toMatch(/<th scope="col">sample<\/th><th scope="col">loss<\/th><\/tr>/);
  });

  it("refuses mistakes whose lists do not match, and drawings that would load or run something", () => {
    const wrong = (mistakes: object) => () => trainingReport(history, { mistakes: mistakes as never });
    expect(wrong({})).toThrow(/the loss of each sample as loss/);
    expect(wrong({ loss: [1, 2], right: [1] })).toThrow(/right for each of 2 losses, got 1/);
    expect(wrong({ loss: [1, 2], images: zeros([3, 2, 2]) })).toThrow(/2 images, one for each loss, got 3/);
    expect(wrong({ loss: [1], count: 0 })).toThrow(OptionError);
    expect(wrong({ loss: [1], image: 1 })).toThrow(/Did you mean "images"/);
    expect(wrong({ loss: ["x"] })).toThrow(DataError);
    for (const bad of [
      "<script>x</script>",
      '<a href="x"/>',
      '<rect onclick="x"/>',
      '<image href="x"/>',
      '<rect fill="url(#a)"/>',
    ])
      expect(() => trainingReport(history, { drawings: { x: `<svg >${bad}</svg>` } }), bad).toThrow(
        /loads and runs nothing/,
      );
    expect(() => trainingReport(history, { drawings: { x: 3 } as never })).toThrow(DataError);
    expect(() => trainingReport(history, { drawings: [] as never })).toThrow(/drawings by their headings/);
    expect(() => trainingReport(history, { charts: "x" as never })).toThrow(/charts as a list of drawings/);
    expect(() => trainingReport(history, { charts: [3] as never })).toThrow(/a drawing as "charts\[0\]"/);
  });

  it("loads nothing and runs nothing", () => {
    const html = trainingReport(history);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|href=|src=/);
  });

  it("tells of a loss that was never finite", () => {
    const html = trainingReport({ loss: [Number.NaN, Number.NaN] });
    expect(html).toContain("<p>loss was never a finite number.</p>");
    expect(html).toContain("<td>NaN</td><td>none</td><td>none</td>");
  });

  it("refuses what is no history, and unknown options", () => {
    expect(() => trainingReport({})).toThrow(DataError);
    expect(() => trainingReport(history, { name: "x" } as object)).toThrow(OptionError);
  });
});
