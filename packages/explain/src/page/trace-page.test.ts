/**
 * What is in a page, before a browser has it; what it does there is looked at by `pnpm pages`.
 */
import { createHash } from "node:crypto";
import { GraphError, OptionError, parameter, randn, type Tensor, tensor, type Value, value } from "@chainrule/core";
import { crossEntropy } from "@chainrule/losses";
import { Dense, LayerNorm, Sequential, TransformerEncoder } from "@chainrule/nn";
import { describe, expect, it } from "vitest";
import { explainBackward, tracePage } from "../index.ts";
import { foldByLayer } from "./fold.ts";
import { formulaHtml } from "./formula.ts";

const scalars = () => {
  const [w, x] = [value(3, "w"), value(2, "x")];
  return w.mul(x).square().add(w).div(2).named("L");
};

function network(layers = 2) {
  const blocks = Array.from({ length: layers }, () => [
    new Dense({ units: 3, inputDim: 3, activation: "tanh" }),
    new LayerNorm({}),
  ]);
  const model = new Sequential([...blocks.flat(), new Dense({ units: 2, inputDim: 3 })]);
  return crossEntropy(model.call(randn([4, 3])), tensor([0, 1, 1, 0], { dtype: "int32" }));
}

/** The content of each element of a name. */
const contents = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`<${name}[^>]*>([\\s\\S]*?)</${name}>`, "g"))].map(([, inside]) => inside);

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

describe("tracePage", () => {
  it("lets its own script and style run by their hashes, and nothing else", () => {
    const html = tracePage(scalars(), { quiz: 2, seed: 1 });
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)!;
    const [, script] = contents(html, "script");
    const [style] = contents(html, "style");
    expect(policy).toBe(
      `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`,
    );
    expect(html).not.toMatch(/ style=|\son\w+=|https?:|url\(|@import/);
  });

  it("is the same page for the same computation", () => {
    const options = { quiz: true, predict: true, seed: 4 };
    expect(tracePage(scalars(), options)).toBe(tracePage(scalars(), options));
    expect(tracePage(scalars(), { quiz: true })).toBe(tracePage(scalars(), { quiz: true }));
    expect(tracePage(explainBackward(scalars()), options)).toBe(tracePage(scalars(), options));
  });

  it("has every step and every number as a text", () => {
    const html = tracePage(scalars());
    const articles = contents(html, "article");
    const headings = articles.map((article) => contents(article, "h2")[0]);
    expect(headings).toEqual([
      "What is given",
      ...["v1", "v2", "v3", "L"].map((name) => `Forward: ${name}`),
      ...["L", "v3", "v2", "v1", "x", "w"].map((name) => `Backward: ${name}`),
      "The gradients",
    ]);
    expect(articles[8]).toContain('<span class="number">18</span>');
    expect(articles[10]).toContain("2 paths meet at");
    expect(html).toContain("<mfrac>");
    expect(html).not.toContain('id="quiz"');
  });

  it.each<[string, () => Tensor | Value]>([
    ["a number that is none", () => value(0, "x").log().mul(0)],
    ["infinities", () => parameter([0, 1]).reciprocal().sum()],
    ["a tensor without numbers", () => parameter(randn([0, 3])).sum()],
    [
      "many axes",
      () =>
        parameter(randn([2, 1, 2, 2]))
          .square()
          .mean(),
    ],
    [
      "more numbers than are shown",
      () =>
        parameter(randn([30, 30]))
          .square()
          .mean(),
    ],
    [
      "float64",
      () =>
        parameter(tensor([0.1], { dtype: "float64" }))
          .exp()
          .sum(),
    ],
    ["a weight alone", () => parameter(3)],
    [
      "softmax and indexing",
      () =>
        parameter(randn([2, 3]))
          .logSoftmax()
          .slice([0])
          .sum()
          .neg(),
    ],
  ])("tells of %s", (_name, make) => {
    for (const predict of [false, true])
      expect(contents(tracePage(make(), { predict }), "article").length).toBeGreaterThan(1);
  });

  it("keeps what users name from being markup, in every place", () => {
    const names = [
      "</script><script>x</script>",
      "<img src=x onerror=y>",
      "\"'`<b>&amp;",
      "\\href{javascript:x}{y}",
      "\u2028]]>",
    ];
    const [a, b, c, d, e] = names.map((name, i) => value(i + 1, name));
    const loss = a.mul(b).add(c).mul(d).add(e).tanh().named("</article>");
    const html = tracePage(loss, { title: "</title><script>x</script>", predict: true, quiz: 5, seed: 2 });
    expect(contents(html, "script")).toHaveLength(2);
    expect(html.match(/<(script|img|b>|a href="javascript)/g)!.filter((tag) => !/<script|<b>/.test(tag))).toEqual([]);
    expect(html.match(/<\/article>/g)).toHaveLength(html.match(/<article /g)!.length);
    const data = JSON.parse(contents(html, "script")[0]);
    expect(JSON.stringify(data)).toContain("</script>");
  });

  it("folds by layer where there are many nodes, or where it is told to", () => {
    const loss = network();
    const data = explainBackward(loss);
    const { groups } = foldByLayer(data);
    expect(groups.map(({ name }) => name)).toEqual([
      "layers.0 (Dense)",
      "layers.1 (LayerNorm)",
      "layers.2 (Dense)",
      "layers.3 (LayerNorm)",
      "layers.4 (Dense)",
      "crossEntropy",
    ]);
    // Data have a box of their own; the masks that dropout makes for itself have none.
    const encoder = new Sequential([new TransformerEncoder({ embedDim: 4, heads: 1, numLayers: 1, dropout: 0.5 })]);
    const dropped = explainBackward(encoder.call(randn([1, 2, 4])).sum());
    const { groupOf } = foldByLayer(dropped);
    expect(dropped.nodes.filter(({ kind }) => kind === "input").length).toBeGreaterThan(2);
    const outside = dropped.nodes.filter(({ kind, id }) => kind === "input" && groupOf[id] === null);
    expect(outside.map((node) => node.value.shape)).toEqual([[1, 2, 4]]);
    const kernel = data.nodes.find(({ name }) => name === "layers.0.kernel")!;
    expect(groups[0].nodes).toContain(kernel.id);
    expect(tracePage(loss)).toContain("Forward: layers.0 (Dense)");
    expect(tracePage(loss, { fold: false })).not.toContain("Forward: layers.0 (Dense)");
    expect(tracePage(scalars(), { fold: true })).toContain("Forward: v1");
  });

  it("refuses what cannot be drawn, and options that make no sense", () => {
    let x = value(1, "x");
    for (let i = 0; i < 500; i++) x = x.mul(1.001);
    expect(() => tracePage(x)).toThrow(GraphError);
    expect(() => tracePage(x)).toThrow(/at most 400 nodes in one drawing, got \d+ of \d+ nodes/);
    const wrong: [object, RegExp][] = [
      [{ predikt: true }, /Did you mean "predict"/],
      [{ predict: 1 }, /predict as true or false, got the number 1/],
      [{ quiz: -1 }, /quiz as true, false or a number of questions/],
      [{ title: 3 }, /title as a text/],
      [{ lr: 0 }, /lr as a number above 0/],
    ];
    for (const [options, message] of wrong) {
      expect(() => tracePage(scalars(), options)).toThrow(OptionError);
      expect(() => tracePage(scalars(), options)).toThrow(message);
    }
  });
});

describe("a formula", () => {
  it("is MathML without styles", () => {
    const html = formulaHtml({ text: "1/b", tex: "\\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}" }, true);
    expect(html).toMatch(/^<span class="formula display"><math display="block"><mrow>.*<\/math><\/span>$/);
    expect(html).not.toMatch(/style|class="tml/);
  });

  it("is plain text where it is no TeX, or would be more than a formula", () => {
    expect(formulaHtml({ text: "a < b", tex: "\\frac{" })).toBe('<code class="formula">a &#60; b</code>');
    for (const tex of ["\\href{javascript:x}{y}", "\\includegraphics{http://x}", "\\class{a}{x}", "\\id{a}{x}"])
      expect(formulaHtml({ text: "t", tex })).not.toMatch(/<a|<img|href|http|id=|class="a"/);
  });
});
