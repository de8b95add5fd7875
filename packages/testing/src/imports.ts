/**
 * What a source file imports, read from its text.
 */
import { readFileSync } from "node:fs";

/** What a file imports or exports from elsewhere; `isType` where only types are, of which nothing is left at run time. */
export function importsOf(path: string): { readonly specifier: string; readonly isType: boolean }[] {
  const text = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const statement = /^(?:import|export)\s+(type\s+)?(?:([^;"']*?)\s+from\s+)?"([^"]+)";/gm;
  const found = [...text.matchAll(statement)].map(([, type, what = "", specifier]) => {
    const names = /^\{([\s\S]*)\}$/
      .exec(what.trim())?.[1]
      .split(",")
      .flatMap((name) => name.trim() || []);
    return { specifier, isType: type !== undefined || (names?.every((name) => name.startsWith("type ")) ?? false) };
  });
  const later = [...text.matchAll(/\bimport\("([^"]+)"\)/g)].map(([, specifier]) => ({ specifier, isType: false }));
  return [...found, ...later];
}
