/**
 * What Node loads of each package: one module, `dist/node/index.js`, because opening and linking hundreds of small ones
 * takes longer than training a small model. Where a package has several entries (`@chainrule/core/internal`), all of it is
 * in `dist/node/all.js`, of which each entry names its part. What a script does not use is not read: of some packages
 * `index.js` has functions and classes that load `all.js` when they are first used, with `require`, which Node 20.19 and newer
 * have for modules.
 *
 * Bundlers get the modules that `tsc` wrote, one for each source file, from which they pick what is used. Packages are
 * never bundled into each other: there must be one class Tensor. Libraries of others are loaded when something of them is
 * first used, which most programs never do. Pages without a bundler get one module with everything in it.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, transform } from "esbuild";
import { tsImport } from "tsx/esm/api";
import { aliasesIn, named, withoutIdleImports } from "./after.mjs";
import { kernelsFromFiles, writeKernels } from "./kernels.mjs";
import { isClass, isLater, loaderOf, standIn, standInsOf, whenUsed } from "./stand-ins.mjs";

const packages = fileURLToPath(new URL("../packages", import.meta.url));
const manifestOf = (name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
const published = readdirSync(packages).filter((name) => manifestOf(name).publishConfig?.exports);

/**
 * Packages that most programs do not need, or not at once, each with the file that says what its import does all the same: of
 * these, Node gets functions and classes that load the package when one of them is first used.
 */
const lazily = {
  compiler: "at-import.ts",
  data: null,
  distributions: null,
  experiments: null,
  explain: null,
  functions: "names-elsewhere.ts",
  io: "at-import.ts",
  transforms: null,
  viz: null,
};

/** Entries that are modules of their own, beside a package's `all.js`, because what they have needs little of the rest. */
const alone = ["value"];
const isAlone = (path) => alone.includes(basename(path, ".ts"));

/** Of these, what other packages build on is loaded when it is called, too. */
const isInternalLazy = (name) => name === "viz";

/**
 * Files of functions that are not needed at once, or not by most programs, which are loaded together, as `later.js`, when one of
 * them is first called. Everything that a file here exports is a function, or an object of functions.
 */
const later = {
  compiler: [
    "codegen/scan.ts",
    "eager/softmax.ts",
    "eager/window.ts",
    "explain.ts",
    "passes/partition.ts",
    "passes/rerolling.ts",
    "wasm/kernels/conv-geometry.ts",
    "wasm/kernels/math-double.ts",
    "wasm/kernels/math-trig.ts",
  ],
  losses: [
    "check/check-loss.ts",
    "combination/combine-losses.ts",
    "information/estimate.ts",
    "information/explain-further.ts",
    "information/explain.ts",
  ],
  nn: [
    "diagnose/engine.ts",
    "functional/summary-rows.ts",
    "learning-rate/curve.ts",
    "metrics/curves.ts",
    "metrics/report.ts",
    "model/data-adapter.ts",
    "model/debug-nan.ts",
    "model/diagnose.ts",
    "model/evaluate.ts",
    "model/fit-checks.ts",
    "model/fit-data.ts",
    "model/fit.ts",
    "model/row-alignment.ts",
    "model/run-description.ts",
    "model/summary.ts",
    "model/training-state.ts",
    "optimizers/lbfgs-state.ts",
    "optimizers/line-search.ts",
    "parameter-vectors.ts",
    "preprocessing/sampling.ts",
    "rewind/rewindable.ts",
  ],
};

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

/** Leaves `import("./file.ts")` to run time, and notes the file. */
const importedLater = (apart) => ({
  name: "imported later",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, kind, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      apart.add(join(resolveDir, path));
      return { path: `./${basename(path, ".ts")}.js`, external: true };
    });
  },
});

/** Puts functions that load `later.js` in the place of the files that are in it, where files import them that are not. */
async function leftForLater(src, files) {
  const paths = files.map((file) => join(src, file));
  const contents = new Map();
  for (const [i, path] of paths.entries()) contents.set(path, await standInsOf(path, `file${i}`));
  const everything = paths.map((path, i) => `export * as file${i} from ${JSON.stringify(path)};`).join("\n");
  return {
    name: "left for later",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^later(-loader)?$/ }, ({ path }) => ({ path, namespace: "later" }));
      onResolve({ filter: /^\.\.?\// }, ({ path, importer, kind, resolveDir }) => {
        const file = join(resolveDir, path);
        if (kind !== "import-statement" || !contents.has(file) || contents.has(importer)) return undefined;
        return { path: file, namespace: "stand-in", sideEffects: false };
      });
      onLoad({ filter: /.*/, namespace: "stand-in" }, ({ path }) => ({ contents: contents.get(path) }));
      onLoad({ filter: /.*/, namespace: "later" }, ({ path }) => ({
        contents: path === "later" ? everything : loaderOf("later"),
        resolveDir: src,
      }));
    },
  };
}

if (process.argv.includes("--clean"))
  for (const name of published) rmSync(join(packages, name, "dist"), { recursive: true, force: true });
else {
  published.forEach(sweep);
  await Promise.all([...published.map(bundle), bundleForPages()]);
}

/** Removes what `tsc` once made of sources that are gone since: it would be published with the rest. */
function sweep(name) {
  const [src, dist] = [join(packages, name, "src"), join(packages, name, "dist")];
  for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const [, stem] = /^(?!node\/|browser\/)(.+?)(\.d\.ts|\.js|\.js\.map)$/.exec(file) ?? [];
    if (stem && ![".ts", ".js", ".d.ts"].some((end) => existsSync(join(src, stem + end)))) rmSync(join(dist, file));
  }
}

/**
 * All of it in one module, `chainrule/dist/browser/chainrule.js`, for pages without a bundler. Names of classes stay,
 * because summaries and saved models say them. Beside it is the file of the threads, which only they load.
 */
async function bundleForPages() {
  const folder = join(packages, "chainrule");
  const to = join(folder, "dist/browser");
  rmSync(to, { recursive: true, force: true });
  await build({
    absWorkingDir: folder,
    entryPoints: [join(folder, "src/index.ts")],
    outfile: join(to, "chainrule.js"),
    bundle: true,
    minify: true,
    keepNames: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "warning",
  });
  copyFileSync(join(packages, "compiler/src/runtime/threads/worker.js"), join(to, "worker.js"));
}

async function bundle(name) {
  const folder = join(packages, name);
  const to = join(folder, "dist/node");
  rmSync(to, { recursive: true, force: true });
  const entries = Object.values(manifestOf(name).exports).map((path) => join(folder, path));
  const isLazy = Object.hasOwn(lazily, name);
  const isInParts = isLazy || entries.filter((entry) => !isAlone(entry)).length > 1;
  const apart = new Set(isInParts ? [] : entries);
  const neighbours = [];
  const options = {
    absWorkingDir: folder,
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    plugins: [kernelsFromFiles, importedLater(apart), whenUsed(folder), withoutComments(neighbours)],
    sourcemap: true,
    logLevel: "warning",
  };
  if (isInParts) {
    const contents = entries.map((entry) => `export * from ${JSON.stringify(entry)};`).join("\n");
    if (isLazy) await bundleLazily(name, contents, options, to);
    else await bundleInParts(name, contents, options, to);
    const isWritten = (entry) => existsSync(join(to, `${basename(entry, ".ts")}.js`));
    for (const entry of entries.filter((entry) => !isWritten(entry))) {
      const { metafile } = await build({ ...options, entryPoints: [entry], write: false, metafile: true, outdir: to });
      const [names] = Object.values(metafile.outputs).flatMap(({ exports, entryPoint }) =>
        entryPoint ? [exports] : [],
      );
      writeFileSync(join(to, `${basename(entry, ".ts")}.js`), `export { ${names.join(", ")} } from "./all.js";\n`);
    }
  }
  // What is imported later is a module of its own, and may bring others into the list.
  for (const entry of apart) await build({ ...options, entryPoints: [entry], outdir: to });
  const own = readdirSync(to).filter((file) => /^(all|index|internal|later|value|chunk-\w+)\.js$/.test(file));
  const codes = new Map(own.map((file) => [file, readFileSync(join(to, file), "utf8")]));
  const aliases = [...codes.values()].flatMap(aliasesIn);
  for (const [file, code] of codes) writeFileSync(join(to, file), named(withoutIdleImports(code, codes), aliases));
  for (const path of neighbours) copyFileSync(path, join(to, basename(path)));
  if (name === "compiler") await writeKernels(to);
}

/** All of a package in `all.js`, save what it leaves for later. */
async function bundleInParts(name, contents, options, to) {
  const src = join(options.absWorkingDir, "src");
  const files = later[name] ?? [];
  const everything = {
    name: "everything",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^everything$/ }, ({ path }) => ({ path, namespace: "everything" }));
      onLoad({ filter: /.*/, namespace: "everything" }, () => ({ contents, resolveDir: options.absWorkingDir }));
    },
  };
  const modules = files.length > 0 ? [{ in: "later", out: "later" }] : [];
  for (const entry of alone.filter((entry) => existsSync(join(src, `${entry}.ts`))))
    modules.push({ in: join(src, `${entry}.ts`), out: entry });
  await build({
    ...options,
    plugins: [everything, await leftForLater(src, files), ...options.plugins],
    entryPoints: [{ in: "everything", out: "all" }, ...modules],
    splitting: true,
    outdir: to,
  });
}

/**
 * Two modules of a package: `index.js` has functions of the same names and lengths, and stand-ins of the classes, that load
 * `all.js` when they are first used. What both need is in a third.
 */
async function bundleLazily(name, everything, options, to) {
  const src = join(options.absWorkingDir, "src");
  const own = lazily[name] && join(src, lazily[name]);
  const hidden = name === "compiler" ? ["install.ts"] : name === "io" ? ["model/file.ts", "checkpoint/store.ts"] : [];
  const index = await entryOf(join(src, "index.ts"), own);
  const contents = {
    "lazily:index": index,
    "lazily:loader": loaderOf("all", index.includes("classStandIn") ? "join" : null),
    "lazily:classes": readFileSync(new URL("class-stand-in.js", import.meta.url), "utf8"),
    "lazily:all": [everything, ...hidden.map((file) => `export * from ${JSON.stringify(join(src, file))};`)].join("\n"),
  };
  const virtual = {
    name: "lazily",
    setup({ onResolve, onLoad }) {
      // Either entry has a loader of its own, rather than one more module that both share.
      onResolve({ filter: /^lazily:/ }, ({ path, importer }) => ({
        path,
        namespace: "lazily",
        suffix: path === "lazily:loader" && importer === "lazily:internal" ? "?internal" : "",
      }));
      onLoad({ filter: /.*/, namespace: "lazily" }, ({ path }) => ({ contents: contents[path], resolveDir: src }));
    },
  };
  if (isInternalLazy(name) && index.includes("classStandIn"))
    throw new Error(`${name}: a loader of its entry for other packages would not join its classes`);
  if (isInternalLazy(name)) contents["lazily:internal"] = await entryOf(join(src, "internal.ts"), null);
  const outputs = Object.keys(contents).filter((path) => !["lazily:loader", "lazily:classes"].includes(path));
  const entryPoints = outputs.map((path) => ({ in: path, out: path.slice(7) }));
  const files = later[name] ?? [];
  if (files.length > 0) entryPoints.push({ in: "later", out: "later" });
  await build({
    ...options,
    plugins: [virtual, await leftForLater(src, files), ...options.plugins],
    entryPoints,
    splitting: true,
    outdir: to,
  });
}

/** The source of what is imported at once of an entry. What other packages build on has its classes themselves. */
async function entryOf(entry, own) {
  const areClassesLater = basename(entry) === "index.ts";
  const all = await tsImport(pathToFileURL(entry).href, import.meta.url);
  const names = Object.keys(all).filter((name) => name !== "default");
  const lines = ['import { all } from "lazily:loader";'];
  if (areClassesLater && names.some((name) => isClass(all[name])))
    lines.push('import { classStandIn } from "lazily:classes";');
  for (const name of names)
    if (isLater(all[name])) lines.push(...standIn(name, all[name], `all().${name}`));
    else if (areClassesLater && isClass(all[name]))
      lines.push(`export const ${name} = /* @__PURE__ */ classStandIn("${name}");`);
    else lines.push(`export { ${name} } from ${JSON.stringify(fileOf(entry, name))};`);
  if (own && /^export function atImport/m.test(readFileSync(own, "utf8")))
    lines.push(`import { atImport } from ${JSON.stringify(own)};`, "atImport(all);");
  else if (own) lines.push(`import ${JSON.stringify(own)};`);
  return lines.join("\n");
}

/** The source file in which something stands that an index exports. */
function fileOf(index, name) {
  const source = readFileSync(index, "utf8");
  for (const [, names, from] of source.matchAll(/^export (?:\{([^}]*)\}|\*) from "(\.[^"]+)";/gm)) {
    const file = join(dirname(index), from);
    if (names === undefined ? fileOf(file, name) : names.split(",").some((each) => each.trim() === name))
      return fileOf(file, name) ?? file;
  }
  return new RegExp(`^export (?:abstract )?(?:class|const|let) ${name}\\b`, "m").test(source) ? index : undefined;
}
