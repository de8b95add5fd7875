/**
 * What programs carry that explain nothing: no formulas, and nothing of this package.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("../../chainrule", import.meta.url));

async function bundled(contents: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: folder, loader: "ts" },
    ...{ bundle: true, write: false, metafile: true, format: "esm", platform: "browser", logLevel: "error" },
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  const used = Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []));
  return { text: outputFiles[0].text, used };
}

it("are without formulas, and without this package", { timeout: 120_000 }, async () => {
  const training = `import { Dense, graphSvg, mse, Sequential } from "chainrule";
    const model = new Sequential([new Dense({ units: 1 })]).compile({ optimizer: "sgd", loss: mse });
    console.log(model.fit([[1]], [[2]]));`;
  const { text, used } = await bundled(training);
  expect(used.filter((file) => /packages\/explain\/|core\/src\/formulas/.test(file))).toEqual([]);
  expect(used.length).toBeGreaterThan(50);
  // A piece of the formula of each kind of op.
  for (const piece of ["\\frac", "∂y", "arcsin(a)", "else 0", "to the largest"]) {
    const escaped = piece.replace("∂", "\\u2202").replace("\\frac", "\\\\frac");
    expect(text.includes(piece) || text.includes(escaped), piece).toBe(false);
  }
  const explaining = await bundled(`import { explain, value } from "chainrule"; console.log(explain(value(1)));`);
  expect(explaining.text).toContain("arcsin(a)");
});
