/**
 * What Node loads of each package: one module, because opening and linking hundreds of small ones takes longer than training a small
 * model. Where a package has several entries (`@chainrule/core/internal`), all of it is in `dist/node/all.js`, of which each entry
 * names its part, and which other packages import as `internal`. What a script does not use is not read: of some packages
 * `index.js` has functions and classes that load `all.js` when they are first used, with `require`, which Node 20.19 and newer
 * have for modules (`lazily.mjs`). `chainrule` has the same in its one file, so that it reads six files in all.
 *
 * Bundlers get the modules that `tsc` wrote, one for each source file, from which they pick what is used. Packages are
 * never bundled into each other: there must be one class Tensor. Libraries of others are loaded when something of them is
 * first used, which most programs never do. Pages without a bundler get one module with everything in it.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { aliasesIn, joinChunks, kept, named, withoutIdleImports } from "./after.mjs";
import { kernelsFromFiles, writeKernels } from "./kernels.mjs";
import { chainruleSource, entrySource, isInternalLazy, isLazy, ownEffect } from "./lazily.mjs";
import { loaderOf, standInsOf, whenUsed } from "./stand-ins.mjs";

const packages = fileURLToPath(new URL("../packages", import.meta.url));
const manifestOf = (name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
const published = readdirSync(packages).filter((name) => manifestOf(name).publishConfig?.exports);

/** Entries that are modules of their own, beside a package's `all.js`, because what they have needs little of the rest. */
const alone = ["value"];
const isAlone = (path) => alone.includes(basename(path, ".ts"));

/** Files whose exports are in `all.js` for what the package does when it is imported. */
const hidden = { compiler: ["install.ts"], io: ["model/file.ts", "checkpoint/store.ts"], notebook: ["notebook.ts"] };

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
    "model/data-adapter.ts",
    "model/diagnose.ts",
    "model/evaluate.ts",
    "model/fit-checks.ts",
    "model/fit-data.ts",
    "model/fit.ts",
    "model/row-alignment.ts",
  ],
};

/** Of these packages, files of functions that a short training does not need either: `seldom.js`. */
const seldom = {
  nn: [
    "functional/summary-rows.ts",
    "learning-rate/curve.ts",
    "metrics/curves.ts",
    "metrics/report.ts",
    "model/debug-nan.ts",
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

/** Packages that are loaded at once have all that others import in one module, the entry `internal`. */
const ofOnePackage = {
  name: "of one package",
  setup({ onResolve }) {
    onResolve({ filter: /^@chainrule\/(core|losses|nn)$/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path: `${path}/internal`, external: true } : undefined,
    );
  },
};

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

/** Puts functions that load `later.js` or `seldom.js` in the place of the files that are in it, where files import them that are not. */
async function leftForLater(src, groups, rest) {
  const [groupOf, standIn, everything] = [new Map(), new Map(), {}];
  for (const [group, files] of groups) {
    const paths = files.map((file) => join(src, file));
    for (const [i, path] of paths.entries())
      standIn.set(path, await standInsOf(path, `file${i}`, `left:${group}-loader`));
    for (const path of paths) groupOf.set(path, group);
    const exported = paths.map((path, i) => `export * as file${i} from ${JSON.stringify(path)};`);
    everything[`left:${group}`] = [...exported, kept(rest)].join("\n");
    everything[`left:${group}-loader`] = loaderOf(group);
  }
  return {
    name: "left for later",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^left:/ }, ({ path }) => ({ path, namespace: "left" }));
      onResolve({ filter: /^\.\.?\// }, ({ path, importer, kind, resolveDir }) => {
        const file = join(resolveDir, path);
        if (kind !== "import-statement" || !standIn.has(file) || groupOf.get(importer) === groupOf.get(file))
          return undefined;
        return { path: file, namespace: "stand-in", sideEffects: false };
      });
      onLoad({ filter: /.*/, namespace: "stand-in" }, ({ path }) => ({ contents: standIn.get(path) }));
      onLoad({ filter: /.*/, namespace: "left" }, ({ path }) => ({ contents: everything[path], resolveDir: src }));
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
  const { exports, publishConfig } = manifestOf(name);
  const entries = Object.values(exports).map((path) => join(folder, path));
  const isInParts = isLazy(name) || entries.filter((entry) => !isAlone(entry)).length > 1;
  const apart = new Set(isInParts ? [] : entries);
  const neighbours = [];
  const options = {
    absWorkingDir: folder,
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    plugins: [kernelsFromFiles, importedLater(apart), ofOnePackage, whenUsed(folder), withoutComments(neighbours)],
    sourcemap: true,
    logLevel: "warning",
  };
  if (name === "chainrule") {
    await bundleSource(await chainruleSource(), "index", options, to);
    apart.delete(join(folder, "src/index.ts"));
  }
  if (isInParts) await bundleInParts(name, entries, options, to);
  if (isLazy(name)) await bundleSource(await entrySource(name, "index.ts"), "index", options, to);
  if (isInternalLazy(name)) await bundleSource(await entrySource(name, "internal.ts"), "internal", options, to);
  // What others import of `all.js`. What packages build on, they import from there.
  for (const { node } of Object.values(publishConfig.exports)) {
    const file = join(folder, node ?? "dist/node/index.js");
    if (!isInParts || existsSync(file)) continue;
    const source = JSON.stringify(join(folder, "src", `${basename(file, ".js")}.ts`));
    const names = await exportsOf(`export * from ${source};`, options);
    writeFileSync(file, `export { ${names.join(", ")} } from "./all.js";\n`);
  }
  // What is imported later is a module of its own, and may bring others into the list.
  for (const entry of apart) await build({ ...options, entryPoints: [entry], outdir: to });
  finish(to);
  for (const path of neighbours) copyFileSync(path, join(to, basename(path)));
  if (name === "compiler") await writeKernels(to);
}

/** Joins what the bundler took apart, and gives back what it changed. */
function finish(to) {
  const own = readdirSync(to).filter((file) => /^(all|index|internal|later|seldom|value|chunk-\w+)\.js$/.test(file));
  const codes = new Map(own.map((file) => [file, readFileSync(join(to, file), "utf8")]));
  for (const [file, code] of codes) codes.set(file, withoutIdleImports(code, codes));
  for (const [file, entry] of joinChunks(codes)) {
    rmSync(join(to, file));
    renameSync(join(to, `${file}.map`), join(to, `${entry}.map`));
  }
  const aliases = [...codes.values()].flatMap(aliasesIn);
  for (const [file, code] of codes) writeFileSync(join(to, file), named(code, aliases));
}

/**
 * All of a package in `all.js`, save what it leaves for later and what stands alone. What is left for later brings all of the rest
 * with it, so that the bundler puts that into one module, which {@link joinChunks} makes of `all.js`.
 */
async function bundleInParts(name, entries, options, to) {
  const src = join(options.absWorkingDir, "src");
  const groups = Object.entries({ later: later[name], seldom: seldom[name] }).filter(([, files]) => files);
  const from = [...entries, ...(hidden[name] ?? []).map((file) => join(src, file))];
  if (name === "core") from.push(fileURLToPath(new URL("at-run-time.js", import.meta.url)));
  const contents = from.map((file) => `export * from ${JSON.stringify(file)};`).join("\n");
  const effect = ownEffect(name);
  const everything = {
    name: "everything",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^everything$/ }, ({ path }) => ({ path, namespace: "everything" }));
      onLoad({ filter: /.*/, namespace: "everything" }, () => ({ contents, resolveDir: options.absWorkingDir }));
      onLoad({ filter: /.*/ }, ({ path }) => (path === effect ? { contents: "" } : undefined));
    },
  };
  const modules = groups.map(([group]) => ({ in: `left:${group}`, out: group }));
  for (const entry of alone.filter((entry) => existsSync(join(src, `${entry}.ts`))))
    modules.push({ in: join(src, `${entry}.ts`), out: entry });
  const rest = groups.length > 0 ? await exportsOf(contents, options, everything) : [];
  await build({
    ...options,
    plugins: [everything, await leftForLater(src, groups, rest), ...options.plugins],
    entryPoints: [{ in: "everything", out: "all" }, ...modules],
    splitting: true,
    outdir: to,
  });
}

async function bundleSource(contents, file, options, to) {
  const stdin = { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)), sourcefile: `${file}.js` };
  await build({ ...options, stdin, outfile: join(to, `${file}.js`) });
}

/** The names that a source exports. */
async function exportsOf(contents, options, ...plugins) {
  const { metafile } = await build({
    ...options,
    plugins: [...plugins, ...options.plugins],
    stdin: { contents, resolveDir: options.absWorkingDir },
    write: false,
    metafile: true,
    outdir: "nowhere",
  });
  return Object.values(metafile.outputs).flatMap(({ exports, entryPoint }) => (entryPoint ? exports : []));
}
