/**
 * In a browser the package has no terminal, no files and no signals, and does not ask for them.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const folder = new URL("../../", import.meta.url);
const bundle = build({
  stdin: {
    contents: 'export * from "./src/index.ts";',
    resolveDir: fileURLToPath(folder),
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

describe("a bundle for browsers", () => {
  it("is made alike of the source and of what is published", () => {
    const { browser, publishConfig } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
    const published = JSON.stringify(browser).replaceAll("./src/", "./dist/").replaceAll(".ts", ".js");
    expect(JSON.stringify(publishConfig.browser)).toBe(published);
  });

  it("has neither cli-progress nor modules of Node", async () => {
    const { metafile, outputFiles } = await bundle;
    const inputs = Object.keys(metafile.inputs);
    expect(inputs.some((path) => path.endsWith("progress-none.ts"))).toBe(true);
    expect(inputs.filter((path) => /cli-progress|progress-terminal/.test(path))).toEqual([]);
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    expect(imports).toEqual([]);
    const [{ text }] = outputFiles;
    expect(text).not.toMatch(/require\(["']|from ["']node:|import\(["']node:/);
  });

  it("trains where there is no process", async () => {
    const [{ text }] = (await bundle).outputFiles;
    const context: Record<string, unknown> = { performance, MessageChannel, console };
    context.globalThis = context;
    const program = `${text}
      (async () => {
        const { Dense, Sequential, SGD, CSVLogger } = chainrule;
        const model = new Sequential([new Dense({ units: 1, inputDim: 1 })]);
        model.compile({ optimizer: new SGD({ lr: 0.01 }), loss: "mse" });
        const { history, interrupted } = await model.fit([[1], [2]], [2, 4], { epochs: 300, batchSize: 1, verbose: "auto" });
        let refused = "";
        try { new CSVLogger("training.csv"); } catch (error) { refused = error.message; }
        return JSON.stringify({ process: typeof process, epochs: history.loss.length, interrupted, refused });
      })()`;
    const found = JSON.parse(await runInNewContext(program, context));
    expect(found).toMatchObject({ process: "undefined", epochs: 300, interrupted: false });
    expect(found.refused).toMatch(/CSVLogger: expected a file system, got none, as in browsers/);
  });
});
