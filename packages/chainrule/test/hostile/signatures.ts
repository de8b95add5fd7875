/**
 * The parameters of a function or a class, read off its source text.
 */

/** A parameter's name, "options" for one that is taken apart where it is declared; and whether it takes all the rest. */
export interface Parameter {
  name: string;
  rest: boolean;
}

export function parametersOf(f: unknown): Parameter[] {
  if (typeof f !== "function") return [];
  const text = Function.prototype.toString.call(f);
  if (/^class\b/.test(text)) {
    const own = /(?:^|[\s;}])constructor\s*\(/.exec(text);
    return own ? split(text, own.index + own[0].length - 1) : parametersOf(Object.getPrototypeOf(f));
  }
  if (/native code/.test(text)) return [];
  const bare = /^(?:async\s+)?([\w$]+)\s*=>/.exec(text);
  if (bare) return [{ name: bare[1], rest: false }];
  return split(text, text.indexOf("("));
}

/** The list in parentheses that opens at `open`, cut at its own commas. */
function split(text: string, open: number): Parameter[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  let quote = "";
  for (let i = open; i >= 0 && i < text.length; i++) {
    const c = text[i];
    if (quote) {
      if (c === quote && text[i - 1] !== "\\") quote = "";
    } else if (c === '"' || c === "'" || c === "`") quote = c;
    else if (c === "(" || c === "[" || c === "{") depth++;
    else if (c === ")" || c === "]" || c === "}") depth--;
    if (depth === 0) break;
    if (depth === 1 && c === "," && !quote) {
      parts.push(part);
      part = "";
    } else if (i > open) part += c;
  }
  parts.push(part);
  return parts
    .map((p) => p.replace(/\/\*.*?\*\//gs, "").trim())
    .filter((p) => p !== "")
    .map((p) => {
      const rest = p.startsWith("...");
      const bare = rest ? p.slice(3) : p;
      return { name: bare.startsWith("{") ? "options" : (/^[\w$]+/.exec(bare)?.[0] ?? "list"), rest };
    });
}
