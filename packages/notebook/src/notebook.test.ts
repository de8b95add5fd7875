import { readFileSync } from "node:fs";
import { OptionError, parameter, tensor, value, zeros } from "@chainrule/core";
import { explainBackward, explainGradient } from "@chainrule/explain";
import { Adam, Dense, diagnose, findLearningRate, History, Sequential, SGD } from "@chainrule/nn";
import { display, graphOf, lineChartSvg } from "@chainrule/viz";
import { describe, expect, it } from "vitest";
import { byEsbuild } from "../../core/test/bundlers.ts";
import { notebookBundle } from "./index.ts";

const htmlOf = async (x: unknown) => (await notebookBundle(x))["text/html"];

describe("a tensor in a notebook", () => {
  it("is a table with the numbers of its rows and columns", async () => {
    const shown = await notebookBundle(
      tensor([
        [1, 0.123456789],
        [Number.NaN, -Infinity],
      ]),
    );
    expect(shown["text/plain"]).toBe(
      String(
        tensor([
          [1, 0.123456789],
          [Number.NaN, -Infinity],
        ]),
      ),
    );
    expect(shown["text/html"]).toBe(
      "<table><thead><tr><th></th><th>0</th><th>1</th></tr></thead><tbody>" +
        "<tr><th>0</th><td>1</td><td>0.12346</td></tr><tr><th>1</th><td>NaN</td><td>-Infinity</td></tr>" +
        "</tbody></table>\n<div>tensor float32 [2, 2]</div>",
    );
  });

  it("of one axis is a row, a scalar one cell, and of three axes or none elements the text", async () => {
    expect(await htmlOf(tensor([true, false]))).toContain("<tr><td>true</td><td>false</td></tr>");
    expect(await htmlOf(tensor(3.5, { dtype: "float64" }))).toBe(
      "<table><tbody><tr><td>3.5</td></tr></tbody></table>\n<div>tensor float64 []</div>",
    );
    for (const x of [zeros([2, 2, 2]), zeros([0, 3]), zeros([0])])
      expect(await htmlOf(x)).toBe(`<pre>${String(x)}</pre>`);
  });

  it("says what it is to learning, and is shown by its ends where it is large", async () => {
    expect(await htmlOf(parameter([1]))).toContain("<div>parameter float32 [1]</div>");
    expect(await htmlOf(tensor([1], { requiresGrad: true }))).toContain("requires a gradient");
    const large = await htmlOf(zeros([1000, 500]));
    expect(large.match(/<tr>/g)).toHaveLength(14);
    expect(large).toContain("<th>…</th>");
    expect(large).toContain("<th>999</th>");
    expect(large).toContain("<th>499</th>");
    expect(large.length).toBeLessThan(4000);
  });
});

describe("what was computed", () => {
  it("of Values is the graph with numbers and gradients; a Value by itself its text", async () => {
    const x = value(2, "<x>");
    const y = x.mul(x);
    y.backward();
    const shown = await notebookBundle(y);
    expect(shown["image/svg+xml"]).toMatch(/^<svg .*&lt;x&gt;/s);
    expect(shown["text/plain"]).toBe(String(y));
    expect(await htmlOf(x)).toMatch(/^<pre>.*&lt;x&gt;/);
    let long = value(1);
    for (let i = 0; i < 100; i++) long = long.add(1);
    expect(Object.keys(await notebookBundle(long))).toEqual(["text/html", "text/plain"]);
  });

  it("of tensors is a graph as SVG, and an explanation is Markdown with TeX", async () => {
    const w = parameter([1, 2]);
    const graph = await notebookBundle(graphOf(w.square().sum()));
    expect(graph["image/svg+xml"]).toMatch(/^<svg /);
    expect(graph["text/plain"]).toMatch(/^a graph of \d nodes and \d edges$/);
    const explanation = explainBackward(w.square().sum(), { names: { w } });
    expect(await notebookBundle(explanation)).toEqual({
      "text/markdown": explanation.toMarkdown(),
      "text/plain": explanation.toText(),
    });
    expect(explanation.toMarkdown()).toMatch(/\$/);
    const why = explainGradient(w.square().sum(), w, [1]);
    expect(await notebookBundle(why)).toEqual({ "text/markdown": why.toMarkdown(), "text/plain": why.toText() });
    expect(JSON.parse(JSON.stringify(graphOf(w.sum()))).nodes.length).toBeGreaterThan(1);
  });
});

describe("training in a notebook", () => {
  const x = [[0], [1], [2], [3], [4], [5], [6], [7]];
  const make = () => {
    const model = new Sequential([new Dense({ units: 1, inputDim: 1, name: "<line>" })], { name: "a & b" });
    return model.compile({ optimizer: new SGD({ lr: 0.01 }), loss: "mse" });
  };

  it("has models as the table of their layers", async () => {
    const html = await htmlOf(make());
    expect(html).toContain("Sequential &quot;a &amp; b&quot;");
    expect(html).toContain("<td>&lt;line&gt; (Dense)</td><td>[null, 1]</td><td>2</td>");
    expect(html).toContain("<div>Total params: 2 (8.00 B)</div>");
    expect(await htmlOf(new Dense({ units: 3 }))).toContain("Dense &quot;");
    expect(await htmlOf(new Sequential())).toContain("Total params: 0");
  });

  it("has histories as curves, those of validation with the others, and the ends of the table", async () => {
    const history = await make().fit(x, x, { epochs: 14, validationSplit: 0.25, verbose: 0 });
    const html = await htmlOf(history);
    expect(html.match(/<svg /g)).toHaveLength(1);
    expect(html).toContain("val_loss");
    expect(html).toContain("<tr><td>14</td>");
    expect(html.match(/<tr>/g)).toHaveLength(12);
    const short = await make().fit(x, x, { epochs: 1, verbose: 0 });
    expect(await htmlOf(short)).not.toContain("<svg");
    expect((await notebookBundle(new History()))["text/plain"]).toBe("a history of no epochs");
  });

  it("has histories in which nothing is a number, and ones that ended early", async () => {
    const history = new History();
    history.epochs = [0, 1];
    history.history = { loss: [Number.NaN, Number.NaN] };
    history.stopReason = "<no luck>";
    const html = await htmlOf(history);
    expect(html).not.toContain("<svg");
    expect(html).toContain("<td>NaN</td>");
    expect(html).toContain("&lt;no luck&gt;");
  });

  it("has the range test as its curve, and findings as a list", async () => {
    const y = x.map(([at]) => 2 * at);
    const found = await notebookBundle(await findLearningRate(make(), x, y, { batchSize: 8, shuffle: false }));
    expect(found["text/html"]).toMatch(/^<div><svg .*learning rate.*<\/svg><\/div>\n<div>learning rate /s);
    const broken = new Sequential([new Dense({ units: 1, inputDim: 1, activation: "softmax" })]);
    broken.compile({ optimizer: new Adam(), loss: "binary_crossentropy" });
    const labels = x.map((_, i) => i % 2);
    const findings = await notebookBundle(await diagnose(broken, [x, labels]));
    expect(findings["text/html"]).toMatch(/^<ul><li><b>[a-z-]+<\/b>.*Fix: /s);
    expect(findings["text/plain"]).toMatch(/Fix: /);
    const none = diagnose(make(), [x, y]);
    none.length = 0;
    expect(await htmlOf(none)).toBe("<div>nothing found</div>");
  });
});

describe("the method that kernels ask for", () => {
  it("is no property that others see", () => {
    const x = tensor([1]);
    expect(Object.keys(x)).not.toContain("Symbol(Jupyter.display)");
    expect(JSON.stringify(Object.getOwnPropertySymbols(x).map(String))).not.toContain("Jupyter");
  });

  it("is on drawings, and what has none is refused", async () => {
    const svg = lineChartSvg([1, 2]);
    expect((await notebookBundle(display(svg)))["image/svg+xml"]).toBe(svg);
    for (const nothing of [null, undefined, 3, {}, "text"])
      await expect(notebookBundle(nothing)).rejects.toThrow(OptionError);
  });

  it("is in no bundle of a program that does not ask for it", async () => {
    const index = new URL("../../chainrule/src/index.ts", import.meta.url).pathname;
    const code = (names: string) =>
      byEsbuild(`import { ${names} } from ${JSON.stringify(index)};\nexport const result = [${names}];`);
    expect(await code("tensor, Sequential")).not.toContain("Jupyter.display");
    expect(await code("notebookBundle")).toContain("Jupyter.display");
    const { sideEffects } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(sideEffects).toBe(false);
  });
});
