/**
 * What bundlers make of optimizers and models: an eager loop has no compiler in it, a model has.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
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

const classifier = (rest: string) => `
import { Dense, diagnose, Sequential } from ${nn};
const model = new Sequential([new Dense({ units: 3, inputDim: 2, activation: "softmax" })]);
model.compile({ optimizer: "sgd", loss: "crossEntropy" });
${rest}
await model.fit([[0, 1], [1, 0]], [0, 2], { epochs: 2, diagnose: true });`;

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

describe("a bundle of a classifier", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const said = async (code: string) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`);
    return warn.mock.calls.map(([line]) => String(line)).join("\n");
  };

  it("has no rules of the diagnosis, which fit says where it is asked for it", async () => {
    const code = await byEsbuild(classifier(""));
    expect(code).not.toContain("softmax-before-logits-loss");
    expect(await said(code)).toMatch(/^fit, diagnose: this bundle has left the rules out/);
  });

  it("has them where it calls diagnose, and fit looks by them", async () => {
    const code = await byEsbuild(classifier("diagnose(model, [[[0, 1], [1, 0]], [0, 2]]);"));
    expect(await said(code)).toMatch(/^fit: softmax-before-logits-loss/);
  });
});
