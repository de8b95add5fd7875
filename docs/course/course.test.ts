/**
 * The course: every lesson has its five parts, its programs say what they print (docs/docs.test.ts runs them), every
 * number in the text is one of a program's, and the Value in 100 lines agrees with the library's.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { value } from "chainrule";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { programsOf } from "../programs.ts";
import { Value } from "./value-in-100-lines.ts";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const pages = readdirSync(new URL("./", import.meta.url))
  .filter((file) => /^\d\d-.*\.md$/.test(file))
  .sort();
const lessons = pages.map((page, i) => {
  const text = read(page);
  const [, number, title] = /^# (\d+)\. (.*)$/m.exec(text) ?? [];
  const parts = Object.fromEntries(text.split(/^## /m).map((part) => part.split(/\n([\s\S]*)/, 2) as [string, string]));
  return { page, text, number: Number(number), title, parts, before: pages[i - 1], after: pages[i + 1] };
});

describe("the course", () => {
  it("has lessons, numbered without a gap", () => {
    expect(lessons.map(({ number }) => number)).toEqual(lessons.map((_, i) => i + 1));
    expect(lessons.map(({ page }) => Number(page.slice(0, 2)))).toEqual(lessons.map(({ number }) => number));
  });

  it("is listed lesson by lesson on its first page", () => {
    const rows = [...read("README.md").matchAll(/^\| \[(\d+)\. ([^\]]*)\]\((.*?)\) \|/gm)];
    expect(rows.map(([, number, title, page]) => ({ number: Number(number), title, page }))).toEqual(
      lessons.map(({ number, title, page }) => ({ number, title, page })),
    );
  });
});

describe.each(lessons)("$page", ({ text, parts, before, after }) => {
  it("goes through predict, run, explain, break and quiz, in that order", () => {
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      "Predict",
      "Run",
      "Explain",
      "Break",
      "Quiz",
    ]);
  });

  it("asks for a prediction before the first program, and answers it behind a fold", () => {
    expect(parts.Predict).toMatch(/\?\*\*/);
    expect(parts.Predict).toMatch(/<details>\n<summary>Answer<\/summary>\n\n[\s\S]+\n\n<\/details>\n/);
    expect(programsOf(parts.Predict)).toEqual([]);
  });

  it("has programs to run and to break, which say what they print", () => {
    expect(programsOf(parts.Run).length).toBeGreaterThan(0);
    expect(programsOf(parts.Break).length).toBeGreaterThan(0);
    for (const { code, output } of programsOf(text)) expect(output, code).not.toBeNull();
  });

  it("asks three to five questions, each with an answer behind a fold", () => {
    const questions = parts.Quiz.split(/^\*\*\d\.\*\* /m).slice(1);
    expect(questions.length).toBeGreaterThanOrEqual(3);
    expect(questions.length).toBeLessThanOrEqual(5);
    for (const question of questions)
      expect(question).toMatch(/^[^<]+\n\n<details>\n<summary>Answer<\/summary>\n\n[\s\S]+?\n\n<\/details>\n/);
  });

  it("leads to its neighbours", () => {
    const links = /^\[The course\]\(README\.md\).*$/m.exec(text)?.[0];
    expect(links).toBeDefined();
    for (const neighbour of [before, after]) if (neighbour) expect(links).toContain(`(${neighbour})`);
    expect(text.trimEnd().endsWith(links as string), "the same links stand at the end").toBe(true);
  });

  it("states only numbers that its programs have or print", () => {
    const shown = programsOf(text).flatMap(({ code, output }) => numbersIn(`${code}\n${output?.join("\n")}`));
    const prose = text.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`|\]\([^)]*\)/g, "");
    const unfounded = numbersIn(prose).filter(({ text, plain, value, unit }) => {
      // Small whole numbers, round ones and years are a matter of language or of mental arithmetic.
      const isPlain = !text.includes(".") && (value < 1000 || /^[1-9]\d?0*$/.test(plain) || /^(19|20)\d\d$/.test(text));
      return !isPlain && !shown.some((other) => Math.abs(other.value - value) <= unit / 2 + 1e-12);
    });
    expect(unfounded.map(({ text }) => text)).toEqual([]);
  });
});

/** The numbers of a text without their signs, and what 1 in the last digit of each is worth. */
function numbersIn(text: string): { text: string; plain: string; value: number; unit: number }[] {
  return [...text.matchAll(/(?<![\w.])\d+(?:[,_]\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w])/g)].map(([found]) => {
    const plain = found.replaceAll(/[,_]/g, "");
    const [, decimals = "", exponent = "0"] = /^\d+(?:\.(\d+))?(?:e(.*))?$/.exec(plain) ?? [];
    return { text: found, plain, value: Number(plain), unit: 10 ** (Number(exponent) - decimals.length) };
  });
}

describe("pnpm lesson", () => {
  const lesson = (...words: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", fileURLToPath(new URL("run.ts", import.meta.url)), ...words], {
      encoding: "utf8",
    });

  it("says which lessons there are", () => {
    const { status, stderr } = lesson("17");
    expect(status).toBe(1);
    expect(stderr.trimEnd().split("\n")).toEqual([
      "There is no lesson 17. There are:",
      ...lessons.map(({ number, page }) => `  pnpm lesson ${number}   docs/course/${page}`),
    ]);
  });

  it("says how many programs a lesson has", () => {
    const { status, stderr } = lesson("1", "4");
    expect(status).toBe(1);
    expect(stderr.trimEnd()).toBe("docs/course/01-slope.md has 3 programs; there is no 4.");
  });
});

describe("the tiny GPT", () => {
  it("is printed whole in its lesson", () => {
    const printed = /^```typescript\n(\/\*\* A small GPT[\s\S]*?)^```$/m.exec(lessons[15].text)?.[1];
    expect(printed).toBe(read("tiny-gpt.ts"));
  });
});

describe("the Value in 100 lines", () => {
  const file = read("value-in-100-lines.ts");

  it("has no more than that", () => expect(file.trimEnd().split("\n").length).toBeLessThanOrEqual(100));

  it("is printed whole in the second lesson", () =>
    expect(/^```typescript\n(\/\*\* Backprop[\s\S]*?)^```$/m.exec(lessons[1].text)?.[1]).toBe(file));

  /** A computation: each step takes one or two of the numbers before it. */
  const steps = fc.array(
    fc.record({
      op: fc.constantFrom("add", "sub", "mul", "div", "neg", "exp", "log", "tanh", "sigmoid", "relu", "pow"),
      a: fc.nat(),
      b: fc.nat(),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const inputs = fc.array(fc.double({ min: 0.1, max: 3, noNaN: true }), { minLength: 2, maxLength: 3 });

  /** Runs the steps with either kind of Value, and returns the result and the inputs. */
  function compute(make: (x: number) => Value, given: number[], program: Steps) {
    const leaves = given.map(make);
    const values = leaves.slice();
    for (const { op, a, b } of program) {
      const [x, y] = [values[a % values.length], values[b % values.length]];
      // Square before a logarithm, and tanh before what grows, so that numbers stay where both can be compared.
      if (op === "log" || op === "div") values.push(op === "log" ? x.pow(2).add(1).log() : x.div(y.pow(2).add(1)));
      else if (op === "exp" || op === "sigmoid") values.push(x.tanh()[op]());
      else if (op === "pow") values.push(x.tanh().pow((b % 4) + 1));
      else if (op === "add" || op === "sub") values.push(x[op](y));
      else if (op === "mul") values.push(x.tanh().mul(y));
      else values.push(x[op]());
    }
    // The sum of all, so that nothing is computed in vain.
    return { result: values.reduce((sum, v) => sum.add(v)), leaves };
  }
  /** It has the same methods, and takes the results of the others for its own. */
  const theLibrarys = (x: number) => value(x) as unknown as Value;
  type Steps = typeof steps extends fc.Arbitrary<infer S> ? S : never;

  it("computes the library's values and gradients", () => {
    fc.assert(
      fc.property(inputs, steps, (given, program) => {
        const ours = compute((x) => new Value(x), given, program);
        const theirs = compute(theLibrarys, given, program);
        for (let round = 0; round < 2; round++) {
          ours.result.backward();
          theirs.result.backward();
          expect(ours.result.data).toBeCloseTo(theirs.result.data, 9);
          ours.leaves.forEach((leaf, i) => {
            const expected = theirs.leaves[i].grad;
            expect(Math.abs(leaf.grad - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
          });
        }
      }),
    );
  });

  it.each(["add", "sub", "mul", "div"] as const)("takes plain numbers in %s", (op) => {
    const [ours, theirs] = [new Value(3), value(3)];
    const [a, b] = [ours[op](4), theirs[op](4)];
    a.backward();
    b.backward();
    expect([a.data, ours.grad]).toEqual([b.data, theirs.grad]);
  });
});
