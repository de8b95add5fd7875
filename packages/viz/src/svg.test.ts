import { parameter } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { graphOf } from "./graph/computation.ts";
import { graphSvg } from "./graph/svg.ts";
import { heatmapSvg } from "./heatmap-svg.ts";
import { lineChartSvg } from "./line-chart.ts";
import { element, escapeXml, round, text } from "./svg.ts";

describe("element", () => {
  it("writes attributes and contents", () => {
    expect(element("a", { b: 1.234567, c: 'x"y', d: undefined }, "<e/>", "f")).toBe(
      '<a b="1.23" c="x&quot;y"><e/>f</a>',
    );
    expect(element("a", {})).toBe("<a/>");
    expect(text(1, 2, "<&>")).toBe('<text x="1" y="2">&lt;&amp;&gt;</text>');
  });

  it("replaces characters that XML cannot write", () => {
    expect(escapeXml("a\u0000b\u001b\tc'\"")).toBe("a\ufffdb\ufffd\tc&#39;&quot;");
  });

  it("writes no exponents, which old viewers do not read", () => {
    expect(round(1e-9)).toBe("0");
    expect(round(-0.001)).toBe("0");
    expect(round(12345.678)).toBe("12345.68");
  });
});

/** Throws unless every element is closed in order, and no bare < or & stands in a text. */
function checkWellFormed(xml: string): number {
  const open: string[] = [];
  let elements = 0;
  const rest = xml
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

describe("every drawing", () => {
  const nasty = `<"&'> ]]> \u0007`;
  const w = parameter([1, 2]);
  const names = { [nasty]: w };
  it.each([
    ["lineChartSvg", lineChartSvg({ [nasty]: [1, 2], b: [2, 1] }, { title: nasty, xLabel: nasty, yLabel: nasty })],
    [
      "heatmapSvg",
      heatmapSvg([[1, -2]], {
        rowLabels: [nasty],
        columnLabels: [nasty, nasty],
        title: nasty,
        xLabel: nasty,
        yLabel: nasty,
      }),
    ],
    ["graphSvg", graphSvg(graphOf(w.mul(2), { names }), { title: nasty })],
  ])("of %s is well-formed XML, whatever the names", (_, svg) => {
    expect(checkWellFormed(svg)).toBeGreaterThan(10);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("has colours for light pages and for dark ones", () => {
    const svg = lineChartSvg([1, 2]);
    expect(svg).toContain(".page{fill:#ffffff}");
    expect(svg).toMatch(/@media\(prefers-color-scheme:dark\)\{.*\.page\{fill:#0d1117\}/);
  });
});
