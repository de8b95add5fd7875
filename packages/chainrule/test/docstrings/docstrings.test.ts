/**
 * Everything public has a doc comment, which is what an editor shows for it; every example in one runs, and gives what
 * the comment behind it says.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as chainrule from "chainrule";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { examplesOf, runExample } from "./examples.ts";
import { given } from "./given.ts";
import { type Declaration, exportsOf, membersOf, saysNothing } from "./sources.ts";

const packages = fileURLToPath(new URL("../../..", import.meta.url));
const published = readdirSync(packages).filter(
  (name) => name !== "testing" && existsSync(join(packages, name, "src/index.ts")),
);
const folders = readdirSync(packages).filter(
  (name) => !["testing", "chainrule"].includes(name) && existsSync(join(packages, name, "src/index.ts")),
);

const without = (all: Iterable<Declaration>) =>
  [...all].filter(saysNothing).map(({ name, file, line }) => `${name} (${file.slice(packages.length)}:${line})`);

const files = published.flatMap((name) =>
  readdirSync(join(packages, name, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => join(packages, name, "src", file))
    .sort(),
);
const examples = files.flatMap((file) => examplesOf(file));

const isPublic = new Set(
  folders.flatMap((name) => [...exportsOf(join(packages, name, "src/index.ts")).values()].map(({ file }) => file)),
);

describe("the examples in doc comments", () => {
  const before = process.cwd();
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "chainrule-examples-"));
    symlinkSync(join(packages, "../examples"), join(folder, "examples"));
    process.chdir(folder);
    vi.spyOn(console, "log").mockImplementation(() => {});
    mkdirSync("mnist");
    for (const part of ["train", "t10k"]) {
      await chainrule.writeIdx(`mnist/${part}-images-idx3-ubyte.gz`, chainrule.zeros([2, 28, 28]), { type: "ubyte" });
      await chainrule.writeIdx(`mnist/${part}-labels-idx1-ubyte.gz`, chainrule.zeros([2]), { type: "ubyte" });
    }
  });
  afterAll(() => {
    vi.restoreAllMocks();
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    chainrule.manualSeed(0);
  });

  let compared = 0;
  for (const example of examples)
    it(`${relative(packages, example.file)}:${example.line}`, async () => {
      const shared = given();
      // Examples of what is public use public names alone.
      const own = isPublic.has(example.file) ? {} : await import(example.file);
      const everything: Record<string, unknown> = { ...chainrule, ...own };
      compared += (await runExample(example, (name) => shared(name) ?? everything[name])).compared;
    });

  it("say what comes out", () => expect(compared).toBeGreaterThan(200));
});

describe("doc comments", () => {
  const methods = membersOf(join(packages, "core/src/methods.ts"), "TensorMethods");

  it.each(folders)("stand before everything that %s exports", async (folder) => {
    const found = exportsOf(join(packages, folder, "src/index.ts"));
    const module = await import(join(packages, folder, "src/index.ts"));
    const values = Object.keys(module).filter((name) => ![...found.keys()].some((key) => key.startsWith(`${name}.`)));
    expect(values.filter((name) => !found.has(name))).toEqual([]);
    expect(without(found.values())).toEqual([]);
  });

  // Most members of nn's classes are options, which their interface describes, and `forward`, which the class does.
  it.each(folders.filter((folder) => folder !== "nn"))("stand before every member of the classes of %s", (folder) => {
    const classes = [...exportsOf(join(packages, folder, "src/index.ts")).values()].filter(
      ({ kind }) => kind === "class",
    );
    const members = classes.flatMap(({ file, name }) => membersOf(file, name));
    expect(without(members.filter(({ isOverride }) => !isOverride))).toEqual([]);
  });

  it("stand before every method of Tensor", () => {
    const found = [...membersOf(join(packages, "core/src/tensor/tensor.ts"), "Tensor"), ...methods];
    const names = Object.getOwnPropertyNames(chainrule.Tensor.prototype);
    // What tensors have under another name says so, and is no part of what is documented.
    const isElsewhere = (name: string) => {
      const { get, set } = Object.getOwnPropertyDescriptor(chainrule.Tensor.prototype, name)!;
      if (set && !get) return true;
      try {
        const member = (chainrule.tensor([1]) as unknown as Record<string, unknown>)[name];
        return typeof member === "function" && String(member).includes("refuse(");
      } catch (error) {
        return String(error).includes("something that tensors have");
      }
    };
    const others = names.filter(
      (name) => !found.some((member) => member.name.endsWith(`.${name}`)) && !isElsewhere(name),
    );
    expect(others).toEqual(["constructor", "T"]);
    expect(without(methods)).toEqual([]);
  });

  it("of the methods of Tensor have an example with its result", () => {
    expect(methods.length).toBeGreaterThan(100);
    expect(methods.filter(({ comment }) => !/^@example .*; \/\/ ./m.test(comment!)).map(({ name }) => name)).toEqual(
      [],
    );
  });
});
