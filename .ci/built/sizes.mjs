// Sizes of what bundlers make of programs, gzipped and minified, and of which packages the whole consists.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const classifier = `import { Adam, Dense, Sequential } from "chainrule";
const model = new Sequential([new Dense({ units: 8, inputDim: 2, activation: "relu" }), new Dense({ units: 2 })]);
model.compile({ optimizer: new Adam(), loss: "crossEntropy", metrics: ["accuracy"] });
await model.fit([[0, 1], [1, 0]], [0, 1], { epochs: 10 });
`;
const value = 'import { value } from "chainrule"; console.log(value(2).mul(3));';
const everything = 'export * from "chainrule";';

/** Bundles a program, into several files unless one is wanted. */
async function bundled(contents, folder, splitting = true) {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    platform: "browser",
    bundle: true,
    splitting,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    outdir: folder,
    logLevel: "error",
  });
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [baseName(path), output]));
  const atOnce = new Set(["stdin.js"]);
  for (const name of atOnce)
    for (const { path, kind } of outputs.get(name).imports) if (kind === "import-statement") atOnce.add(baseName(path));
  const sizeOf = (isAtOnce) =>
    outputFiles
      .filter(({ path }) => atOnce.has(baseName(path)) === isAtOnce)
      .reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
  return { atOnce: sizeOf(true), later: sizeOf(false), metafile };
}

const baseName = (path) => path.split("/").at(-1);

/** Minified bytes by package, the largest first: ours, and libraries of others. */
function byPackage({ outputs }) {
  const bytes = new Map();
  for (const { inputs } of Object.values(outputs))
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const own = /(?:^|\/)packages\/([\w-]+)\/(?:src|dist)\//.exec(path)?.[1];
      const name = own ? `@chainrule/${own}` : /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
      if (name && bytesInOutput > 0) bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
    }
  return [...bytes].sort((a, b) => b[1] - a[1]);
}

/**
 * @param folder from which "chainrule" is found
 * @param page the one file for pages without a bundler
 */
export async function printSizes(folder, page) {
  const line = (bytes, what) => console.log(`${(bytes / 1000).toFixed(1).padStart(7)} kB ${what}`);
  console.log("gzipped and minified, by esbuild:");
  const small = await bundled(value, folder, false);
  line(small.atOnce, "value");
  const trained = await bundled(classifier, folder);
  line(trained.atOnce, "a classifier of Dense layers with fit, at once");
  line(trained.atOnce + trained.later, "and with the compiler, which it loads for longer trainings");
  const inOneFile = await bundled(classifier, folder, false);
  line(inOneFile.atOnce, "the same in one file");
  const all = await bundled(everything, folder, false);
  line(all.atOnce, "everything");
  if (page) line(gzipSync(readFileSync(page)).length, "the file for pages, with everything in it");
  console.log("everything, minified and not gzipped, by package:");
  for (const [name, bytes] of byPackage(all.metafile)) line(bytes, name);
}

if (import.meta.url === `file://${process.argv[1]}`) await printSizes(process.argv[2], process.argv[3]);
