import { inspect } from "node:util";
import { tensor } from "chainrule";
import { describe, expect, it } from "vitest";
import { formatted, inspected, tabulated } from "./inspect.ts";

class Point {
  x = 1;
  get y() {
    return 2;
  }
}

describe("a console's words", () => {
  it.each<[string, unknown]>([
    ["numbers", [1, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 3n]],
    ["texts", ["a", "it's", "both ' and \"", "line\nbreak"]],
    ["objects", { a: 1, "b-c": [true, null, undefined], d: { e: {} } }],
    ["instances", new Point()],
    ["maps and sets", [new Map([["a", 1]]), new Set([1, "b"])]],
    ["typed arrays", new Float32Array([1, 2.5])],
    ["functions and classes", [Math.max, Point]],
    ["dates and patterns", [new Date(0), /x+/g]],
    ["nothing", [[], {}, new Map()]],
    ["objects without a prototype", Object.assign(Object.create(null), { a: 1 })],
  ])("are Node's for %s", (_, value) => {
    const expected = inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: 10 });
    expect(inspected(value).replace(/\s+/g, " ")).toBe(
      expected.replace(/\s+/g, " ").replaceAll(" [extends Object]", ""),
    );
  });

  it("let what prints itself do so", () => {
    expect(formatted([tensor([1, 2])])).toBe(inspect(tensor([1, 2])));
    expect(formatted(["x", tensor(1)])).toBe(`x ${inspect(tensor(1))}`);
  });

  it("end, whatever there is", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(inspected(circle)).toBe("{ self: [Circular] }");
    expect(inspected(Array(1000).fill(7))).toMatch(/… 900 more\n\]$/);
    expect(inspected({ a: { b: { c: { d: { e: 1 } } } } })).toContain("[Object]");
    expect(inspected({ long: "x".repeat(90), b: 1 })).toBe(`{\n  long: '${"x".repeat(90)}',\n  b: 1\n}`);
    expect(
      inspected({
        get a() {
          throw new Error("never read");
        },
      }),
    ).toBe("{ a: [Getter] }");
  });

  it("fill in what a format asks for", () => {
    expect(formatted(["%s is %d%%, %i of %f, %j", "x", "5", 2.9, "1.5", { a: 1 }, "more"])).toBe(
      'x is 5%, 2 of 1.5, {"a":1} more',
    );
    expect(formatted(["%s and %s", 1])).toBe("1 and %s");
    expect(formatted(["100%", 1])).toBe("100% 1");
  });

  it("make a table of rows", () => {
    expect(tabulated([{ a: 1, b: "x" }, { a: 22 }])).toBe("   a   b\n─  ──  ───\n0  1   'x'\n1  22");
    expect(tabulated([1, [2]])).toBe("   0  value\n─  ─  ─────\n0     1\n1  2");
    expect(tabulated(3)).toBe("3");
  });
});
