/**
 * A program of the collection as a script that stands by itself.
 */

/** How long a training lasts that says nothing of it. */
export const usualEpochs = 30;
/** Steps of a training by hand. */
export const usualSteps = 100;

/** A script in two parts: what is read, and what stands above it. */
export interface Script {
  /** Imports, and the functions that make the data. */
  readonly above: string;
  /** Data, model, training. */
  readonly body: string;
}

/** The script of a program of the collection; `helpers` is the source of what the collection shares. */
export function scriptOf(source: string, helpers: string): Script {
  const { before, returned } = contentsOf(source);
  return { above: aboveOf(source, helpers), body: `${before}\n\n${trainingOf(returned)}` };
}

/** All of it, with what `diagnose` says. */
export function wholeScript(source: string, helpers: string): string {
  const { returned } = contentsOf(source);
  const given = [...returned].map(([name, value]) => (name === value ? name : `${name}: ${value}`));
  const asked = returned.has("loss")
    ? `diagnose({ ${given.join(", ")} })`
    : `diagnose(model, [${returned.get("x")}, ${returned.get("y")}])`;
  const { body } = scriptOf(source, helpers);
  return `${aboveOf(source, helpers, ["diagnose"])}\n\n${body}\n\nconsole.log(String(${asked}));\n`;
}

/** What the function `program` does, without the comments, which would give its fault away. */
function contentsOf(source: string): ReturnType<typeof splitReturn> {
  const [, inside] = /export function program\(\): Program \{\n([\s\S]*)\n\}\n?$/.exec(source) ?? [];
  if (inside === undefined) throw new Error("a program of the collection is not written as the others are");
  const lines = inside.split("\n").filter((line) => !/^\s*\/\//.test(line));
  return splitReturn(lines.map((line) => line.replace(/^ {2}/, "")).join("\n"));
}

/** The imports of what a program uses and of `more`, and the functions that make its data. */
function aboveOf(source: string, helpers: string, more: readonly string[] = []): string {
  const own = new Map(helperFunctions(helpers).map(({ name, text }) => [name, text]));
  const imported = [...importsOf(source)];
  const used = imported.flatMap((name) => own.get(name) ?? []);
  const names = new Set([...more, ...imported.filter((name) => !own.has(name) && name !== "type Program")]);
  for (const name of importsOf(helpers))
    if (used.some((text) => new RegExp(`\\b${plain(name)}\\b`).test(text))) names.add(name);
  const sorted = [...names].sort((a, b) => plain(a).localeCompare(plain(b)));
  return [`import { ${sorted.join(", ")} } from "chainrule";`, ...used].join("\n\n");
}

const plain = (name: string) => name.replace("type ", "");

function importsOf(source: string): Set<string> {
  const names = new Set<string>();
  for (const [, list] of source.matchAll(/import(?: type)? \{([^}]*)\} from/g))
    for (const name of list.split(",")) if (name.trim()) names.add(name.trim());
  return names;
}

function helperFunctions(helpers: string): { name: string; text: string }[] {
  return [...helpers.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)export (function (\w+)\([\s\S]*?\n\})/g)].map(
    ([, comment, text, name]) => ({ name, text: `${comment}${text}` }),
  );
}

/** What comes before the last `return`, and what it returns by name. */
function splitReturn(text: string): { before: string; returned: ReadonlyMap<string, string> } {
  const at = text.lastIndexOf("return {");
  const object = text.slice(at + "return {".length, text.lastIndexOf("}"));
  const returned = new Map<string, string>();
  for (const part of topLevelParts(object)) {
    const [name] = /^\w+/.exec(part) ?? [""];
    returned.set(name, part.slice(name.length).replace(/^\s*:\s*/, "") || name);
  }
  return { before: text.slice(0, at).trimEnd(), returned };
}

function topLevelParts(text: string): string[] {
  const parts: string[] = [];
  let [depth, from] = [0, 0];
  for (let i = 0; i <= text.length; i++) {
    const character = text[i];
    if ("([{".includes(character ?? "-")) depth++;
    else if (")]}".includes(character ?? "-")) depth--;
    else if (i === text.length || (character === "," && depth === 0)) {
      const part = text.slice(from, i).trim();
      if (part) parts.push(part);
      from = i + 1;
    }
  }
  return parts;
}

function trainingOf(returned: ReadonlyMap<string, string>): string {
  if (returned.has("loss")) {
    if (returned.get("step") === "step") return `for (let i = 0; i < ${usualSteps}; i++) step();`;
    return `for (let i = 0; i < ${usualSteps}; i++) {\n  optimizer.zeroGrad();\n  loss().backward();\n  optimizer.step();\n}`;
  }
  const options = returned.get("train") ?? `{ epochs: ${usualEpochs} }`;
  return `await model.fit(${returned.get("x")}, ${returned.get("y")}, ${options});`;
}
