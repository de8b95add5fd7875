/**
 * Every TypeScript block of the READMEs and of docs/ is run as a program of its own; what it prints must be what its
 * comments `// prints …` say, in that order, or the block of `text` after it. A page that means TypeScript which is no
 * program of its own says `typescript`.
 *
 * All are bundled at once, so that the library is read and stripped of its types once instead of for every program.
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allPrograms, fileName, root } from "./all-programs.ts";
import { companions, linesOf } from "./programs.ts";

const programs = allPrograms();

describe("the programs in the documentation", () => {
  // Inside a package that has all the others, so that their names resolve.
  let folder: string;
  beforeAll(async () => {
    const out = join(root, "packages", "chainrule", "out");
    mkdirSync(out, { recursive: true });
    folder = mkdtempSync(join(out, "docs-"));
    for (const file of companions) copyFileSync(join(root, "docs/course", file), join(folder, file));
    for (const { name, code } of programs) writeFileSync(join(folder, `${fileName(name)}.ts`), code);
    await build({
      entryPoints: programs.map(({ name }) => join(folder, `${fileName(name)}.ts`)),
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      logLevel: "warning",
      // What libraries of others `require` at run time.
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    });
    copyFileSync(join(root, "packages/compiler/src/runtime/threads/worker.js"), join(folder, "worker.js"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are found", () => expect(programs.length).toBeGreaterThan(5));

  it.concurrent.each(programs)("$name runs and prints what it says", { timeout: 120_000 }, async ({ name, output }) => {
    const path = join(folder, `${fileName(name)}.mjs`);
    const { stdout } = await promisify(execFile)(process.execPath, [path], { cwd: folder });
    if (output) expect(linesOf(stdout)).toEqual(output);
  });
});
