/**
 * What Node loads of each package: one module, `dist/node/index.js`, because opening and linking hundreds of small ones
 * takes longer than training a small model. Where a package has several entries (`@chainrule/core/internal`), all of it is
 * in `dist/node/all.js`, of which each entry names its part.
 *
 * Bundlers get the modules that `tsc` wrote, one for each source file, from which they pick what is used. Packages are
 * never bundled into each other: there must be one class Tensor. Libraries of others are loaded when something of them is
 * first used, which most programs never do. Pages without a bundler get one module with everything in it.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const packages = fileURLToPath(new URL("packages", import.meta.url));
const manifestOf = (name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
const published = readdirSync(packages).filter((name) => manifestOf(name).publishConfig?.exports);

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
  const apart = new Set(entries.length > 1 ? [] : entries);
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
  if (entries.length > 1) {
    const contents = entries.map((entry) => `export * from ${JSON.stringify(entry)};`).join("\n");
    await build({ ...options, stdin: { contents, resolveDir: folder }, outfile: join(to, "all.js") });
    for (const entry of entries) {
      const { metafile } = await build({ ...options, entryPoints: [entry], write: false, metafile: true, outdir: to });
      const [names] = Object.values(metafile.outputs).flatMap(({ exports, entryPoint }) =>
        entryPoint ? [exports] : [],
      );
      writeFileSync(join(to, `${basename(entry, ".ts")}.js`), `export { ${names.join(", ")} } from "./all.js";\n`);
    }
  }
  // What is imported later is a module of its own, and may bring others into the list.
  for (const entry of apart) await build({ ...options, entryPoints: [entry], outdir: to });
  const file = join(to, entries.length > 1 ? "all.js" : "index.js");
  writeFileSync(file, named(readFileSync(file, "utf8")));
  for (const path of neighbours) copyFileSync(path, join(to, basename(path)));
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
