import { describe, expect, it } from "vitest";
import { alignColumns } from "./text-table.ts";

describe("alignColumns", () => {
  it("pads cells to the widest of their column, on the side that each column is not aligned to", () => {
    const rows = [
      ["layer", "n"],
      ["a", "100"],
    ];
    expect(alignColumns(rows, (column) => column === 1)).toEqual([
      ["layer", "  n"],
      ["a    ", "100"],
    ]);
    expect(alignColumns(rows)).toEqual([
      ["layer", "n  "],
      ["a    ", "100"],
    ]);
  });

  it("of no rows makes none", () => {
    expect(alignColumns([])).toEqual([]);
  });
});
