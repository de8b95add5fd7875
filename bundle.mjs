/**
 * What Node loads of each package: one module, `dist/node/index.js`, because opening and linking hundreds of small ones
 * takes longer than training a small model. Where a package has several entries (`@chainrule/core/internal`), all of it is
 * in `dist/node/all.js`, of which each entry names its part. What a script does not use is not read: of some packages
 * `index.js` has classes, and functions that load `all.js` when they are first called, with `require`, which Node 20.19 and newer
 * have for modules.
 *
 * Bundlers get the modules that `tsc` wrote, one for each source file, from which they pick what is used. Packages are
 * never bundled into each other: there must be one class Tensor. Libraries of others are loaded when something of them is
 * first used, which most programs never do. Pages without a bundler get one module with everything in it.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, transform } from "esbuild";
import { tsImport } from "tsx/esm/api";

const packages = fileURLToPath(new URL("packages", import.meta.url));
const manifestOf = (name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
const published = readdirSync(packages).filter((name) => manifestOf(name).publishConfig?.exports);

/**
 * Packages that most programs do not need, or not at once, each with the file that says what its import does all the same: of
 * these, Node loads the classes, and functions that load the rest when one of them is first called.
 */
const lazily = {
  compiler: "at-import.ts",
  data: null,
  experiments: null,
  functions: "names-elsewhere.ts",
  io: "at-import.ts",
  transforms: null,
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

/** csv-parse has a version for Node, which is faster than that for all hosts, which the source asks for. */
const forNode = { "csv-parse/browser/esm/sync": "csv-parse/sync" };

/** Libraries of others: stand-ins for what they export, which load the library when they are used. */
const whenUsed = (folder) => ({
  name: "when used",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === "entry-point") return undefined;
      // What is imported by name at run time anyway: our own packages, Node's, and the bar on the terminal.
      if (/^@chainrule\/|^node:|^cli-progress$/.test(path)) return { path, external: true };
      return { path, namespace: "when-used", sideEffects: false };
    });
    onLoad({ filter: /.*/, namespace: "when-used" }, ({ path }) => {
      const library = forNode[path] ?? path;
      const found = createRequire(join(folder, "package.json"))(library);
      const names = Object.keys(found).filter((name) => name !== "default" && /^[A-Za-z_]\w*$/.test(name));
      return { contents: standIns(library, typeof found === "function" ? [] : names) };
    });
  },
});

function standIns(library, names) {
  return `import { createRequire } from "node:module";
let loaded;
const library = () => (loaded ??= createRequire(import.meta.url)(${JSON.stringify(library)}));
const whenUsed = (pick) =>
  new Proxy(function () {}, {
    apply: (_, self, given) => Reflect.apply(pick(), self, given),
    construct: (_, given) => Reflect.construct(pick(), given),
    get: (_, key) => Reflect.get(pick(), key),
  });
export default whenUsed(() => library().default ?? library());
${names.map((name) => `export const ${name} = /* @__PURE__ */ whenUsed(() => library().${name});`).join("\n")}
`;
}

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
  const isInParts = isLazy || entries.length > 1;
  const apart = new Set(isInParts ? [] : entries);
  const neighbours = [];
  const options = {
    absWorkingDir: folder,
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    plugins: [importedLater(apart), whenUsed(folder), withoutComments(neighbours)],
    sourcemap: true,
    logLevel: "warning",
  };
  if (isInParts) {
    const contents = entries.map((entry) => `export * from ${JSON.stringify(entry)};`).join("\n");
    if (isLazy) await bundleLazily(name, contents, options, to);
    else await build({ ...options, stdin: { contents, resolveDir: folder }, outfile: join(to, "all.js") });
    for (const entry of isLazy ? entries.slice(1) : entries) {
      const { metafile } = await build({ ...options, entryPoints: [entry], write: false, metafile: true, outdir: to });
      const [names] = Object.values(metafile.outputs).flatMap(({ exports, entryPoint }) =>
        entryPoint ? [exports] : [],
      );
      writeFileSync(join(to, `${basename(entry, ".ts")}.js`), `export { ${names.join(", ")} } from "./all.js";\n`);
    }
  }
  // What is imported later is a module of its own, and may bring others into the list.
  for (const entry of apart) await build({ ...options, entryPoints: [entry], outdir: to });
  for (const file of readdirSync(to).filter((file) => /^(all|index|chunk-\w+)\.js$/.test(file)))
    writeFileSync(join(to, file), named(readFileSync(join(to, file), "utf8")));
  for (const path of neighbours) copyFileSync(path, join(to, basename(path)));
}

/**
 * Two modules of a package: `index.js` has its classes, and functions of the same names and lengths that load `all.js` when
 * they are first called. What both need is in a third.
 */
async function bundleLazily(name, everything, options, to) {
  const src = join(options.absWorkingDir, "src");
  const own = lazily[name] && join(src, lazily[name]);
  const hidden = name === "compiler" ? ["install.ts"] : name === "io" ? ["model/file.ts", "checkpoint/store.ts"] : [];
  const contents = {
    "lazily:index": await entryOf(src, own),
    "lazily:all": [everything, ...hidden.map((file) => `export * from ${JSON.stringify(join(src, file))};`)].join("\n"),
  };
  const virtual = {
    name: "lazily",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^lazily:/ }, ({ path }) => ({ path, namespace: "lazily" }));
      onLoad({ filter: /.*/, namespace: "lazily" }, ({ path }) => ({ contents: contents[path], resolveDir: src }));
    },
  };
  await build({
    ...options,
    plugins: [virtual, ...options.plugins],
    entryPoints: Object.keys(contents).map((path) => ({ in: path, out: path.slice(7) })),
    splitting: true,
    outdir: to,
  });
}

/** The source of what is imported at once. */
async function entryOf(src, own) {
  const index = join(src, "index.ts");
  const all = await tsImport(pathToFileURL(index).href, import.meta.url);
  const isLater = (value) => typeof value === "function" && !/^class\b/.test(Function.prototype.toString.call(value));
  const names = Object.keys(all).filter((name) => name !== "default");
  const now = names.filter((name) => !isLater(all[name]));
  const lines = [
    'import { createRequire } from "node:module";',
    "let loaded;",
    'const all = () => (loaded ??= createRequire(import.meta.url)("./all.js"));',
  ];
  for (const name of now) lines.push(`export { ${name} } from ${JSON.stringify(fileOf(index, name))};`);
  for (const name of names.filter((name) => isLater(all[name]))) {
    const parameters = Array.from({ length: all[name].length }, (_, i) => `a${i}`).join(", ");
    lines.push(`export function ${name}(${parameters}) {\n  return all().${name}.apply(this, arguments);\n}`);
    if (all[name].name !== name)
      lines.push(`Object.defineProperty(${name}, "name", { value: ${JSON.stringify(all[name].name)} });`);
    for (const key of Object.keys(all[name]))
      lines.push(`Object.defineProperty(${name}, "${key}", { get: () => all().${name}.${key}, enumerable: true });`);
  }
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
