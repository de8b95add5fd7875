/**
 * Packages that Node loads when something of them is first used: what there is of them at once.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { tsImport } from "tsx/esm/api";
import { isClass, isLater } from "./stand-ins.mjs";

const packages = fileURLToPath(new URL("../packages", import.meta.url));

/** Those that most programs do not need, or not at once, each with the file that says what its import does all the same. */
export const lazily = {
  compiler: "at-import.ts",
  data: null,
  distributions: null,
  experiments: null,
  explain: null,
  functions: "names-elsewhere.ts",
  io: "at-import.ts",
  notebook: "at-import.ts",
  transforms: null,
  viz: null,
};
export const isLazy = (name) => Object.hasOwn(lazily, name);
/** Of these, what other packages build on is loaded when it is called, too. */
export const isInternalLazy = (name) => name === "viz";

/** What an import of the package does at once, which then is in no module that is loaded later. */
export const ownEffect = (name) =>
  lazily[name] && !hasAtImport(name) ? join(packages, name, "src", lazily[name]) : null;
const hasAtImport = (name) => lazily[name] === "at-import.ts";

const namesOf = async (name, entry) => {
  const all = await tsImport(pathToFileURL(join(packages, name, "src", entry)).href, import.meta.url);
  return Object.entries(all).filter(([key]) => key !== "default");
};

/** The source of an entry of such a package: `index.ts`, or `internal.ts` where that is lazy too. */
export async function entrySource(name, entry) {
  const exported = (await namesOf(name, entry)).map(([key]) => key);
  const load = '() => createRequire(import.meta.url)("./all.js")';
  const source = await standInsSource(name, load, exported);
  return `import { createRequire } from "node:module";\n${head}\n${source}`;
}

/** The source of what `chainrule` is at once: names of modules that are loaded, and what stands in for the other packages. */
export async function chainruleSource() {
  const index = readFileSync(join(packages, "chainrule/src/index.ts"), "utf8");
  const wanted = new Set((await namesOf("chainrule", "index.ts")).map(([key]) => key));
  const lines = [
    'import { createRequire } from "node:module";',
    head,
    "const load = createRequire(import.meta.url);",
    'const beside = (index) => load(index.replace(/index\\.js$/, "all.js"));',
  ];
  for (const [, name] of index.matchAll(/^export \* from "@chainrule\/(\w+)";/gm)) {
    const found = (await namesOf(name, "index.ts")).map(([key]) => key).filter((key) => wanted.delete(key));
    // What models import is there anyway.
    if (isLazy(name) && name !== "compiler")
      lines.push(await standInsSource(name, `() => beside(load.resolve("@chainrule/${name}"))`, found));
    else lines.push(`export { ${found.join(", ")} } from "@chainrule/${name}";`);
  }
  if (wanted.size > 0) throw new Error(`chainrule: nobody has ${[...wanted].join(", ")}`);
  return lines.join("\n");
}

const head = 'import { standIns } from "@chainrule/core/internal";';

/** Lines that export what stands in for a package; `load` is the code of a function that loads all of it. */
async function standInsSource(name, load, exported) {
  const known = new Map(await namesOf(name, "index.ts"));
  if (isInternalLazy(name)) for (const [key, value] of await namesOf(name, "internal.ts")) known.set(key, value);
  const [functions, classes, lines] = [[], [], []];
  for (const [key, value] of known)
    if (isLater(value)) functions.push(described(key, value));
    else if (isClass(value)) classes.push(key);
    else if (typeof value !== "symbol" || Symbol.keyFor(value) === undefined)
      throw new Error(`${name}: nothing stands in for ${key}`);
    else if (exported.includes(key))
      lines.push(`export const ${key} = Symbol.for(${JSON.stringify(Symbol.keyFor(value))});`);
  const given = [JSON.stringify(name), load, JSON.stringify(functions.join(" ")), JSON.stringify(classes.join(" "))];
  const file = JSON.stringify(lazily[name] && join(packages, name, "src", lazily[name]));
  if (hasAtImport(name)) lines.unshift(`import { atImport as ${name}AtImport } from ${file};`);
  if (hasAtImport(name)) given.push(`${name}AtImport`);
  else if (lazily[name]) given.push(`() => require(${file})`);
  const names = exported.filter((key) => isLater(known.get(key)) || isClass(known.get(key)));
  return [...lines, `export const { ${names.join(", ")} } = standIns(${given.join(", ")});`].join("\n");
}

/** Length and name of a function, and what it is called and has, where that is more than its name. */
function described(key, value) {
  const [own, ...more] = Object.keys(value);
  if (more.length > 0) throw new Error(`${key} has ${more.join(", ")} too`);
  if (own) return `${value.length}${key}/${value.name}/${own}`;
  return value.name === key ? `${value.length}${key}` : `${value.length}${key}/${value.name}`;
}
