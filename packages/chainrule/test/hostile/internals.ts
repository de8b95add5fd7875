/**
 * What of classes is nobody's to call: JavaScript has no word for `protected` and `abstract`, so the sources tell.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("../../..", import.meta.url));
const declaration = /^(?:export )?(?:default )?(?:declare )?(abstract )?(class|interface|function|type|const) (\w+)/;
const member =
  /^ {2}((?:(?:public|protected|private|static|override|readonly|abstract|async|get|set) )*)(\w+)\??(?:\(|<|:)/;

/** What the sources of a package say of its classes. */
export interface Internals {
  /** Members that are protected or internal in every class that declares them. */
  readonly members: ReadonlySet<string>;
  /** Classes that nobody can make an object of. */
  readonly abstract: ReadonlySet<string>;
}

export function internalsOf(name: string): Internals {
  const [inside, outside, abstract] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const folder = join(packages, name, "src");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((f) => f.endsWith(".ts") && !f.endsWith(".test.ts"))) {
    const lines = readFileSync(join(folder, file), "utf8").split("\n");
    let isClass = false;
    lines.forEach((line, at) => {
      const [, isAbstract, kind, declared] = declaration.exec(line) ?? [];
      if (kind !== undefined) isClass = kind === "class";
      if (isAbstract) abstract.add(declared);
      const [, words, key] = (isClass && member.exec(line)) || [];
      if (key === undefined) return;
      if (/protected|private/.test(words) || commentBefore(lines, at).includes("@internal")) inside.add(key);
      // What overrides is as visible as what it overrides, and a setter as its getter.
      else if (!/override|set /.test(words)) outside.add(key);
    });
  }
  return { members: new Set([...inside].filter((key) => key !== "constructor" && !outside.has(key))), abstract };
}

function commentBefore(lines: readonly string[], at: number): string {
  if (!lines[at - 1]?.endsWith("*/")) return "";
  let start = at - 1;
  while (start > 0 && !lines[start].trim().startsWith("/**")) start--;
  return lines.slice(start, at).join("\n");
}
