import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { create } from "../create.js";

let from: string;
beforeEach(() => {
  from = mkdtempSync(join(tmpdir(), "chainrule-create-"));
});
afterEach(() => rmSync(from, { recursive: true }));

const read = (...path: string[]) => JSON.parse(readFileSync(join(from, ...path), "utf8"));
const versionOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../${name}/package.json`, import.meta.url), "utf8")).version;

describe("npm create chainrule", () => {
  it("makes a project and says what to type next", () => {
    expect(create(["models/My First Model!"], from)).toContain('cd "models/My First Model!"');
    const { name, type, scripts, dependencies } = read("models/My First Model!/package.json");
    expect([name, type, scripts.start]).toEqual(["my-first-model", "module", "node train.js"]);
    expect(dependencies).toEqual({ chainrule: `^${versionOf("chainrule")}` });
    expect(readdirSync(join(from, "models/My First Model!")).sort()).toEqual(
      [".gitignore", "README.md", "model.js", "model.test.js", "package.json", "train.js", "tsconfig.json"].sort(),
    );
  });

  it("takes the folder where one is, if there is at most git's in it", () => {
    mkdirSync(join(from, ".git"));
    expect(create(["."], from)).not.toContain("cd ");
    expect(existsSync(join(from, "train.js"))).toBe(true);
  });

  it.each([["chainrule"], ["模型"], ["___"]])("gives a project in %s a name that npm takes", (folder) => {
    create([folder], from);
    expect(read(folder, "package.json").name).toBe("my-model");
  });

  it("refuses a folder with something in it, and leaves it as it is", () => {
    create(["a"], from);
    writeFileSync(join(from, "a/train.js"), "mine");
    expect(() => create(["a"], from)).toThrow(/new or empty.*7 in it, such as .*Nothing was written/);
    expect(readFileSync(join(from, "a/train.js"), "utf8")).toBe("mine");
  });

  it.each([
    [[], /name of the new project's folder, got none.*npm create chainrule@latest my-model/s],
    [["my", "model"], /Expected one folder, got 2: my, model\. Try "my-model"/],
    [["--template", "x"], /There is no option --template/],
  ])("refuses the arguments %j", (given, said) => {
    expect(() => create(given, from)).toThrow(said);
    expect(readdirSync(from)).toEqual([]);
  });

  it("refuses a file's name", () => {
    writeFileSync(join(from, "notes"), "");
    expect(() => create(["notes"], from)).toThrow(/got the file notes/);
  });
});
