/**
 * A text as a list of numbers, names and signs.
 */
import { ExpressionError, type Place } from "./error.ts";

export interface Token extends Place {
  readonly kind: "number" | "name" | "sign" | "break" | "end";
  readonly text: string;
}

/** Texts longer than this are refused. */
export const longestText = 2000;

const patterns: readonly (readonly [Token["kind"] | "space", RegExp])[] = [
  ["space", /[ \t\r\u00a0]+|#[^\n]*|\/\/[^\n]*/y],
  ["break", /[\n;]/y],
  ["number", /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ["name", /[\p{L}_][\p{L}\p{M}\p{Nd}_]*/uy],
  ["sign", /\*\*=?|[-+*/]=|[-+*/^=(),[\].·×−÷]/y],
];

/** What people write, in the language's own signs. */
const same: Readonly<Record<string, string>> = { "^": "**", "·": "*", "×": "*", "−": "-", "÷": "/" };

/** The tokens of a text, the last of which is its end. Comments begin with `#` or `//`. */
export function tokensOf(text: string): Token[] {
  if (text.length > longestText)
    throw new ExpressionError(text, {
      start: longestText,
      end: text.length,
      expected: `at most ${longestText} characters`,
      got: `${text.length}`,
      hint: "What is to be seen at once is short; longer programs are for your editor.",
    });
  const tokens: Token[] = [];
  for (let start = 0; start < text.length; ) {
    const { kind, end } = next(text, start);
    const written = text.slice(start, end);
    if (kind !== "space") tokens.push({ kind, text: same[written] ?? written, start, end });
    start = end;
  }
  tokens.push({ kind: "end", text: "", start: text.length, end: text.length });
  return tokens;
}

function next(text: string, start: number): { kind: Token["kind"] | "space"; end: number } {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = start;
    if (pattern.test(text)) return { kind, end: pattern.lastIndex };
  }
  const sign = String.fromCodePoint(text.codePointAt(start)!);
  throw new ExpressionError(text, {
    start,
    end: start + sign.length,
    expected: "a number, a name, or one of + - * / ** ( )",
    got: `"${sign}"`,
  });
}
