/**
 * What bundlers make of optimizers and models: an eager loop has no compiler in it, a model has.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import * as losses from "@chainrule/losses";
import { lossByName, lossNames } from "@chainrule/losses";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { byEsbuild, byVite, inFiles } from "../../core/test/bundlers.ts";
import * as index from "../src/index.ts";
import { named as metricsByName } from "../src/metrics/named.ts";
import { named } from "../src/optimizers/named.ts";

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

const optimizersByName = named as Readonly<Record<string, (context: object) => unknown>>;

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

  it("of a recurrent layer has what its weights start from", async () => {
    const program = `import { zeros } from ${core};
import { LSTM } from ${nn};
export const result = new LSTM({ units: 2 }).call(zeros([1, 3, 2])).shape;`;
    const code = await bundle(program, folder);
    const { result } = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`);
    expect(result).toEqual([1, 2]);
  });

  it("of an eager loop with SGD has at most 33.7 kB, and no compiler", async () => {
    const code = await bundle(eagerLoop, folder);
    expect(hasCompiler(code)).toBe(false);
    expect(gzipSync(code).length).toBeLessThanOrEqual(33_700);
    const { result } = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`);
    expect(result.every(Number.isFinite)).toBe(true);
  });

  it("of a loop that imports the compiler by its name has its kernels", async () => {
    const compiler = source("../../compiler/src/index.ts");
    expect(hasCompiler(await bundle(`import ${compiler};\n${eagerLoop}`, folder))).toBe(true);
  });
});

/** A training so long that its steps are compiled. */
const trained = `
import { Adam, Dense, Sequential } from ${nn};
const model = new Sequential([new Dense({ units: 8, inputDim: 2, activation: "tanh" }), new Dense({ units: 2 })]);
model.compile({ optimizer: new Adam({ lr: 0.05 }), loss: "crossEntropy", metrics: ["accuracy"] });
const { history } = await model.fit([[0, 1], [1, 0]], [0, 1], { epochs: 2000, batchSize: 1, verbose: 0 });
export const loss = history.loss.at(-1);`;

/** The same training of a convolution and a pool, compiled and not. */
const convolutional = `
import { manualSeed, randn } from ${core};
import { Conv2d, Dense, Flatten, MaxPool2d, Sequential, SGD } from ${nn};
const [x, y] = [randn([8, 1, 6, 6]), randn([8, 1])];
const train = async (jit) => {
  manualSeed(1);
  const layers = [new Conv2d({ filters: 2, kernelSize: 3 }), new MaxPool2d({ kernelSize: 2 }), new Flatten(), new Dense({ units: 1 })];
  const model = new Sequential(layers).compile({ optimizer: new SGD({ lr: 0.01 }), loss: "mse" });
  return (await model.fit(x, y, { epochs: 200, verbose: 0, jit })).history.loss;
};
export const [compiled, eager] = [await train(true), await train(false)];`;

/** The same of attention, whose layer itself asks for what its products gain from. */
const attentive = `
import { manualSeed, randn } from ${core};
import { MultiHeadAttention, Sequential, SGD } from ${nn};
const [x, y] = [randn([4, 5, 8]), randn([4, 5, 8])];
const train = async (jit) => {
  manualSeed(1);
  const model = new Sequential([new MultiHeadAttention({ embedDim: 8, heads: 2 })]).compile({ optimizer: new SGD({ lr: 0.01 }), loss: "mse" });
  return (await model.fit(x, y, { epochs: 200, verbose: 0, jit })).history.loss;
};
export const [compiled, eager] = [await train(true), await train(false)];`;

/** What Node's types have no values for. */
const host = globalThis as unknown as { WebAssembly: { Module: new (code: Uint8Array) => object } };

/** What the code of convolutions and of small products has in it, whatever else is renamed. */
const hasWindows = (code: string) => code.includes("conv.windows");
const hasSmallProducts = (code: string) => code.includes("addSmallProducts");

const gzipped = (texts: readonly string[]) => texts.reduce((sum, text) => sum + gzipSync(text).length, 0);

describe.each([
  ["esbuild", inFiles.esbuild],
  ["vite", inFiles.vite],
])("a classifier with fit in files by %s", (_name, bundle) => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "chainrule-bundle-"));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has at most 84.5 kB, and loads the compiler, at most 68.3 kB, when it is worth it", async () => {
    const { file, atOnce, later, loaded } = await bundle(trained, folder);
    expect(gzipped(atOnce)).toBeLessThanOrEqual(84_500);
    expect(atOnce.some(hasCompiler)).toBe(false);
    const made = vi.spyOn(host.WebAssembly, "Module");
    const { loss } = await import(/* @vite-ignore */ pathToFileURL(file).href);
    expect(made).toHaveBeenCalled();
    expect(loss).toBeLessThan(0.01);
    expect(loaded().some(hasCompiler)).toBe(true);
    expect(gzipped(loaded())).toBeLessThanOrEqual(68_300);
    // Convolutions, pools and small products stay where they are.
    expect(later.some(hasWindows)).toBe(true);
    expect(loaded().some(hasWindows)).toBe(false);
    expect(loaded().some(hasSmallProducts)).toBe(false);
  });

  it("loads the kernels of convolutions and pools where it has layers that want them", async () => {
    const { file, loaded } = await bundle(convolutional, folder);
    const [made, warn] = [vi.spyOn(host.WebAssembly, "Module"), vi.spyOn(console, "warn")];
    const { compiled, eager } = await import(/* @vite-ignore */ pathToFileURL(file).href);
    expect(warn).not.toHaveBeenCalled();
    expect(made).toHaveBeenCalled();
    expect(loaded().some(hasWindows)).toBe(true);
    compiled.forEach((loss: number, epoch: number) => {
      expect(loss).toBeCloseTo(eager[epoch], 4);
    });
  });
});

describe.each([
  ["esbuild", inFiles.esbuild],
  ["vite", inFiles.vite],
])("a transformer's training in files by %s", (_name, bundle) => {
  it("loads what small products gain from, and computes the same", async () => {
    const folder = mkdtempSync(join(tmpdir(), "chainrule-bundle-"));
    const { file, loaded } = await bundle(attentive, folder);
    const warn = vi.spyOn(console, "warn");
    const { compiled, eager } = await import(/* @vite-ignore */ pathToFileURL(file).href);
    rmSync(folder, { recursive: true, force: true });
    expect(warn).not.toHaveBeenCalled();
    expect(loaded().some(hasSmallProducts)).toBe(true);
    compiled.forEach((loss: number, epoch: number) => {
      expect(loss).toBeCloseTo(eager[epoch], 4);
    });
  });
});

describe("a bundle of a classifier", () => {
  it("has all of it in one file where that is wanted: at most 161.6 kB", async () => {
    const code = await byEsbuild(trained);
    expect(gzipSync(code).length).toBeLessThanOrEqual(161_600);
    expect(hasCompiler(code)).toBe(true);
  });
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

  it("says of names that it has left out what to import, which is what they stand for", async () => {
    const code = await byEsbuild(`
      import { Dense, Sequential } from ${nn};
      const compile = (options) => {
        try {
          new Sequential([new Dense(2)]).compile({ optimizer: "sgd", loss: "mse", ...options });
        } catch (error) {
          return error.message;
        }
      };
      export const said = { compile, initializer: (kernelInitializer) => {
        try {
          new Dense({ units: 2, kernelInitializer });
        } catch (error) {
          return error.message;
        }
      } };`);
    const { said } = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`);
    const kinds = { optimizer: Object.keys(optimizersByName), metrics: Object.keys(metricsByName), loss: lossNames() };
    const leftOut: string[] = [];
    for (const [option, names] of Object.entries(kinds))
      for (const name of names) {
        const message: string | undefined = said.compile({ [option]: option === "metrics" ? [name] : name });
        if (message === undefined) continue;
        leftOut.push(name);
        const [, imported, written] = /import \{ (\w+) \} from "chainrule", and give (.*)\.$/.exec(message) ?? [];
        expect(imported, message).toBeDefined();
        const found = (index as Record<string, unknown>)[imported] ?? (losses as Record<string, unknown>)[imported];
        if (option === "loss") expect(lossByName(name)).toBe(found);
        else {
          const Class = found as new (options?: object) => unknown;
          const given = new Class(written.includes("lr: 0.001") ? { lr: 0.001 } : undefined);
          const byName = (option === "optimizer" ? optimizersByName : metricsByName)[name]({});
          expect(given).toStrictEqual(byName);
          expect((given as { options?: unknown }).options).toEqual((byName as { options?: unknown }).options);
        }
      }
    expect(leftOut).toContain("lion");
    expect(leftOut).toContain("r2");
    expect(leftOut).toContain("hinge");
    expect(said.initializer("orthogonal")).toMatch(/import \{ initializers \}.*initializers\.orthogonal\(\)/);
    // What most models ask for is there.
    for (const name of [
      "sgd",
      "rmsprop",
      "adam",
      "adamw",
      "accuracy",
      "precision",
      "recall",
      "auc",
      "f1",
      "mse",
      "mae",
    ])
      expect(leftOut).not.toContain(name);
    for (const name of ["crossEntropy", "binaryCrossEntropy", "categoricalCrossEntropy", "mse", "mae", "huber"])
      expect(leftOut).not.toContain(name);
  });

  it("has them where it calls diagnose, and fit looks by them", async () => {
    const code = await byEsbuild(classifier("diagnose(model, [[[0, 1], [1, 0]], [0, 2]]);"));
    expect(await said(code)).toMatch(/^fit: softmax-before-logits-loss/);
  });
});
