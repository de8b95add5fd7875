/**
 * In a browser there are no files: what works with bytes works there, and the rest says what to do instead.
 */
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { Dense, Sequential } from "@chainrule/nn";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { encodeModel } from "./index.ts";

const bundle = build({
  stdin: {
    contents: `
      export * from "@chainrule/nn";
      export { randn, tensor } from "@chainrule/core";
      export { StandardScaler } from "@chainrule/data";
      export * from "./src/index.ts";`,
    resolveDir: fileURLToPath(new URL("..", import.meta.url)),
    loader: "ts",
  },
  platform: "browser",
  bundle: true,
  write: false,
  metafile: true,
  format: "iife",
  globalName: "chainrule",
  logLevel: "silent",
});

/** Runs the body of an async function there, and returns what it returns. */
async function inBrowser(body: string): Promise<unknown> {
  const [{ text }] = (await bundle).outputFiles;
  const names = { performance, MessageChannel, console, TextEncoder, TextDecoder, crypto, Blob, Response, URL, fetch };
  const context: Record<string, unknown> = { ...names, CompressionStream, DecompressionStream };
  context.globalThis = context;
  const program = `${text}
    (async () => {
      const message = (f) => Promise.resolve().then(f).then(() => "no error", (error) => error.message);
      const c = chainrule;
      const x = c.tensor([[1, 2], [3, 4]]);
      const make = () => new c.Sequential([new c.Dense({ units: 3, inputDim: 2 }), new c.Dense(1)]).compile({ optimizer: "adam", loss: "mse" });
      ${body}
    })().then(JSON.stringify)`;
  return JSON.parse(await runInNewContext(program, context));
}

describe("a bundle for browsers", () => {
  it("asks for no modules of Node", async () => {
    const { metafile, outputFiles } = await bundle;
    expect(Object.values(metafile.outputs).flatMap((output) => output.imports)).toEqual([]);
    expect(outputFiles[0].text).not.toMatch(/require\(["']|from ["']node:|import\(["']node:/);
  });

  it("has models, parts and tensors as bytes, there and back", async () => {
    const found = await inBrowser(`
      const model = make();
      await model.fit(x, [[1], [2]], { epochs: 3 });
      const scaler = new c.StandardScaler().fit(x);
      const bytes = c.encodeModel(model, { optimizerState: true });
      const same = c.parseModel(bytes);
      const parts = c.parseAll(c.encodeAll({ model, scaler, classes: ["a"] }));
      const other = make();
      const { loaded } = await c.loadWeights(other, bytes);
      const { tensors } = c.parseSafetensors(c.encodeSafetensors({ x }));
      const npz = c.parseNpz(c.encodeNpz({ x }, { compress: true }));
      const remote = await c.loadModel("data:application/octet-stream;base64," + toBase64(bytes));
      function toBase64(b) {
        const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let text = "";
        for (let i = 0; i < b.length; i += 3) {
          const word = (b[i] << 16) | ((b[i + 1] ?? 0) << 8) | (b[i + 2] ?? 0);
          for (let j = 0; j < 4; j++) text += i + j > b.length ? "=" : digits[(word >> (18 - 6 * j)) & 63];
        }
        return text;
      }
      const wanted = JSON.stringify(model.predict(x).toArray());
      return {
        isNode: typeof process !== "undefined",
        same: [same, parts.model, other, remote].map((each) => JSON.stringify(each.predict(x).toArray()) === wanted),
        iterations: same.optimizer.iterations,
        scaled: parts.scaler.transform(x).toArray(),
        loaded: loaded.length,
        arrays: [tensors.x, npz.x, c.parseNpy(c.encodeNpy(x))].map((each) => each.toArray()),
      };`);
    const rows = [
      [1, 2],
      [3, 4],
    ];
    expect(found).toEqual({
      isNode: false,
      same: [true, true, true, true],
      iterations: 3,
      scaled: [
        [-1, -1],
        [1, 1],
      ],
      loaded: 4,
      arrays: [rows, rows, rows],
    });
  });

  it("knows every loss by which a model that it reads was compiled", async () => {
    for (const loss of ["hinge", "ctc", "quantile"] as const) {
      const model = new Sequential([new Dense({ units: 1, inputDim: 1 })]).compile({ optimizer: "lion", loss });
      const bytes = JSON.stringify([...encodeModel(model)]);
      const found = await inBrowser(
        `const { loss } = c.parseModel(new Uint8Array(${bytes})).compileOptions; return loss.lossName ?? loss;`,
      );
      expect(found).toBe(loss);
    }
  });

  it("says what to do where files are asked for", async () => {
    const found = (await inBrowser(`
      const model = make();
      return Promise.all([
        () => model.save("a.safetensors"),
        () => c.saveAll("a.safetensors", { model }),
        () => c.saveWeights(model, "a.safetensors"),
        () => model.fit(x, [[1], [2]], { checkpoint: "runs/a" }),
        () => c.latestCheckpoint("runs/a"),
        () => model.fit(x, [[1], [2]], { callbacks: [new c.ModelCheckpoint("models")] }),
      ].map(message));`)) as string[];
    for (const said of found.slice(0, 3))
      expect(said).toMatch(/expected Node, which has files, got a browser\.\n {2}Make the bytes/);
    for (const said of found.slice(3, 5))
      expect(said).toMatch(/expected Node, which has files, got a browser\.\n {2}In a page keep encodeModel/);
    expect(found[5]).toMatch(/ModelCheckpoint: expected a file system, got none, as in browsers/);
  });
});
