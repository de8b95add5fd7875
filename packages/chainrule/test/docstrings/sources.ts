/**
 * Reads TypeScript sources by their lines: what a module exports, where it is declared, and the doc comment before it.
 *
 * No parser: the formatter puts every declaration of a module at the start of a line, and every member of a class two
 * spaces in, which is all that this needs.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Declaration {
  readonly name: string;
  readonly kind: string;
  readonly file: string;
  readonly line: number;
  /** The text of the doc comment right before it; null where there is none. */
  readonly comment: string | null;
  /** Whether it is a member that has its comment from the class above. */
  readonly isOverride?: boolean;
}

const declared =
  /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:async )?(function|class|const|let|interface|type|enum)\*? (\w+)/;

/** The declarations of a module, exported or not; of overloads and merged ones, the first. */
export function declarationsOf(file: string, source = readFileSync(file, "utf8")): Map<string, Declaration> {
  const lines = source.split("\n");
  const found = new Map<string, Declaration>();
  lines.forEach((line, at) => {
    const [, kind, name] = declared.exec(line) ?? [];
    if (name && !found.has(name))
      found.set(name, { name, kind, file, line: at + 1, comment: commentBefore(lines, at) });
  });
  return found;
}

const member =
  /^ {2}(?:(?:public|static|override|readonly|abstract|async|get|set|declare) )*(#?\w+|\[Symbol\.\w+\]|\[Symbol\.for\("[^"]*"\)\])(?:[?!]?:| =|[?!]?;|\(|<)/;

/** The members of a class or an interface of the module, without private ones and constructors; of a pair, the first. */
export function membersOf(file: string, name: string, source = readFileSync(file, "utf8")): Declaration[] {
  const lines = source.split("\n");
  const head = lines.findIndex((line) => declared.exec(line)?.[2] === name);
  const start = lines.findIndex((line, at) => at >= head && line.endsWith("{"));
  const found = new Map<string, Declaration>();
  for (let at = start + 1; at < lines.length && lines[at] !== "}"; at++) {
    const [, key] = member.exec(lines[at]) ?? [];
    if (!key || key.startsWith("#") || key === "constructor" || found.has(key)) continue;
    if (/^ {2}(private|protected) /.test(lines[at])) continue;
    found.set(key, {
      name: `${name}.${key}`,
      kind: "member",
      file,
      line: at + 1,
      comment: commentBefore(lines, at),
      isOverride: /\boverride\b/.test(lines[at].split("(")[0]),
    });
  }
  return [...found.values()];
}

/** The doc comment that ends right before a line, without its stars. */
function commentBefore(lines: readonly string[], at: number): string | null {
  let end = at - 1;
  // Notes to the linter may stand between.
  while (lines[end]?.trim().startsWith("// biome-ignore")) end--;
  if (!lines[end]?.trim().endsWith("*/")) return null;
  let start = end;
  while (start > 0 && !/^\s*\/\*/.test(lines[start])) start--;
  if (!lines[start].trim().startsWith("/**")) return null;
  return textOf(lines.slice(start, end + 1).join("\n"));
}

/** Whether a declaration has no comment, or one of tags only. */
export function saysNothing({ comment }: Declaration): boolean {
  return comment === null || !/\w+\W+\w+/.test(comment.split(/^@/m)[0]);
}

/** What a doc comment says, line by line. */
export function textOf(comment: string): string {
  return comment
    .replace(/^\s*\/\*\*/, "")
    .replace(/\*\/\s*$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}

/** What a module exports, by name, from wherever it is declared. Names from other packages are theirs. */
export function exportsOf(file: string): Map<string, Declaration> {
  const source = readFileSync(file, "utf8");
  const found = new Map<string, Declaration>();
  const from = (path: string) => join(dirname(file), path);
  const own = declarationsOf(file, source);
  const imported = importsOf(source);
  for (const [name, declaration] of own)
    if (source.split("\n")[declaration.line - 1].startsWith("export ")) found.set(name, declaration);
  for (const [, namespace, path] of source.matchAll(/^export \*(?: as (\w+))? from "(\.[^"]+)";/gm))
    for (const [name, declaration] of exportsOf(from(path)))
      found.set(namespace ? `${namespace}.${name}` : name, declaration);
  for (const [, list, path] of source.matchAll(/^export (?:type )?\{([^}]*)\}(?: from "([^"]+)")?;/gm)) {
    if (path && !path.startsWith(".")) continue;
    const there = path ? exportsOf(from(path)) : null;
    for (const item of list
      .split(",")
      .map((part) => part.trim().replace(/^type /, ""))
      .filter(Boolean)) {
      const [name, alias = name] = item.split(" as ");
      const origin = imported.get(name);
      if (!there && origin?.whole) {
        for (const [key, declaration] of exportsOf(from(origin.path))) found.set(`${alias}.${key}`, declaration);
        continue;
      }
      if (!there && origin && !origin.path.startsWith(".")) continue;
      const declaration = there?.get(name) ?? own.get(name) ?? (origin && exportsOf(from(origin.path)).get(name));
      if (!declaration) throw new Error(`${file} exports ${name}, which is not declared where it says`);
      found.set(alias, declaration);
    }
  }
  return found;
}

function importsOf(source: string): Map<string, { path: string; whole: boolean }> {
  const found = new Map<string, { path: string; whole: boolean }>();
  for (const [, name, path] of source.matchAll(/^import \* as (\w+) from "([^"]+)";/gm))
    found.set(name, { path, whole: true });
  for (const [, list, path] of source.matchAll(/^import (?:type )?\{([^}]*)\} from "([^"]+)";/gm))
    for (const name of list.split(",").map((part) => part.trim().replace(/^type /, "")))
      found.set(name, { path, whole: false });
  return found;
}
