import { DataError, OptionError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
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
