import { OptionError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { plotLines } from "./plot-lines.ts";

const plain = { color: false, width: 20, height: 6 };
const drawing = (...lines: string[]) => lines.join("\n");

describe("plotLines", () => {
  it("draws lines with axes, names, title and labels", () => {
    const text = plotLines(
      { loss: [1, 0.6, 0.4, 0.3, 0.2], val_loss: [0.9, 0.8, 0.7, 0.7, 0.8] },
      { ...plain, x: [1, 2, 3, 4, 5], title: "training", xLabel: "epoch", yLabel: "loss" },
    );
    expect(text).toBe(
      drawing(
        "        training",
        "loss",
        "   ▲",
        "  1┤┐┓",
        "   │└┗━┓────────────────",
        "0.5┤   ┗━━━┓",
        "   │       ┗━━━━━━┓",
        "   │              ┗━━━━━",
        "  0┤",
        "   └─────┬────────┬─────▶",
        "         2        4",
        "                    epoch",
        "━━ loss   ── val_loss",
      ),
    );
  });

  it("joins points by straight lines", () => {
    expect(plotLines([0, 10], plain)).toBe(
      drawing(
        "  ▲",
        "10┤                 ┏━━",
        "  │             ┏━━━┛",
        " 5┤         ┏━━━┛",
        "  │     ┏━━━┛",
        "  │ ┏━━━┛",
        " 0┤━┛",
        "  └┬──────────────────┬▶",
        "   0                  1",
      ),
    );
  });

  it("leaves gaps where there is no number", () => {
    expect(plotLines([1, 1, Number.NaN, 3, 3], plain)).toBe(
      drawing(
        " ▲",
        "3┤              ━━━━━━",
        " │",
        "2┤",
        " │",
        " │",
        "1┤━━━━━━",
        " └┬─────────┬────────┬▶",
        "  0         2        4",
      ),
    );
  });

  it("draws powers of ten at equal distances on a logarithmic scale", () => {
    expect(plotLines([1, 10, 100, 1000], { ...plain, yScale: "log" })).toBe(
      drawing(
        "   ▲",
        "   │                 ┏━━",
        "   │             ┏━━━┛",
        "100┤         ┏━━━┛",
        "   │     ┏━━━┛",
        "   │ ┏━━━┛",
        "  1┤━┛",
        "   └┬────────────┬──────▶",
        "    0            2",
      ),
    );
  });

  it("draws a single number", () => {
    expect(plotLines([3], plain)).toBe(
      drawing("   ▲", "3.5┤", "   │", "  3┤━", "   │", "   │", "2.5┤", "   └┬───────────────────▶", "    0"),
    );
  });

  it("draws the mean where many points share a column", () => {
    const jagged = Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? 0 : 2));
    const text = plotLines({ jagged, ends: [0, 4] }, plain);
    expect(text).toBe(
      drawing(
        " ▲",
        "4┤",
        " │",
        "2┤─",
        " │",
        " │━━━━━━━━━━━━━━━━━━━━",
        "0┤",
        " └┬─────────┬─────────▶",
        "  0     10000",
        "━━ jagged   ── ends",
      ),
    );
  });

  it("tells lines apart by strokes without colours, and by colours with them", () => {
    const lines = { a: [1, 1], b: [2, 2], c: [3, 3] };
    expect(plotLines(lines, plain).split("\n").at(-1)).toBe("━━ a   ── b   ══ c");
    const colored = plotLines(lines, { ...plain, color: true });
    expect(colored.split("\n").at(-1)).toBe(
      "\u001b[38;5;32m━━\u001b[0m a   \u001b[38;5;166m━━\u001b[0m b   \u001b[38;5;35m━━\u001b[0m c",
    );
  });

  it("has strokes and colours for more lines than there are of them", () => {
    const many = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`line ${i}`, [i, i]]));
    for (const color of [true, false]) expect(plotLines(many, { ...plain, color })).toContain("line 14");
  });

  it("lays equal ratios equally far apart on a logarithmic axis, and says where there are none", () => {
    const points = [
      [1e-4, 0],
      [1e-2, 1],
      [1, 0],
    ] as const;
    const rows = plotLines(points, { ...plain, width: 41, xScale: "log" }).split("\n");
    const top = rows.find((row) => row.includes("1┤"))!;
    // The middle by ratio is the middle of the drawing, up to half a stroke.
    const middle = (top.search(/[┏┓━]/) + top.length - 1) / 2;
    const left = rows.find((row) => row.includes("└"))!.indexOf("└");
    expect(Math.abs(middle - (left + 1 + 20))).toBeLessThanOrEqual(1);
    expect(rows.at(-1)).toMatch(/1e-4.*0\.01.*1/);
    expect(() => plotLines([1, 2], { ...plain, xScale: "log" })).not.toThrow();
    expect(() => plotLines([[-1, 2]], { ...plain, xScale: "log" })).toThrow(/above 0 along a logarithmic axis/);
    expect(() => plotLines([1, 2], { xScale: "cubic" as "log" })).toThrow(OptionError);
  });

  it.each([{ width: 9 }, { height: 2 }, { width: 20.5 }, { hight: 5 }])("refuses %o", (options) => {
    expect(() => plotLines([1, 2], options)).toThrow(OptionError);
  });
});
