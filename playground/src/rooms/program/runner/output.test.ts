import { display, lineChartSvg, tensor, value } from "chainrule";
import { describe, expect, it } from "vitest";
import { joined } from "../join.ts";
import { cut, type Item, limits, readOutput } from "./output.ts";
import { logged, shown } from "./shown.ts";

const text = (words: string, level: "log" | "error" = "log"): Item => ({ kind: "text", level, text: words });

describe("what a program sends", () => {
  it("is read if it has the form of output, and copied", () => {
    const sent = { items: [text("a"), { kind: "svg", text: "<svg></svg>" }], steps: 3, isDone: true };
    expect(readOutput({ ...sent, more: 1 })).toEqual(sent);
    expect(readOutput({ items: [{ ...text("a"), onclick: 1 }], steps: 0, isDone: false })?.items).toEqual([text("a")]);
  });

  it.each<[string, unknown]>([
    ["no object", null],
    ["no list", { items: "x", steps: 0, isDone: true }],
    ["another kind", { items: [{ kind: "script", text: "" }], steps: 0, isDone: true }],
    ["another level", { items: [{ kind: "text", level: "constructor", text: "" }], steps: 0, isDone: true }],
    ["no text", { items: [{ kind: "svg", text: {} }], steps: 0, isDone: true }],
    ["too long a text", { items: [text("x".repeat(limits.textLength + 100))], steps: 0, isDone: true }],
    [
      "too large a drawing",
      { items: [{ kind: "svg", text: "x".repeat(limits.drawingLength + 1) }], steps: 0, isDone: true },
    ],
    ["too many", { items: Array(limits.items + 1).fill(text("x")), steps: 0, isDone: true }],
    ["steps that are none", { items: [], steps: -1, isDone: true }],
    ["no end", { items: [], steps: 1 }],
  ])("is left where it has %s", (_, sent) => {
    expect(readOutput(sent)).toBeUndefined();
  });

  it("is a picture where a drawing is shown or logged by itself", () => {
    const svg = lineChartSvg([1, 2, 3]);
    expect(shown([svg])).toEqual([{ kind: "svg", text: svg }]);
    expect(logged([svg], "log")).toEqual([{ kind: "svg", text: svg }]);
    expect(logged([display(svg)], "log")).toEqual([{ kind: "svg", text: svg }]);
    expect(logged(["a", svg], "log")[0].kind).toBe("text");
    expect(shown(["<!doctype html><title>x</title>"])[0].kind).toBe("page");
  });

  it("is what notebooks show, where it is shown, and text where it is logged", () => {
    expect(shown([tensor([1, 2])])[0]).toMatchObject({ kind: "html" });
    expect(logged([tensor([1, 2])], "log")[0]).toMatchObject({ kind: "text", level: "log" });
    const y = value(2, "x").mul(3);
    expect(shown([y])[0].kind).toBe("svg");
    expect(shown([3, { a: 1 }])).toEqual([text("3"), text("{ a: 1 }")]);
  });

  it("has no colours of a terminal, and no text longer than a page can bear", () => {
    expect(logged(["\u001b[31mred\u001b[0m"], "log")).toEqual([text("red")]);
    expect(logged(["x".repeat(limits.textLength + 5)], "log")[0].text).toMatch(/… 5 more characters$/);
    expect(cut("abc", 2)).toBe("ab… 1 more characters");
  });

  it("is joined line by line, in pieces", () => {
    expect(joined([text("a")], [text("b"), text("c", "error")])).toEqual([text("a\nb"), text("c", "error")]);
    expect(joined([text("x".repeat(3999))], [text("b")])).toHaveLength(2);
  });
});
