import { readdirSync, readFileSync } from "node:fs";
import * as everything from "chainrule";
import { transform } from "esbuild";
import { describe, expect, it } from "vitest";
import { collection, wordOf } from "./collection.ts";
import { choicesFor, faults, nothing } from "./faults.ts";
import { scriptOf, wholeScript } from "./program-text.ts";

const root = new URL("../../../../", import.meta.url);
const helpers = readFileSync(new URL("packages/nn/test/diagnose/everything.ts", root), "utf8");
const rules = [...readFileSync(new URL("docs/diagnose.md", root), "utf8").matchAll(/^### ([a-z-]+)$/gm)].map(
  ([, rule]) => rule,
);

describe("the gallery", () => {
  it("has every broken program, each under a word of its own", () => {
    const broken = readdirSync(new URL("packages/nn/test/diagnose/broken/", root));
    expect(
      collection
        .filter(({ told }) => told !== null)
        .map(({ name }) => `${name}.ts`)
        .sort(),
    ).toEqual(broken.sort());
    expect(new Set(collection.map(({ id }) => id)).size).toBe(collection.length);
    expect(collection.filter(({ told }) => told === null).length).toBeGreaterThan(20);
    expect(wordOf("adam-of-1e-10")).toMatch(/^[0-9a-z]{6}$/);
  });

  it("has a sentence for every rule, and for nothing else", () => {
    expect(Object.keys(faults).sort(), "`faults` wants a sentence for each rule").toEqual(rules.sort());
  });

  it("offers what is wrong among four others, the same each time", () => {
    for (const { id, told } of collection) {
      const choices = choicesFor(id, told);
      expect(choices.length).toBe(5);
      expect(new Set(choices).size).toBe(5);
      expect(choices).toContain(told ?? nothing);
      expect(choicesFor(id, told)).toEqual(choices);
    }
    const places = collection.flatMap(({ id, told }) => (told ? [choicesFor(id, told).indexOf(told)] : []));
    for (let place = 0; place < 4; place++) expect(places.filter((at) => at === place).length).toBeGreaterThan(10);
  });

  it.each(collection.map(({ name, source }) => [name, source]))(
    "%s is a script that stands by itself",
    async (_name, source) => {
      const whole = wholeScript(source, helpers);
      const { code } = await transform(whole, { loader: "ts", format: "esm", target: "es2022" });
      expect(code).toContain("diagnose(");
      const [, names] = /import \{ (.*?) \} from "chainrule"/.exec(whole) ?? [];
      for (const name of names.split(", ").filter((each) => !each.startsWith("type ")))
        expect(everything, name).toHaveProperty(name);
      expect(whole).not.toContain("Program");
      expect(scriptOf(source, helpers).body).toMatch(/model\.fit\(|optimizer\.step\(\)|\bstep\(\);/);
    },
  );
});
