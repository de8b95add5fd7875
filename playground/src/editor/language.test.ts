import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { declarationTexts } from "../../build/declarations.ts";
import { createLanguage, type Language } from "./language.ts";

let language: Language;

beforeAll(async () => {
  const [library, words] = await Promise.all([
    declarationTexts["virtual:chainrule-declarations"](),
    declarationTexts["virtual:language-declarations"](),
  ]);
  language = createLanguage({ library: JSON.parse(library), language: JSON.parse(words) });
}, 120_000);

const mistakes = (text: string) =>
  language.mistakes(text).map(({ from, message }) => `${text.slice(0, from).split("\n").length}: ${message}`);

/** A text with `|` where the cursor is. */
function at(marked: string): [text: string, position: number] {
  return [marked.replace("|", ""), marked.indexOf("|")];
}

describe("TypeScript on a program", () => {
  it("finds nothing in sound ones, whatever they use", () => {
    expect(
      mistakes(
        'import { tensor } from "chainrule";\nconst x = tensor([1, 2]).mul(2);\nconsole.log(x.sum().item());\nshow(x);\n',
      ),
    ).toEqual([]);
    expect(
      mistakes('import type { Tensor } from "@chainrule/core";\nexport default (x: Tensor) => x.relu();\n'),
    ).toEqual([]);
    expect(mistakes("const wait = await new Promise((done) => setTimeout(done, 5));\nexport {};")).toEqual([]);
    expect(mistakes("const f = (a, b) => a + b;\nexport default f;")).toEqual([]);
    const folder = new URL("../rooms/write-a-loss/examples/", import.meta.url);
    for (const name of readdirSync(folder))
      expect(mistakes(readFileSync(new URL(name, folder), "utf8")), name).toEqual([]);
    expect(mistakes(readFileSync(new URL("../rooms/program/two-moons.txt", import.meta.url), "utf8"))).toEqual([]);
  });

  it("finds mistakes, with the library's types", () => {
    expect(mistakes('import { tensr } from "chainrule";\ntensr(1);')[0]).toMatch(
      /^1: .*no exported member named 'tensr'. Did you mean 'tensor'/,
    );
    expect(mistakes('import { tensor } from "chainrule";\n\ntensor([1]).mul(new Date());')[0]).toMatch(/^3: .*'Date'/);
    expect(mistakes("process.stdout.write('x');")[0]).toMatch(/^1: Cannot find name 'process'\.$/);
    expect(mistakes("document.body")[0]).toMatch(/^1: Cannot find name 'document'/);
    expect(mistakes("const a = ;")[0]).toMatch(/^1: Expression expected/);
    expect(mistakes('import { readFile } from "node:fs";')[0]).toMatch(/^1: Cannot find name 'node:fs'\.$/);
  });

  it("completes names, methods and options", () => {
    const labels = (marked: string) => language.completions(...at(marked))?.list.map(({ label }) => label) ?? [];
    expect(labels('import { cros| } from "chainrule";')).toContain("crossEntropy");
    expect(labels('import { tensor } from "chainrule";\ntensor([1]).ma|')).toEqual(
      expect.arrayContaining(["matmul", "max", "maximum"]),
    );
    expect(labels('import { Adam } from "chainrule";\nnew Adam({ | });')).toEqual(
      expect.arrayContaining(["lr", "betas"]),
    );
    expect(labels("sho|")).toContain("show");
    const found = language.completions(...at('import { tensor } from "chainrule";\ntensor([1]).ma|'));
    expect(found?.from).toBe(at('import { tensor } from "chainrule";\ntensor([1]).ma|')[1] - 2);
  });

  it("explains names with their documentation", () => {
    const found = language.explain(...at('import { sof|tplus } from "chainrule";'));
    expect(found?.code).toContain("softplus");
    expect(found?.words).toMatch(/log\(1 \+/);
    expect(language.describe(...at('import { huber| } from "chainrule";'), "huber")?.code).toContain("huber");
    expect(language.explain(...at("1 +| 2"))).toBeNull();
  });
});
