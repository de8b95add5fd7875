/**
 * What stands for functions and libraries that Node loads when they are first used.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { tsImport } from "tsx/esm/api";

/** The source of what stands for a file whose functions are loaded later. */
export async function standInsOf(path, key, loader) {
  const all = await tsImport(pathToFileURL(path).href, import.meta.url);
  const lines = [`import { all } from "${loader}";`];
  for (const name of Object.keys(all)) {
    const where = `all().${key}.${name}`;
    if (isLater(all[name])) lines.push(...standIn(name, all[name], where));
    else if (Object.values(all[name]).every(isLater) && Object.getPrototypeOf(all[name]) === Object.prototype) {
      const methods = Object.keys(all[name]).map((method) => {
        const parameters = parametersOf(all[name][method]);
        return `  ${method}(${parameters}) {\n    return ${where}.${method}(...arguments);\n  },`;
      });
      lines.push(`export const ${name} = {`, ...methods, "};");
    }
    // What is nothing of the kind is not exported: whoever imports it fails the build, and has to be in the list.
  }
  return lines.join("\n");
}

export const isClass = (value) =>
  typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
export const isLater = (value) => typeof value === "function" && !isClass(value);
const parametersOf = ({ length }) => Array.from({ length }, (_, i) => `a${i}`).join(", ");

/** The lines of a function that calls another, which is there when it is first called, of the same name, length and properties. */
export function standIn(name, real, where) {
  const lines = [`export function ${name}(${parametersOf(real)}) {\n  return ${where}.apply(this, arguments);\n}`];
  if (real.name !== name)
    lines.push(`Object.defineProperty(${name}, "name", { value: ${JSON.stringify(real.name)} });`);
  for (const key of Object.keys(real))
    lines.push(`Object.defineProperty(${name}, "${key}", { get: () => ${where}.${key}, enumerable: true });`);
  return lines;
}

/** The source of `all`, which loads a module beside it when it is first called. */
export const loaderOf = (module) => `import { createRequire } from "node:module";
let loaded;
export const all = () => (loaded ??= createRequire(import.meta.url)("./${module}.js"));
`;

/** Libraries of others: stand-ins for what they export, which load the library when they are used. */
export const whenUsed = (folder) => ({
  name: "when used",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === "entry-point") return undefined;
      // What is imported by name at run time anyway: our own packages, Node's, and the bar on the terminal.
      if (/^@chainrule\/|^node:|^cli-progress$/.test(path)) return { path, external: true };
      return { path, namespace: "when-used", sideEffects: false };
    });
    onLoad({ filter: /.*/, namespace: "when-used" }, ({ path }) => {
      const found = createRequire(join(folder, "package.json"))(path);
      const names = Object.keys(found).filter((name) => name !== "default" && /^[A-Za-z_]\w*$/.test(name));
      return { contents: standIns(path, typeof found === "function" ? [] : names) };
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
