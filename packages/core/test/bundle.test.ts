/**
 * What bundlers make of the package: scalar values alone stay small, and whoever has a tensor has its methods.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { byEsbuild, byVite } from "./bundlers.ts";

const index = fileURLToPath(new URL("../src/index.ts", import.meta.url));

describe.each([
  ["esbuild", byEsbuild],
  ["vite", byVite],
])("a bundle by %s", (_name, bundle) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "chainrule-bundle-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const code = (names: string, result: string) =>
    bundle(`import { ${names} } from ${JSON.stringify(index)};\nexport const result = ${result};`, folder);
  const run = async (names: string, result: string) => {
    const url = `data:text/javascript,${encodeURIComponent(await code(names, result))}`;
    return (await import(/* @vite-ignore */ url)).result;
  };

  it("of a scalar value has 2.5 kB, and it differentiates", async () => {
    const text = await code("value", "(() => { const x = value(3); x.mul(x).backward(); return x.grad; })()");
    expect(gzipSync(text).length).toBeLessThanOrEqual(2500);
    expect(await run("value", "(() => { const x = value(3); x.mul(x).backward(); return x.grad; })()")).toBe(6);
  });

  it.each([
    ["tensor", "tensor([1]).add(1).item()", 2],
    ["add", "add([1], [2]).mul(2).item()", 6],
    ["grad", "grad((x) => x.square().sum())([3]).item()", 6],
    ["parameter", "(() => { const w = parameter(3); w.square().backward(); return w.grad.item(); })()", 6],
    ["zeros", "zeros([2, 3]).T.shape.join()", "3,2"],
    ["randn", "randn([2]).mul(0).sum().item()", 0],
    ["Tensor", "typeof Tensor.prototype.matmul", "function"],
  ])("that imports %s has the methods of tensors", async (name, result, expected) => {
    expect(await run(name, result)).toBe(expected);
  });
});

describe("what tells bundlers of the methods", () => {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

  it("names the same modules in the source and in what is published", () => {
    const { sideEffects } = JSON.parse(read("package.json"));
    const published = (paths: string[]) => paths.map((path) => path.replace("./src/", "./dist/").replace(".ts", ".js"));
    const sources = sideEffects.filter((path: string) => path.startsWith("./src/"));
    expect(sources).toEqual(["./src/methods.ts", "./src/names-elsewhere.ts", "./src/tensors.ts"]);
    expect(sideEffects.slice(sources.length)).toEqual(published(sources));
  });

  it("is that tensors.ts lists each name", () => {
    expect(read("src/tensors.ts")).toMatch(/^import ".\/methods.ts";$/m);
    expect(read("src/tensors.ts")).not.toMatch(/^export \*/m);
  });
});
