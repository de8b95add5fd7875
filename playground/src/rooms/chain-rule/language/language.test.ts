/**
 * The small language: what it reads, what it says of what it cannot, and the code that it becomes.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Value, value } from "@chainrule/core";
import { afterAll, describe, expect, it, vi } from "vitest";
import { codeOf } from "./code.ts";
import { ExpressionError } from "./error.ts";
import { operations } from "./operations.ts";
import { build, readProgram, withNumber } from "./program.ts";

/** The result's number and each leaf's gradient. */
function computed(text: string, numbers?: readonly number[]) {
  const program = readProgram(text);
  const { result, leaves } = build(program, numbers ?? program.leaves.map(({ initial }) => initial));
  result.backward();
  return { data: result.data, grads: Object.fromEntries(leaves.map(({ label, grad }) => [label, grad])) };
}

function refusal(text: string): ExpressionError {
  try {
    readProgram(text);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`was read: ${text}`);
}

// The example of micrograd's README, with the numbers that it prints.
const micrograd = `a = Value(-4.0)
b = Value(2.0)
c = a + b
d = a * b + b**3
c += c + 1
c += 1 + c + (-a)
d += d * 2 + (b + a).relu()
d += 3 * d + (b - a).relu()
e = c - d
f = e**2
g = f / 2.0
g += 10.0 / f`;

describe("reading", () => {
  it("computes the example of micrograd's README", () => {
    const { data, grads } = computed(micrograd);
    expect(data).toBeCloseTo(24.7041, 4);
    expect(grads.a).toBeCloseTo(138.8338, 4);
    expect(grads.b).toBeCloseTo(645.5773, 4);
  });

  it.each([
    ["a + b*c", 2 + 3 * 5],
    ["a - b - c", 2 - 3 - 5],
    ["a/b/c", 2 / 3 / 5],
    ["-a**b", -(2 ** 3)],
    ["a**-b", 2 ** -3],
    ["a**b**a", 2 ** (3 ** 2)],
    ["a ^ 2", 4],
    ["(a + b)·c − a × b ÷ c", 25 - 6 / 5],
    ["-(a - b)", 1],
    ["+a - -b", 5],
    ["a*1.5e-1 + .5", 0.8],
    ["tanh(a).exp() # a comment", Math.exp(Math.tanh(2))],
    ["z = a*b // named\nz*z", 36],
    ["z = a; z*b", 6],
    ["max(a, b, 4)", 4],
    ["mean([a, b, c])", 10 / 3],
    ["dot([a, b], [b, c], 1)", 22],
    ["leakyRelu(-a, 0.25)", -0.5],
    ["maximum(1, a)", 2],
    ["log(2)*a", 2 * Math.log(2)],
    ["a*(1/4)", 0.5],
    ["π*Größe", 2 * 3],
  ])("%s", (text, expected) => {
    const { leaves } = readProgram(text);
    const known: Record<string, number> = { a: 2, b: 3, c: 5, π: 2, Größe: 3 };
    expect(
      computed(
        text,
        leaves.map(({ name }) => known[name]),
      ).data,
    ).toBeCloseTo(expected, 12);
  });

  it("gives each line its name, and a name that is given again another value", () => {
    const { result } = build(readProgram("c = a*a\nc += a\nc *= 2"), [3]);
    expect(result.label).toBe("c₃");
    expect(result.data).toBe(24);
    expect(result.parents[0].label).toBe("c₂");
  });

  it("knows which numbers stand in the text, and changes one there", () => {
    const { leaves, text } = readProgram("w = -0.5\ny = w*x");
    expect(leaves.map(({ name, initial }) => [name, initial])).toEqual([
      ["w", -0.5],
      ["x", -0.5],
    ]);
    expect(withNumber(text, leaves[0].place!, 0.25)).toBe("w = 0.25\ny = w*x");
    expect(leaves[1].place).toBeNull();
  });

  it("says which names the result does not depend on", () => {
    expect(readProgram("z = w*x\ny = tanh(w)").unused).toEqual(["z"]);
  });

  it("has every operation of a Value that makes another", () => {
    for (const name of [
      "tanh",
      "exp",
      "log",
      "relu",
      "sigmoid",
      "softplus",
      "leakyRelu",
      "pow",
      "maximum",
      "sum",
      "dot",
    ])
      expect(operations.has(name), name).toBe(true);
    for (const name of ["backward", "named", "toString", "toJSON", "constructor", "of"])
      expect(operations.has(name), name).toBe(false);
  });

  it("computes each operation as the engine does", () => {
    const [a, b, c] = [0.3, 0.7, 0.2];
    for (const { name, takes } of operations.values()) {
      const given = { one: "a", two: "a, b", "one and a number": "a, 0.2", list: "a, b, c", lists: "[a], [b], c" }[
        takes
      ];
      const text = `${name}(${given})`;
      const [x, y, z] = [value(a), value(b), value(c)];
      const own = x as unknown as Record<string, (...operands: unknown[]) => Value>;
      const shared = Value as unknown as Record<string, (...operands: unknown[]) => Value>;
      const expected = {
        one: () => own[name](),
        two: () => own[name](y),
        "one and a number": () => own[name](0.2),
        list: () => shared[name]([x, y, z]),
        lists: () => shared[name]([x], [y], z),
      }[takes]();
      expected.backward();
      const { data, grads } = computed(text, [a, b, c]);
      expect(data, text).toBe(expected.data);
      expect(grads.a, text).toBe(x.grad);
    }
  });
});

describe("what cannot be read", () => {
  it.each([
    ["", 0, 1, "an empty text"],
    ["# nothing", 0, 9, "an empty text"],
    ["2x + 1", 1, 2, "2 * x"],
    ["w x", 2, 3, "w * x"],
    ["w(x)", 0, 1, "function"],
    ["(a + b", 6, 7, '")"'],
    ["a + b)", 5, 6, "operator"],
    ["a +", 3, 4, "end of the text"],
    ["z = w*x\np = sigmod(z)", 12, 18, "sigmoid"],
    ["p = softmax(z)", 4, 11, "exp(a)"],
    ["tanh", 0, 4, "tanh(…)"],
    ["tanh = 2\na", 0, 4, "name of your own"],
    ["a = \nb", 4, 5, "end of the line"],
    ["a b = 2", 2, 3, "operator"],
    ["a = b = 2", 6, 7, "one name"],
    ["tanh(a, b)", 0, 9, "one number"],
    ["leakyRelu(a, b)", 0, 14, "plain one"],
    ["dot([a], [b, c])", 0, 16, "one length"],
    ["sum([])*a", 0, 7, "at least one"],
    ["a @ b", 2, 3, "@"],
    ["a.b", 2, 3, "function"],
    ["a\nb", 0, 1, "a name for"],
    ["3", 0, 1, "a number alone"],
    ["w", 0, 1, "a number alone"],
    ["log(2) + 1", 0, 10, "plain numbers"],
    ["eval(1)", 0, 4, "function"],
    ["alert('1')", 6, 7, '"\'"'],
    ["constructor(1)", 0, 11, "function"],
    ["__proto__(1)", 0, 9, "function"],
    [`${"(".repeat(500)}a${")".repeat(500)}`, 60, 61, "within each other"],
    [`${"-".repeat(500)}a`, 60, 61, "within each other"],
    [`y = ${new Array(100).fill("a").join("*")}`, 0, 203, "at most 60"],
    ["a".repeat(3000), 2000, 3000, "2000 characters"],
  ])("%j is refused at its place", (text, start, end, says) => {
    const error = refusal(text);
    expect(error.message).toContain(says);
    expect([error.start, error.end]).toEqual([start, Math.max(end, start + 1)]);
    expect(error.message).toMatch(/^line \d+, column \d+: expected /);
  });

  it("says line and column", () => {
    expect(refusal("z = w*x\n  y = @").message).toMatch(/^line 2, column 7:/);
  });
});

describe("as code", () => {
  // In the workspace, so that "chainrule" is found, and where git looks for nothing.
  const out = join(import.meta.dirname, "../../../../../out");
  mkdirSync(out, { recursive: true });
  const folder = mkdtempSync(join(out, "code-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    "tanh(w*x + b)",
    "z = w*x + b\np = sigmoid(z)\nloss = -log(p)",
    micrograd,
    "in = w*value\nclass = in + result\nclass*2 - 1/in",
    "x = x*2\nx = x + 1\nx*x",
    "w = 0.5\ny = w\n1 - y*q ** (1/2)",
    "dead = p*q\nk = 3\nalso = k*2\nmax(a, b, 2) + dot([a, 2], [b, b]) + leakyRelu(-a, 0.2) + maximum(1, a) + log(2)",
  ])("%j prints what was shown", async (text) => {
    const program = readProgram(text);
    const numbers = program.leaves.map(({ place, initial }, i) => (place ? initial : 0.3 + i / 7));
    const { result, leaves } = build(program, numbers);
    result.backward();
    const path = join(folder, `${Math.random()}.ts`);
    writeFileSync(path, codeOf(program, numbers));
    const print = vi.spyOn(console, "log").mockImplementation(() => {});
    let printed: unknown[][];
    try {
      await import(pathToFileURL(path).href);
      printed = print.mock.calls;
    } finally {
      print.mockRestore();
    }
    expect(printed[0][1]).toBe(result.data);
    expect(printed.slice(1).map(([, grad]) => grad)).toEqual(leaves.map(({ grad }) => grad));
  });
});
