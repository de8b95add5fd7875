/**
 * What is done to the code that the bundler wrote.
 */

/** Without imports of modules beside it that take nothing from them, where these do nothing either. */
export function withoutIdleImports(code, codes) {
  const doesNothing = (file) =>
    /^(var|const) \w+ = Object\.defineProperty;\nvar __export = /.test(codes.get(file) ?? "");
  return code.replace(/^import "\.\/(chunk-\w+\.js)";\n/gm, (line, file) => (doesNothing(file) ? "" : line));
}

/**
 * Gives back names that the bundle changed: of functions that it calls `x2`, because there is another `x` in it, and of
 * classes that mention themselves, which become `class _X`.
 */
export function named(code, aliases) {
  const renamed = [
    ...aliases.filter(([found]) => new RegExp(`^(async )?function\\*? ${found}\\(`, "m").test(code)),
    ...[...code.matchAll(/^var (\w+) = class _\1 /gm)].map(([, name]) => [name, name]),
  ];
  const lines = renamed.map(([found, name]) => `Object.defineProperty(${found}, "name", { value: "${name}" });\n`);
  return code.replace(/^export \{$/m, (start) => lines.join("") + start);
}

/** What a module exports by another name than the bundle gave it, which may be defined in a module beside it. */
export function aliasesIn(code) {
  const [, exported] = /^export \{\n([^}]*)\};$/m.exec(code) ?? [null, ""];
  return [...exported.matchAll(/^ {2}((\w+?)\d+) as \2,?$/gm)].map(([, found, name]) => [found, name]);
}

/** For what is left for later: names that it is to bring with it, so that the bundler puts all of the rest into one module. */
export const kept = (names) =>
  names.length > 0 ? `export { ${names.map((name) => `${name} as kept$${name}`).join(", ")} } from "everything";` : "";

const listed = (text) => [...text.matchAll(/([\w$]+)(?: as ([\w$]+))?/g)].map(([, name, as = name]) => [name, as]);
const written = (pairs) => pairs.map(([name, as]) => (name === as ? `  ${name}` : `  ${name} as ${as}`)).join(",\n");
const exportList = /^export \{\n([^}]*)\n\};$/m;
const entry = /^import \{\n([^}]*)\n\} from "\.\/(chunk-\w+\.js)";\s*export \{\n([^}]*)\n\};\n(?:\/\/# .*\n)?$/;

/**
 * Entries that do nothing but name parts of another module become one with it: all of a package is in `all.js`. What others
 * import of it by a name that the entry has for something else is `own$name` there.
 *
 * @param codes of the modules, by their files; those that become one are taken out
 * @returns the entry that each of these has become one with
 */
export function joinChunks(codes) {
  const joined = new Map();
  for (const [file, code] of [...codes]) {
    const [, imports, chunk, exports] = entry.exec(code) ?? [];
    const body = codes.get(chunk);
    if (body === undefined) continue;
    codes.delete(chunk);
    const localOf = new Map(listed(exportList.exec(body)[1]).map(([local, name]) => [name, local]));
    const localIn = new Map(listed(imports).map(([name, as]) => [as, localOf.get(name)]));
    const names = new Map(listed(exports).map(([local, name]) => [name, localIn.get(local)]));
    const nameOf = (name) => (names.has(name) && names.get(name) !== localOf.get(name) ? `own$${name}` : name);
    const own = [...names.keys()];
    for (const [other, text] of codes)
      if (other !== file)
        codes.set(
          other,
          importing(text, chunk, (name) => {
            const here = own.includes(name) ? nameOf(name) : name;
            names.set(here, localOf.get(name));
            return here;
          }).replaceAll(`"./${chunk}"`, `"./${file}"`),
        );
    const pairs = [...names].map(([name, local]) => [local, name]);
    codes.set(file, body.replace(exportList, () => `export {\n${written(pairs)}\n};`).replaceAll(chunk, file));
    joined.set(chunk, file);
  }
  return joined;
}

/** A module without what it only kept, that imports what it uses of another by other names, in as many lines as before. */
function importing(code, from, nameOf) {
  const list = new RegExp(`^import \\{\\n([^}]*)\\n\\} from "\\./${from}";`, "m");
  const found = list.exec(code);
  if (!found) return code;
  const rest = code
    .replace(list, "")
    .replace(
      exportList,
      (_, names) => `export {\n${written(listed(names).filter(([, as]) => !as.startsWith("kept$")))}\n};`,
    );
  const used = new Set(rest.match(/[\w$]+/g));
  const pairs = listed(found[1]).filter(([, as]) => used.has(as));
  const lines = found[0].split("\n").length - pairs.length - 2;
  const imports = `import {\n${written(pairs.map(([name, as]) => [nameOf(name), as]))}${"\n".repeat(lines)}\n} from "./${from}";`;
  const start = code.slice(0, found.index);
  return start + rest.slice(found.index).replace(/^/, () => imports);
}
