/**
 * JSON from files that nobody vouches for: how deep it is, and which names it has twice, is known before it is parsed.
 */
import { DataError } from "@chainrule/core";

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** How deep lists and objects may lie within each other; models of models come to about 30. */
export const maxDepth = 200;

/**
 * What the text says.
 *
 * @throws DataError for what is no JSON, for nesting deeper than {@link maxDepth}, for an object that has a name twice,
 *   and for the name `__proto__`.
 */
export function parseJson(where: string, text: string): Json {
  checkNesting(where, text);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError({ where, expected: "JSON", got: `something else: ${(error as Error).message.slice(0, 120)}` });
  }
}

/** Goes through the text once, without recursion. */
function checkNesting(where: string, text: string): void {
  /** For each object or list around: the names so far; null for a list. */
  const open: (Set<string> | null)[] = [];
  let last: readonly [start: number, end: number] | null = null;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfText(text, at);
      last = [at, end];
      at = end - 1;
    } else if (character === "{" || character === "[") {
      open.push(character === "{" ? new Set() : null);
      if (open.length > maxDepth)
        throw new DataError({ where, expected: `JSON nested at most ${maxDepth} levels deep`, got: "deeper nesting" });
    } else if (character === "}" || character === "]") open.pop();
    else if (character === ":" && last) checkName(where, open.at(-1), text.slice(...last));
  }
}

/** The index behind a text in quotes. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++)
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  return text.length;
}

/** The same name may be spelled with escapes. */
function checkName(where: string, names: Set<string> | null | undefined, token: string): void {
  if (!names) return;
  let name = token;
  try {
    name = JSON.parse(token);
  } catch {
    return; // No JSON, which the parser says better.
  }
  if (name === "__proto__" || names.has(name))
    throw new DataError({
      where,
      expected: "JSON objects with each name once, and none called __proto__",
      got: `the name ${JSON.stringify(name.slice(0, 60))}${names.has(name) ? " twice" : ""}`,
    });
  names.add(name);
}

/** Whether it is an object, no list and not null. */
export function isRecord(x: unknown): x is { readonly [key: string]: Json } {
  return typeof x === "object" && x !== null && !Array.isArray(x);
}
