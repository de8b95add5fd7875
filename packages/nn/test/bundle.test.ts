/**
 * What bundlers make of optimizers and models: an eager loop has no compiler in it, a model has.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { byEsbuild, byVite } from "../../core/test/bundlers.ts";

const source = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));
const core = source("../../core/src/index.ts");
const nn = source("../src/index.ts");

const eagerLoop = `
import { parameter, tensor } from ${core};
import { SGD } from ${nn};
const w = parameter([1, 2]);
const optimizer = new SGD([w], { lr: 0.1 });
for (let i = 0; i < 3; i++) {
  optimizer.zeroGrad();
  tensor([[1, 2], [3, 4]]).matmul(w).square().mean().backward();
  optimizer.step();
}
export const result = w.toArray();`;

/** Nothing but the compiler asks the host for WebAssembly. */
const hasCompiler = (code: string) => code.includes("WebAssembly");

describe.each([
  ["esbuild", byEsbuild],
  ["vite", byVite],
])("a bundle by %s", (_name, bundle) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "chainrule-bundle-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("of an eager loop with SGD has at most 40 kB, and no compiler", async () => {
    const code = await bundle(eagerLoop, folder);
    expect(hasCompiler(code)).toBe(false);
    expect(gzipSync(code).length).toBeLessThanOrEqual(40_000);
    const { result } = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`);
    expect(result.every(Number.isFinite)).toBe(true);
  });

  it("of a loop that imports the compiler by its name has its kernels", async () => {
    const compiler = source("../../compiler/src/index.ts");
    expect(hasCompiler(await bundle(`import ${compiler};\n${eagerLoop}`, folder))).toBe(true);
  });
});
