/**
 * Every example of a doc comment runs, and gives what the comment behind it says.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as chainrule from "chainrule";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { examplesOf, runExample } from "./examples.ts";
import { given } from "./given.ts";

const packages = fileURLToPath(new URL("../../..", import.meta.url));
const published = readdirSync(packages).filter((name) => name !== "testing");
const files = published.flatMap((name) =>
  readdirSync(join(packages, name, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => join(packages, name, "src", file))
    .sort(),
);
const examples = files.flatMap((file) => examplesOf(file));

describe("the examples in doc comments", () => {
  const before = process.cwd();
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "chainrule-examples-"));
    symlinkSync(join(packages, "../examples"), join(folder, "examples"));
    process.chdir(folder);
    mkdirSync("mnist");
    for (const part of ["train", "t10k"]) {
      await chainrule.writeIdx(`mnist/${part}-images-idx3-ubyte.gz`, chainrule.zeros([2, 28, 28]), { type: "ubyte" });
      await chainrule.writeIdx(`mnist/${part}-labels-idx1-ubyte.gz`, chainrule.zeros([2]), { type: "ubyte" });
    }
  });
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    chainrule.manualSeed(0);
  });

  let compared = 0;
  for (const example of examples)
    it(`${relative(packages, example.file)}:${example.line}`, async () => {
      const own = await import(example.file);
      const shared = given();
      const everything: Record<string, unknown> = { ...chainrule, ...own };
      compared += (await runExample(example, (name) => shared(name) ?? everything[name])).compared;
    });

  it("say what comes out", () => expect(compared).toBeGreaterThan(200));
});
