import { DTypeError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { heatmap } from "../charts/heatmap.ts";
import { lineChartSvg } from "../charts/line-chart.ts";
import { trainingReport } from "../report/report.ts";
import { display, jupyterDisplay } from "./display.ts";
import { escapeCode } from "./terminal.ts";

const chart = lineChartSvg([1, 2], { title: "a < b" });
const page = trainingReport({ loss: [1, 2] }, { title: "R&D" });
const shown = (...drawings: string[]) => display(...drawings)[jupyterDisplay]();

describe("display", () => {
  it("shows a drawing as a picture, by the symbol of the protocol", () => {
    const hook = (display(chart) as unknown as Record<symbol, () => unknown>)[Symbol.for("Jupyter.display")];
    expect(hook()).toEqual({ "image/svg+xml": chart, "text/plain": "a < b" });
  });

  it("shows a page in a frame of its own, which runs and loads nothing", () => {
    const { "text/html": html, "text/plain": plain } = shown(page);
    expect(html).toMatch(
      /^<iframe sandbox="allow-scripts" style="[^"]*" srcdoc="&lt;!doctype html&gt;[^"]*"><\/iframe>$/,
    );
    expect(plain).toBe("R&D");
  });

  it("shows text as text, in its colours, and several drawings below each other", () => {
    const map = heatmap([[1, 2]], { color: true });
    expect(shown(map)).toEqual({ "text/plain": map });
    const { "text/html": html, "text/plain": plain } = shown(chart, map, "<b>");
    expect(html).toContain(`<div>${chart}</div>\n<pre>`);
    expect(html).toContain("<pre>&lt;b&gt;</pre>");
    for (const control of [escapeCode, "\ufffd"]) expect(html).not.toContain(control);
    expect(plain).toBe(`a < b\n${map}\n<b>`);
  });

  it("is the text where a text is wanted, and shows nothing for nothing", () => {
    expect(`${display(chart, "x")}`).toBe(`${chart}\nx`);
    expect(shown()).toEqual({ "text/plain": "" });
  });

  it("refuses what is no drawing", () => {
    expect(() => display(3 as unknown as string)).toThrow(DTypeError);
    expect(() => display(chart, [chart] as unknown as string)).toThrow(/expected drawings: the texts/);
  });
});
