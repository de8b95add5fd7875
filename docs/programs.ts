/**
 * The programs of a Markdown page, and what they print, as the tests of the documentation and `pnpm lesson` see them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The workspace's folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));

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

/** The programs of all pages: of the READMEs and of docs/. */
export function allPrograms(): (Program & { readonly name: string })[] {
  const packages = readdirSync(join(root, "packages")).filter((name) => name !== "testing");
  const files = ["README.md", ...markdown("docs"), ...packages.flatMap((name) => markdown(`packages/${name}`))];
  return files.flatMap((file) =>
    programsOf(readFileSync(join(root, file), "utf8")).map((program, i) => ({
      name: `${file}, program ${i + 1}`,
      ...program,
    })),
  );
}

/** What a program's file is called, without an ending. */
export function fileName(program: string): string {
  return program.replace(/\W+/g, "-");
}

function markdown(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return folder.startsWith("docs") ? markdown(path) : [];
    return entry.name.endsWith(".md") ? [path] : [];
  });
}
