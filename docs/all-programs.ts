/**
 * The programs of all pages, which the tests of the documentation read from the files; programs.ts runs in the playground too.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Program, programsOf } from "./programs.ts";

/** The workspace's folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));

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
