import { describe, expect, it } from "vitest";
import { lineChartSvg } from "../charts/line-chart.ts";
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

describe("svgDocument", () => {
  it("has colours for light pages and for dark ones", () => {
    const svg = lineChartSvg([1, 2]);
    expect(svg).toContain(".page{fill:#ffffff}");
    expect(svg).toMatch(/@media\(prefers-color-scheme:dark\)\{.*\.page\{fill:#0d1117\}/);
  });
});
