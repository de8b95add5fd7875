/**
 * Whether a function's source changes what is outside of the function: a counter that it closes over, a private field, a
 * list. Such a function is another one at each call, though it may take long until that is seen in what it computes.
 */

const name = "[#\\w$]+";
const path = `(?:\\.${name}|\\[[^\\]]*\\])*`;
const operators = "(?:[-+*/%&|^]|\\*\\*|<<|>>>?|&&|\\|\\||\\?\\?)=";
const methods = "push|pop|shift|unshift|splice|set|delete|clear|next|fill|sort|reverse";

/** Each has the changed thing as its first group. */
const changes = [
  // steps++, this.#steps += 1
  new RegExp(`(${name}${path})\\s*(?:\\+\\+|--|${operators})`, "g"),
  // ++steps
  new RegExp(`(?:\\+\\+|--)\\s*(${name}${path})`, "g"),
  // flag = false, at the beginning of a statement, where it is no default of a parameter
  new RegExp(`(?:[;{}]|\\n)\\s*(${name}${path})\\s*=(?![=>])`, "g"),
  // seen.push(x)
  new RegExp(`(${name}${path})\\.(?:${methods})\\(`, "g"),
];

/**
 * Whether the source of a function changes something that it has not declared itself, as far as can be seen. Plain
 * properties of `this` do not count: they can be looked at from outside.
 */
export function changesOutside(f: object): boolean {
  const source = String(f).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  return changes.some((change) =>
    [...source.matchAll(change)].some(([, changed]) => {
      if (changed.startsWith("this.")) return changed.startsWith("this.#");
      const [root] = changed.split(/[.[]/);
      return !isDeclared(source, root);
    }),
  );
}

/** Whether the name is a variable or a parameter of the source. */
function isDeclared(source: string, root: string): boolean {
  const escaped = root.replaceAll("$", "\\$");
  return new RegExp(
    `\\b(?:let|var|const)\\b[^;\\n]*(?<![\\w$.])${escaped}(?![\\w$])|[(,[]\\s*(?:\\.\\.\\.)?${escaped}\\s*[,)=:\\]}]|\\{\\s*${escaped}\\s*[,:}]|(?<![\\w$.])${escaped}\\s*=>`,
  ).test(source);
}
