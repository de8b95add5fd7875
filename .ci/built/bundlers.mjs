// What Vite and webpack make of a program trains: run by Node, which like a page has `fetch`, `Blob` and WebAssembly.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

export const bundlers = { vite: "8.3.8", webpack: "5.113.0" };

const program = `import { Dense, manualSeed, Sequential } from "chainrule";
manualSeed(1);
const model = new Sequential([new Dense({ units: 1, inputDim: 1, activation: "sigmoid" })]);
model.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["accuracy", "auc"] });
const { history } = await model.fit([[0], [1]], [[0], [1]], { epochs: 100, batchSize: 1, verbose: 0 });
if (!(history.loss[99] < history.loss[0])) throw new Error("the model did not learn");
console.log("learned");
`;

const builds = {
  vite: `import { build } from "vite";
const lib = { entry: "bundled.js", formats: ["es"], fileName: "program" };
await build({ configFile: false, logLevel: "warn", build: { lib, outDir: "out-vite", minify: true } });
`,
  webpack: `import webpack from "webpack";
const output = { path: process.cwd() + "/out-webpack", filename: "program.mjs", publicPath: "", module: true, chunkFormat: "module" };
const options = { mode: "production", target: ["web", "es2022"], entry: "./bundled.js", experiments: { outputModule: true }, output, performance: { hints: false } };
webpack(options, (error, stats) => {
  const problems = error ?? (stats.hasErrors() || stats.hasWarnings() ? stats.toString("errors-warnings") : undefined);
  if (problems) throw new Error(String(problems));
});
`,
};

/** @param folder has the packages and the bundlers installed */
export function checkBundlers(folder) {
  writeFileSync(join(folder, "bundled.js"), program);
  for (const [name, build] of Object.entries(builds)) {
    writeFileSync(join(folder, `${name}.mjs`), build);
    const node = (file) =>
      execFileSync(process.execPath, [file], { cwd: folder, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
    node(`${name}.mjs`);
    const made = readdirSync(join(folder, `out-${name}`)).find((file) => /^program\.m?js$/.test(file));
    const file = join(`out-${name}`, made);
    if (!/learned/.test(node(file))) throw new Error(`what ${name} makes of a program does not train`);
    const files = readdirSync(join(folder, `out-${name}`), { recursive: true }).filter((each) => /\.m?js$/.test(each));
    const sizes = files.map((each) => gzipSync(readFileSync(join(folder, `out-${name}`, each))).length);
    const inKb = (bytes) => (bytes / 1000).toFixed(1);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    console.log(
      `${name} makes a program that trains, ${inKb(all)} kB gzipped in all its ${files.length} files, ${inKb(sizes[files.indexOf(made)])} kB in the first`,
    );
  }
}
