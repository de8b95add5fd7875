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
