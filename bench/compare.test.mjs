import { expect, it } from "vitest";
import { compareRecords, comparisonTable } from "./compare.mjs";

const entry = (name, rates, peaks = []) => ({ name, rates, peaks });
const record = (entries, further = {}) => ({ results: [{ id: "W3", unit: "steps/s", entries }], ...further });

it("says of a rate how many times as high it is, and marks what lies apart in all rounds", () => {
  const [row] = compareRecords(
    record([entry("chainrule jit", [100, 102, 98])]),
    record([entry("chainrule jit", [150, 149, 153])]),
  );
  expect(row).toMatchObject({ what: "W3", name: "chainrule jit", faster: 1.5, mark: "better" });
});

it("does not mark what the rounds cannot tell apart, nor one round, nor less than 3%", () => {
  const marks = (was, values) =>
    compareRecords(record([entry("a", was)]), record([entry("a", values)])).map(({ mark }) => mark);
  expect(marks([100, 130, 90], [120, 125, 128])).toEqual([""]);
  expect(marks([100], [200])).toEqual([""]);
  expect(marks([100, 100.1, 100.2], [101, 101.1, 101.2])).toEqual([""]);
  expect(marks([100, 101, 99], [50, 51, 49])).toEqual(["worse"]);
});

it("compares a record with what it was measured against, and calls fewer milliseconds and fewer MiB better", () => {
  const rows = compareRecords(
    record(
      [entry("chainrule jit", [10, 10, 11], [80, 81, 82]), entry("chainrule jit, base", [10, 10, 11], [160, 161, 162])],
      {
        compile: [
          { id: "W2", name: "chainrule jit", ms: [8, 8.1, 8.2] },
          { id: "W2", name: "chainrule jit, base", ms: [31, 30, 32] },
        ],
        start: [{ name: "chainrule", what: "import", ms: [60] }],
        trained: { empties: [{ ms: [50] }], entries: [{ id: "W2", name: "chainrule fit", ms: [], missing: "failed" }] },
      },
    ),
  );
  expect(rows.map(({ what, mark }) => [what, mark])).toEqual([
    ["W3", ""],
    ["W3, peak memory", "better"],
    ["W2, to compile", "better"],
  ]);
  expect(comparisonTable(rows).split("\n")).toHaveLength(5);
  expect(comparisonTable(rows)).toContain("| W2, to compile, ms | chainrule jit | 31 ±3% | 8.1 ±1% | 3.83 | better |");
});

it("leaves out what only one of the records has, or what failed in one", () => {
  const before = record([entry("a", [1, 2]), { ...entry("b", [1]), missing: "learns differently" }]);
  expect(compareRecords(before, record([entry("b", [3]), entry("c", [4])]))).toEqual([]);
});
