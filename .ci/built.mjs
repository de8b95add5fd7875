// Packs every package as pnpm would publish it, installs the packs into an empty folder, and trains a model there
// with plain Node: what a user of the published packages gets. Then looks at what bundlers get: other files, with the
// same in them.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { bundlers, checkBundlers } from "./built/bundlers.mjs";
import { checkCreated } from "./built/create.mjs";
import { checkPage } from "./built/page.mjs";
import { checkRuntimes } from "./built/runtimes.mjs";
import { printSizes } from "./built/sizes.mjs";
import { checkTypes } from "./built/types.mjs";

const folder = mkdtempSync(join(tmpdir(), "chainrule-built-"));
const names = readdirSync("packages").filter((name) => {
  const { private: isPrivate } = JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8"));
  return !isPrivate;
});
/** Those that programs import. */
const libraries = names.filter((name) => name !== "create-chainrule");
const packageOf = (name) => (name === "chainrule" ? name : `@chainrule/${name}`);
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", maxBuffer: 2 ** 28 });
try {
  run("npx", [
    "-y",
    "pnpm@12",
    "--filter=./packages/*",
    "--filter=!@chainrule/testing",
    "pack",
    "--pack-destination",
    folder,
  ]);
  const packs = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  if (packs.length !== names.length) throw new Error(`packed ${packs.length} of ${names.length} packages`);
  const overrides = {};
  for (const pack of packs) {
    const base = pack.replace(/-\d+\.\d+\.\d+.*\.tgz$/, "");
    overrides[base.startsWith("chainrule-") ? base.replace("chainrule-", "@chainrule/") : base] =
      `file:${join(folder, pack)}`;
  }
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "user", private: true, type: "module", dependencies: overrides, overrides }),
  );
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], folder);
  names.forEach(checkPack);
  writeFileSync(
    join(folder, "program.js"),
    `import { Sequential, Dense, Adam, jit, manualSeed, tensor } from "chainrule";
manualSeed(1);
const model = new Sequential();
model.add(new Dense({ units: 1, inputDim: 1, activation: "sigmoid" }));
model.compile({ optimizer: new Adam({ lr: 0.1 }), loss: "binary_crossentropy", metrics: ["accuracy"] });
const history = await model.fit([[0], [1]], [[0], [1]], { epochs: 100, batchSize: 1 });
const { loss } = history.history;
console.log("loss", loss[0], "to", loss.at(-1));
if (!(loss.at(-1) < 0.2)) throw new Error("the model did not learn");
let said = "";
try {
  jit((x) => x.item())(tensor(1));
} catch (error) {
  said = error.message;
}
if (!said.includes("program.js:")) throw new Error("an error does not name the user's line: " + said);
for (const elsewhere of [() => tensor(1).numel(), () => tensor(1).numpy(), () => model.get_weights()])
  try {
    elsewhere();
    throw new Error("a name of another library is no error");
  } catch (error) {
    if (error.name !== "OptionError") throw error;
  }
`,
  );
  process.stdout.write(run("node", ["program.js"], folder));
  writeFileSync(join(folder, "alike.js"), alike(libraries));
  process.stdout.write(run("node", ["alike.js"], folder));
  checkImport();
  copyFileSync(new URL("built/late-classes.mjs", import.meta.url), join(folder, "late-classes.mjs"));
  process.stdout.write(run("node", ["late-classes.mjs"], folder));
  writeFileSync(join(folder, "threaded.js"), threaded());
  process.stdout.write(run("node", ["threaded.js"], folder));
  writeFileSync(join(folder, "train.js"), trained());
  writeFileSync(join(folder, "swept.js"), swept());
  process.stdout.write(run("node", ["swept.js"], folder));
  writeFileSync(join(folder, "required.cjs"), required(libraries));
  process.stdout.write(run("node", ["--disable-warning=ExperimentalWarning", "required.cjs"], folder));
  checkRuntimes(folder, ["program.js", "late-classes.mjs", "threaded.js", "swept.js"]);
  await checkBrowserBundle();
  await checkPage(folder);
  const versions = Object.entries(bundlers).map(([name, version]) => `${name}@${version}`);
  run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", ...versions], folder);
  checkBundlers(folder);
  const paths = packs.map((pack) => join(folder, pack));
  checkCreated(folder, paths);
  await checkTypes(folder, paths, libraries.flatMap(entriesOf));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What may be imported of a package. */
function entriesOf(name) {
  const { exports } = JSON.parse(readFileSync(join(folder, "node_modules", packageOf(name), "package.json"), "utf8"));
  return Object.keys(exports).map((entry) => packageOf(name) + entry.slice(1));
}

/** A pack has nothing of the workshop in it, and its source maps have their sources. */
function checkPack(name) {
  const installed = join(folder, "node_modules", libraries.includes(name) ? packageOf(name) : name);
  const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
  const odd = files.find((file) => /tsbuildinfo|^src\/|^dist\/.*\.test\./.test(file));
  if (odd) throw new Error(`${name} is published with ${odd}`);
  const { devDependencies, keywords } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  if (devDependencies) throw new Error(`${name} is published with devDependencies`);
  if (!keywords) throw new Error(`${name} is published without keywords`);
  for (const file of files.filter((file) => file.endsWith(".map"))) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(installed, file), "utf8"));
    if (sourcesContent?.length !== sources.length) throw new Error(`${name}: ${file} has not its sources`);
  }
}

/**
 * What is for later is not read by an import, nor by a training of what belongs to neither models nor the compiler, or is seldom
 * needed: each goes on without those files. The scalar engine by itself needs few.
 */
function checkImport() {
  const folderOf = (name) => join(folder, "node_modules", packageOf(name), "dist/node");
  const atOnce = ["chainrule/index", "compiler/index", "core/all", "core/value", "losses/all", "nn/all"];
  const later = libraries.flatMap((name) =>
    readdirSync(folderOf(name))
      .filter((file) => file.endsWith(".js") && !atOnce.includes(`${name}/${file.slice(0, -3)}`))
      .map((file) => join(folderOf(name), file)),
  );
  if (later.length < 30) throw new Error(`only ${later.length} modules are for later`);
  const runWithout = (paths, program) => {
    for (const path of paths) renameSync(path, `${path}.away`);
    try {
      run("node", ["--input-type=module", "-e", program], folder);
    } finally {
      for (const path of paths) renameSync(`${path}.away`, path);
    }
  };
  runWithout(later, 'import { Dense, Sequential, tensor, value } from "chainrule"; value(2).mul(tensor(3).item());');
  const forTraining = [folderOf("nn"), folderOf("compiler")];
  runWithout(
    later.filter((path) => !forTraining.includes(dirname(path)) || path.endsWith("seldom.js")),
    `import { Adam, Dense, Sequential } from "chainrule";
const model = new Sequential();
model.add(new Dense({ units: 1, inputDim: 1, activation: "sigmoid" }));
model.compile({ optimizer: new Adam(), loss: "binary_crossentropy", metrics: ["accuracy"] });
await model.fit([[0], [1]], [[0], [1]], { epochs: 100, batchSize: 1, verbose: 0 });
model.predict([[1]]).toArray();`,
  );
  runWithout(
    [join(folderOf("core"), "all.js")],
    'import { value } from "chainrule/value"; value(2).mul(3).backward();',
  );
  console.log(`${later.length} modules are read when they are needed`);
}

/** A program whose workers find their file beside what Node loads, and beside what bundlers load; it ends by itself. */
function threaded() {
  return `import { randn } from "@chainrule/core";
const url = import.meta.resolve("@chainrule/compiler");
for (const module of [url, url.replace("/node/index.js", "/index.js")]) {
  const { jit, setNumThreads, getNumThreads } = await import(module);
  const multiply = jit((a, b) => a.matmul(b).relu());
  const [a, b] = [randn([300, 300]), randn([300, 300])];
  const alone = multiply(a, b).toTypedArray();
  await setNumThreads(2);
  for (let i = 0; i < 50; i++)
    if (multiply(a, b).toTypedArray().some((x, j) => x !== alone[j])) throw new Error("threads compute something else");
  if (getNumThreads() !== 2) throw new Error("a worker was lost");
}
console.log("two threads compute what one does");
`;
}

/** A program of CommonJS, which Node 20.19 and newer let require modules. */
function required(names) {
  return `const { Dense, Sequential, Tensor } = require("chainrule");
for (const name of ${JSON.stringify(names.map(packageOf))}) require(name);
const model = new Sequential([new Dense({ units: 1, inputDim: 1 })]).compile({ optimizer: "sgd", loss: "mse" });
model.fit([[0], [1]], [1, 3], { epochs: 200, verbose: 0 }).then(async ({ history: { loss } }) => {
  if (!(loss[199] < loss[0] / 10)) throw new Error("a model does not learn from CommonJS");
  if ((await import("chainrule")).Tensor !== Tensor) throw new Error("require and import bring two classes Tensor");
  console.log("CommonJS requires every package");
});
`;
}

/** A module with a function that other processes run. */
function trained() {
  return `import { Dense, Sequential, SGD } from "chainrule";
export async function train({ lr }) {
  const model = new Sequential([new Dense({ units: 1, inputDim: 1 })]);
  model.compile({ optimizer: new SGD({ lr }), loss: "mse" });
  return model.fit([[0], [1]], [1, 3], { epochs: 3, verbose: 0, diagnose: false });
}
`;
}

/** A program whose sweep finds the file of its processes, and what Node loads shows itself in notebooks. */
function swept() {
  return `import { graphOf, sweep, tensor, value } from "chainrule";
import { train } from "./train.js";
const grid = { lr: [0.01, 0.1], seed: 2 };
const alone = await sweep(grid, train, { parallel: false });
const together = await sweep(grid, train, { parallel: 2, module: new URL("./train.js", import.meta.url) });
const numbers = ({ runs }) => JSON.stringify(runs.map(({ values, curves, error }) => [values, curves, error]));
if (together.failed.length > 0 || numbers(alone) !== numbers(together)) throw new Error("processes compute something else: " + numbers(together));
if (!tensor([1])[Symbol.for("Jupyter.display")]()["text/html"]) throw new Error("notebooks show no tensors");
if (!graphOf(value(2).mul(3))[Symbol.for("Jupyter.display")]()["image/svg+xml"]) throw new Error("notebooks show no graphs");
console.log("a sweep in two processes computes what one does");
`;
}

/** A program that compares what Node loads with what bundlers load, export by export. */
function alike(names) {
  return `import { readFileSync, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as everything from "chainrule";
import { Tensor } from "@chainrule/core";
if (everything.Tensor !== Tensor) throw new Error("there are two classes Tensor");
const kind = (x) => (typeof x === "function" ? ["function", x.name, x.length, Object.keys(x)].join(" ") : typeof x);
let count = 0;
for (const name of ${JSON.stringify(names.map(packageOf))}) {
  const url = import.meta.resolve(name);
  if (!url.endsWith("/dist/node/index.js")) throw new Error(name + " is loaded from " + url);
  // Where a package has several entries, they name parts of one module.
  const all = url.replace("index.js", "all.js");
  const module = existsSync(fileURLToPath(all)) ? all : url;
  const source = readFileSync(fileURLToPath(module), "utf8");
  if (/^import .* from "(?!@chainrule\\/|node:module")/m.test(source)) throw new Error(name + " loads a library before it is used");
  if (!existsSync(fileURLToPath(module + ".map"))) throw new Error(name + " has no source map");
  const forNode = await import(name);
  const forBundlers = await import(url.replace("/node/index.js", "/index.js"));
  const [a, b] = [forNode, forBundlers].map((all) => Object.keys(all).sort().map((key) => key + ": " + kind(all[key])));
  for (const [key, value] of Object.entries(forNode))
    if (key in everything && everything[key] !== value) throw new Error(name + " has another " + key + " than chainrule");
  const other = a.find((line, i) => line !== b[i]) ?? (a.length === b.length ? undefined : "fewer exports");
  if (other) throw new Error(name + " differs from what bundlers get: " + other);
  count += a.length;
}
console.log(count, "exports are alike for Node and for bundlers");
const scalar = [await import("chainrule/value"), await import("@chainrule/core/value")];
if (scalar.some(({ Value, value }) => Value !== everything.Value || value !== everything.value)) throw new Error("there are two classes Value");
const { boundarySvg, manualSeed, parseCsv, plotLines, graphSvg, graphOf, tracePage, value } = everything;
if (!/<mfrac>/.test(tracePage(value(2).mul(3).square()))) throw new Error("a page has no formulas");
const regions = boundarySvg((points) => points.slice(":", 0), { resolution: 5 });
const drawn = [plotLines({ loss: [3, 2, 1] }), graphSvg(graphOf(value(2).mul(3))), regions, manualSeed(1).state.key.join()];
if (!drawn.every((text) => text.length > 5)) throw new Error("libraries that are loaded when used do not work");
if (parseCsv("a,b\\n1,2\\n").features.shape.join() !== "1,1") throw new Error("csv-parse does not work");
let refused = "";
try {
  parseCsv('a,b\\n"1,2\\n');
} catch (error) {
  refused = error.name;
}
if (refused !== "DataError") throw new Error("an error of csv-parse is not understood: " + refused);
`;
}

/** A page that uses one function gets the browser's files, no more than it uses, and nothing of Node. */
async function checkBrowserBundle() {
  const bundle = async (contents) => {
    const { metafile, outputFiles } = await build({
      stdin: { contents, resolveDir: folder },
      platform: "browser",
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: "esm",
      logLevel: "error",
    });
    const inputs = Object.keys(metafile.inputs);
    const wrong = inputs.find((path) => /dist\/node\/|progress-terminal|cli-progress/.test(path));
    if (wrong) throw new Error(`a browser's bundle contains ${wrong}`);
    const [{ imports }] = Object.values(metafile.outputs);
    if (imports.length > 0) throw new Error(`a browser's bundle imports ${imports[0].path}`);
    return outputFiles[0].text;
  };
  const all = await bundle('export * from "chainrule";');
  const drawing = await bundle(
    'import { lineChartSvg } from "chainrule"; console.log(lineChartSvg({ loss: [1, 0] }));',
  );
  if (drawing.length > all.length / 2) throw new Error("bundlers cannot leave out what is not used");
  await printSizes(folder, join(folder, "node_modules/chainrule/dist/browser/chainrule.js"));
}
