/**
 * The programs of a Markdown page, and what they print, as the tests of the documentation and `pnpm lesson` see them.
 */

/** Files of docs/course that its programs import, and that stand beside them when they are run. */
export const companions = ["value-in-100-lines.ts", "tiny-gpt.ts"];

/** A block of TypeScript, which is a program of its own. */
export interface Program {
  readonly code: string;
  /**
   * The lines that it prints, as the page says: those of a block of `text` that comes after it and before any other
   * block, or else its comments `// prints …`; null where the page does not say.
   */
  readonly output: string[] | null;
}

/** The programs of a page, in order. */
export function programsOf(markdown: string): Program[] {
  const blocks = [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language,
    text,
  }));
  return blocks.flatMap(({ language, text: code }, i) => {
    if (language !== "ts") return [];
    const next = blocks[i + 1];
    if (next?.language === "text") return [{ code, output: linesOf(next.text) }];
    const comments = [...code.matchAll(/\/\/ prints (.*)$/gm)].map(([, text]) => text);
    return [{ code, output: comments.length > 0 ? comments : null }];
  });
}

/** The lines of an output, without spaces at their ends, which cannot be seen. */
export function linesOf(output: string): string[] {
  return output
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd());
}
