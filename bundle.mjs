/**
 * What Node loads of each package: one module, `dist/node/index.js`, because opening and linking hundreds of small ones
 * takes longer than training a small model.
 *
 * Bundlers get the modules that `tsc` wrote, one for each source file, from which they pick what is used. Packages are
 * never bundled into each other: there must be one class Tensor. Of the libraries that core, data and viz use, the parts
 * in use are in the bundle, and their licences beside it.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const packages = fileURLToPath(new URL("packages", import.meta.url));
const manifestOf = (name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
const published = readdirSync(packages).filter((name) => !manifestOf(name).private);

/**
 * Comments go, and with them the only characters beyond ASCII: V8 reads such a file faster. Line breaks and names stay,
 * so that a stack trace and a debugger show code that can be read.
 *
 * @param neighbours gets the files that the code names by their addresses beside its own, such as a worker's.
 */
const withoutComments = (neighbours) => ({
  name: "without comments",
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }) => {
      const source = readFileSync(path, "utf8");
      for (const [, file] of source.matchAll(/new URL\("(\.\/[^"]+\.js)", import\.meta\.url\)/g))
        neighbours.push(join(dirname(path), file));
      const { code } = await transform(source, {
        loader: path.endsWith("ts") ? "ts" : "js",
        sourcefile: path,
        sourcemap: "inline",
        minifyWhitespace: true,
        legalComments: "none",
      });
      return { contents: code, loader: "js", resolveDir: dirname(path) };
    });
  },
});

if (process.argv.includes("--clean"))
  for (const name of published) rmSync(join(packages, name, "dist/node"), { recursive: true, force: true });
else await Promise.all(published.map(bundle));

async function bundle(name) {
  const folder = join(packages, name);
  const to = join(folder, "dist/node");
  rmSync(to, { recursive: true, force: true });
  const neighbours = [];
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: ["src/index.ts"],
    outdir: to,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    // seedrandom looks for Node's module `crypto`, from which nobody here asks anything.
    external: ["@chainrule/*", "cli-progress", "crypto"],
    plugins: [withoutComments(neighbours)],
    sourcemap: true,
    metafile: true,
    logLevel: "warning",
  });
  const file = join(to, "index.js");
  writeFileSync(file, named(readFileSync(file, "utf8")));
  for (const path of neighbours) copyFileSync(path, join(to, basename(path)));
  writeLicences(to, Object.keys(metafile.inputs));
}

/**
 * Gives back names that the bundle changed: of functions that it calls `x2`, because there is another `x` in it, and of
 * classes that mention themselves, which become `class _X`.
 */
function named(code) {
  const [, exported] = /^export \{\n([^}]*)\};$/m.exec(code) ?? [null, ""];
  const aliases = [...exported.matchAll(/^ {2}((\w+?)\d+) as \2,?$/gm)].map(([, found, name]) => [found, name]);
  const renamed = [
    ...aliases.filter(([found]) => new RegExp(`^(async )?function\\*? ${found}\\(`, "m").test(code)),
    ...[...code.matchAll(/^var (\w+) = class _\1 /gm)].map(([, name]) => [name, name]),
  ];
  const lines = renamed.map(([found, name]) => `Object.defineProperty(${found}, "name", { value: "${name}" });\n`);
  return code.replace(/^export \{$/m, (start) => lines.join("") + start);
}

/** The licences of the libraries in the bundle, as they ask. */
function writeLicences(to, inputs) {
  const folders = inputs.flatMap((path) => {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path.replaceAll(sep, "/")) ?? [];
    return folder ? [join(to, "../..", folder)] : [];
  });
  const texts = [...new Set(folders)].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return `${name} ${version}\n\n${licenceIn(folder).trim()}\n`;
  });
  if (texts.length === 0) return;
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, "LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

/** The file LICENSE, or the comment in a source that holds it. */
function licenceIn(folder) {
  const files = readdirSync(folder);
  const own = files.find((file) => /^licen[cs]e/i.test(file));
  if (own) return readFileSync(join(folder, own), "utf8");
  const sources = files.filter((file) => file.endsWith(".js")).map((file) => readFileSync(join(folder, file), "utf8"));
  const [, comment] =
    sources.map((text) => /\/\*((?:(?!\*\/).)*Permission is hereby granted.*?)\*\//s.exec(text)).find(Boolean) ?? [];
  if (!comment) throw new Error(`${folder} has no licence to go with the bundle`);
  return comment;
}
