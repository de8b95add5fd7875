/**
 * What reads sources and runs examples, for the tests of doc comments.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as core from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { agrees, claimOf, examplesOf, runExample, statementsOf, Written } from "./examples.ts";
import { type Declaration, declarationsOf, exportsOf, membersOf, saysNothing } from "./sources.ts";

describe("the reader of sources", () => {
  const source = `/** A sum. */
export function add(x: number): number;
export function add(x: string): string;
export function add(x: unknown) {
  return x;
}
// no doc comment
export const one = 1;
/** @internal */
export abstract class Thing<T> {
  /** What it holds. */
  readonly held: T;
  #own = 2;
  count = 0;
  /** Only asks. */
  get size(): number {
    return 1;
  }
  constructor() {
    this.count = 1;
  }
  grow(): void {}
}
`;
  const told = (all: Iterable<Declaration>) => [...all].map(({ name, comment }) => [name, comment]);

  it("finds declarations with the comment before them", () => {
    expect(told(declarationsOf("a.ts", source).values())).toEqual([
      ["add", "A sum."],
      ["one", null],
      ["Thing", "@internal"],
    ]);
  });

  it("finds the public members of a class", () => {
    expect(told(membersOf("a.ts", "Thing", source))).toEqual([
      ["Thing.held", "What it holds."],
      ["Thing.count", null],
      ["Thing.size", "Only asks."],
      ["Thing.grow", null],
    ]);
  });

  it("takes a comment of tags alone for none", () => {
    const silent = [...declarationsOf("a.ts", source).values()].filter(saysNothing);
    expect(silent.map(({ name, line }) => [name, line])).toEqual([
      ["one", 8],
      ["Thing", 10],
    ]);
  });

  it("follows exports to where they are declared", () => {
    const folder = mkdtempSync(join(tmpdir(), "chainrule-sources-"));
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write("a.ts", "/** One. */\nexport const one = 1;\nconst two = 2;\nexport { two };\n");
    write("b.ts", 'import * as all from "./a.ts";\nexport { one as first } from "./a.ts";\nexport { all };\n');
    write(
      "index.ts",
      'export * from "./b.ts";\nexport * as named from "./a.ts";\nexport { other } from "elsewhere";\n',
    );
    const found = exportsOf(join(folder, "index.ts"));
    rmSync(folder, { recursive: true });
    expect([...found.keys()].sort()).toEqual(["all.one", "all.two", "first", "named.one", "named.two"]);
    expect(found.get("first")).toMatchObject({ name: "one", comment: "One." });
  });
});

describe("the reader of examples", () => {
  const source = `/**
 * Adds.
 *
 * @example
 * const a = add(1, 2); // 3
 * // a remark
 * a;
 *
 * @example add(2, 2); // 4
 * @throws never
 */
`;

  it("finds the examples of a comment, with the line where it starts", () => {
    expect(examplesOf("a.ts", `\n${source}`)).toEqual([
      { file: "a.ts", line: 2, code: "const a = add(1, 2); // 3\n// a remark\na;" },
      { file: "a.ts", line: 2, code: "add(2, 2); // 4" },
    ]);
  });

  it("tells statements from each other, and what is said of each", () => {
    const code =
      'const f = () => {\n  g("; // }"); // inside\n};\nf(); h([1, 2]); // [3]\nprint();\n// one\n//  two\nclass A {\n}\nk();';
    expect(statementsOf(code)).toEqual([
      { code: 'const f = () => {\n  g("; // }"); // inside\n};', remark: "", below: [] },
      { code: "f();", remark: "", below: [] },
      { code: "h([1, 2]);", remark: "[3]", below: [] },
      { code: "print();", remark: "", below: ["one", " two"] },
      { code: "class A {\n}", remark: "", below: [] },
      { code: "k();", remark: "", below: [] },
    ]);
  });

  it("reads values, shapes and errors", () => {
    const three = new Written("3");
    expect(claimOf("3")).toEqual({ kind: "value", value: three });
    expect(claimOf("log 8 / log 2 = 3 bits")).toEqual({ kind: "value", value: three });
    expect(claimOf("tensor([3], int32)")).toEqual({ kind: "value", value: [three], dtype: "int32" });
    expect(claimOf("[3], int32")).toEqual({ kind: "value", value: [three], dtype: "int32" });
    expect(claimOf('{ a: 3, b: "x" }')).toEqual({ kind: "value", value: { a: three, b: "x" } });
    expect(claimOf("shape [3]")).toEqual({ kind: "shape", shape: [three] });
    expect(claimOf("ShapeError: … got 3")).toEqual({ kind: "error", name: "ShapeError", message: "… got 3" });
    expect(claimOf("a leaky relu")).toEqual({ kind: "none" });
  });

  it.each(["3 x 3", "0 and 1", "[n, 3]", "2 of 3", "true for all"])(
    "takes no remark that is a value by half: %s",
    (text) => {
      expect(() => claimOf(text)).toThrow("starts like a value");
    },
  );

  it("compares numbers to the digits that are written", () => {
    const says = (text: string, value: unknown) => agrees((claimOf(text) as { value: unknown }).value, value);
    expect(says("0.693", Math.LN2)).toBe(true);
    expect(says("0.694", Math.LN2)).toBe(false);
    expect(says("0.7", Math.LN2)).toBe(false);
    expect(says("1", 1.01)).toBe(false);
    expect(says("[1, 2]", core.tensor([1, 2]))).toBe(true);
    expect(says("[1, 2]", core.tensor([1, 3]))).toBe(false);
    expect(says("[1, 2]", [1, 2, 3])).toBe(false);
    expect(says("[1, 2, …]", [1, 2, 3])).toBe(true);
    expect(says("{ a: 1, … }", { a: 1, b: 2 })).toBe(true);
    expect(says("NaN", Number.NaN)).toBe(true);
    expect(says("true", 1)).toBe(false);
    expect(says('"a … c"', "a b c")).toBe(true);
  });

  const run = (code: string) =>
    runExample({ file: "a.ts", line: 1, code }, (name) => (core as unknown as Record<string, unknown>)[name]);

  it("runs examples, and counts what it compared", async () => {
    expect(await run("const x: number = 2;\nadd(x, 1); // 3\nconst y = mul(x, 2); // tensor(4, float32)")).toEqual({
      compared: 2,
    });
    expect(await run('console.log("a", 1);\n// a 1')).toEqual({ compared: 1 });
    expect(await run("String(tensor([1]));\n// tensor([1.], [1] float32)")).toEqual({ compared: 1 });
    expect(await run("matmul([1, 2], [1]); // ShapeError: … got")).toEqual({ compared: 1 });
    expect(await run("zeros([2, 3]); // shape [2, 3]\nawait Promise.resolve(1); // 1")).toEqual({ compared: 2 });
  });

  it.each([
    ["add(1, 1); // 3", "gives 2"],
    ["add(1, 1); // 2, int32", "gives 2"],
    ["zeros([2, 3]); // shape [3, 2]", "shape [2,3]"],
    ["add(1, 1); // ShapeError", "throws nothing"],
    ["matmul([1, 2], [1]); // ShapeError: nothing of the kind", "matmul"],
    ['console.log("a");\n// b', "gives\na"],
    ["const [a] = [1]; // 1", "the statement has none"],
    ["nothing(1);", "nothing is not defined"],
  ])("does not take %s", async (code, message) => {
    await expect(run(code)).rejects.toThrow(message);
  });
});
