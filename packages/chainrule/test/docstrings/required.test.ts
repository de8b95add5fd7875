/**
 * Everything public has a doc comment, which is what an editor shows for it.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Declaration, exportsOf, membersOf, saysNothing } from "./sources.ts";

const packages = fileURLToPath(new URL("../../..", import.meta.url));
const folders = readdirSync(packages).filter(
  (name) => !["testing", "chainrule"].includes(name) && existsSync(join(packages, name, "src/index.ts")),
);

const without = (all: Iterable<Declaration>) =>
  [...all].filter(saysNothing).map(({ name, file, line }) => `${name} (${file.slice(packages.length)}:${line})`);

describe("doc comments", () => {
  it.each(folders)("stand before everything that %s exports", async (folder) => {
    const found = exportsOf(join(packages, folder, "src/index.ts"));
    const module = await import(join(packages, folder, "src/index.ts"));
    const values = Object.keys(module).filter((name) => ![...found.keys()].some((key) => key.startsWith(`${name}.`)));
    expect(values.filter((name) => !found.has(name))).toEqual([]);
    expect(without(found.values())).toEqual([]);
  });

  const core = join(packages, "core/src");
  const ofTensor = [
    ...membersOf(join(core, "tensor/tensor.ts"), "Tensor"),
    ...membersOf(join(core, "tensor/parameter.ts"), "Parameter").filter(({ isOverride }) => !isOverride),
    ...membersOf(join(core, "methods.ts"), "TensorMethods"),
  ];

  it("stand before every member of Tensor", async () => {
    const { Tensor } = await import("@chainrule/core");
    const names = Object.getOwnPropertyNames(Tensor.prototype).filter((name) => !["constructor", "T"].includes(name));
    expect(names.filter((name) => !ofTensor.some((found) => found.name.endsWith(`.${name}`)))).toEqual([]);
    expect(without(ofTensor)).toEqual([]);
  });

  it("of the methods of Tensor have an example with its result", () => {
    const methods = membersOf(join(core, "methods.ts"), "TensorMethods");
    expect(methods.length).toBeGreaterThan(100);
    expect(methods.filter(({ comment }) => !/^@example .*; \/\/ ./m.test(comment!)).map(({ name }) => name)).toEqual(
      [],
    );
  });
});
