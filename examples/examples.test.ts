/**
 * Every example is run as a user would run it, and must print what its closing comment says it prints: words to the
 * letter, numbers to the tolerance below, `…` for whatever stands between. An example whose comment starts with
 * "Output of --quick" is run with that flag. Where an example prints a goal, "98.9% (goal: at least 98.5%)", it must
 * have reached it.
 *
 * `RUNTIME="deno run -A"` has another program than Node run them.
 *
 * With `WITHOUT_WEBASSEMBLY=1` they are run in a Node that has none, so that every step is run uncompiled; those that
 * would then take minutes are left out.
 */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { env, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** How a program is run: by Node, which tsx reads TypeScript for, unless told otherwise. */
const [command, ...engineFlags] = env.RUNTIME?.split(" ") ?? [
  execPath,
  ...(env.WITHOUT_WEBASSEMBLY ? ["--no-expose-wasm"] : []),
  ...["--import", "tsx"],
];

const folder = fileURLToPath(new URL(".", import.meta.url));
/** Convolutions, recurrences and attention without WebAssembly: more than a minute each. */
const longUncompiled = /^(10|11|12|13|14|15|17|18|20|21|29)-/;
const files = readdirSync(folder).filter(
  (file) => /^\d\d-.*\.ts$/.test(file) && !(env.WITHOUT_WEBASSEMBLY && longUncompiled.test(file)),
);

const number = /(?<![A-Za-z_])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;

const goal = /(-?\d+(?:\.\d+)?)%?[^\d]*\(goal: at (least|most) (-?\d+(?:\.\d+)?)/g;

/** What `fit` finds wrong with a training. */
const diagnosis = /^fit: [a-z-]+[,:].*/m;

/** The closing comment's lines, and the flags to run with. */
function expectedOutput(source: string): { lines: string[]; flags: string[] } {
  const comment = /\/\* Output( of --quick)?:\n([\s\S]*?)\*\/\s*$/.exec(source);
  if (!comment) throw new Error("the example does not end with a comment that starts with /* Output:");
  return {
    lines: comment[2]
      .replace(/^ \* ?/gm, "")
      .trimEnd()
      .split("\n"),
    flags: comment[1] ? ["--quick"] : [],
  };
}

/** The strokes of curves: where a number differs in its last digits, so may these. */
const curve = /[┏┓┗┛━═╍╏║╔╗╚╝]/;

/** Whether two lines say the same, their numbers to 10% or 0.05; of curves, whether there is one. */
function alike(expected: string, actual: string): boolean {
  if (curve.test(expected) && curve.test(actual)) return true;
  if (expected.replace(number, "#").trim() !== actual.replace(number, "#").trim()) return false;
  const found = actual.match(number) ?? [];
  return (expected.match(number) ?? []).every((text, i) => {
    const [a, b] = [Number(text), Number(found[i])];
    return Math.abs(a - b) <= Math.max(0.05, 0.1 * Math.abs(a));
  });
}

function compareOutput(expected: string[], actual: string[]): void {
  let at = 0;
  let skipping = false;
  for (const line of expected) {
    if (line.trim() === "…") {
      skipping = true;
      continue;
    }
    if (skipping) while (at < actual.length && !alike(line, actual[at])) at++;
    expect(at < actual.length && alike(line, actual[at]), `expected the line\n${line}\ngot\n${actual[at]}`).toBe(true);
    at++;
    skipping = false;
  }
  if (!skipping) expect(actual.slice(at).filter((line) => line.trim() !== "")).toEqual([]);
}

describe("the examples", () => {
  it.concurrent.each(files)("%s prints what its comment says", { timeout: 300_000 }, async (file) => {
    const { lines, flags } = expectedOutput(readFileSync(folder + file, "utf8"));
    const { stdout, stderr } = await promisify(execFile)(command, [...engineFlags, folder + file, ...flags], {
      cwd: folder,
      env: { ...env, NO_COLOR: "1", FORCE_COLOR: undefined },
      maxBuffer: 1 << 24,
    });
    compareOutput(lines, stdout.trimEnd().split("\n"));
    expect(stderr.match(diagnosis), "of a sound program fit says nothing").toBeNull();
    for (const [text, reached, bound, wanted] of stdout.matchAll(goal))
      if (bound === "least") expect(Number(reached), text).toBeGreaterThanOrEqual(Number(wanted));
      else expect(Number(reached), text).toBeLessThanOrEqual(Number(wanted));
  });
});
