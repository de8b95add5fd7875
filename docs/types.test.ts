/**
 * TypeScript finds no mistake in the programs of the documentation, as strict as a new project of its makes it.
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { allPrograms, fileName, root } from "./all-programs.ts";
import { companions } from "./programs.ts";

// Inside a package that has all the others, so that their names resolve.
let folder: string;
beforeAll(() => {
  const out = join(root, "packages", "chainrule", "out");
  mkdirSync(out, { recursive: true });
  folder = mkdtempSync(join(out, "types-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const compilerOptions = { noEmit: true, noUnusedLocals: false, noUnusedParameters: false };

it("the programs in the documentation have no mistakes", { timeout: 240_000 }, async () => {
  const programs = allPrograms();
  expect(programs.length).toBeGreaterThan(100);
  for (const file of companions) copyFileSync(join(root, "docs/course", file), join(folder, file));
  // Each is a module, with names of its own.
  for (const { name, code } of programs) writeFileSync(join(folder, `${fileName(name)}.ts`), `${code}\nexport {};\n`);
  const config = { extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const said = await promisify(execFile)(process.execPath, [tsc, "-p", folder], { cwd: folder }).then(
    () => "",
    ({ stdout, stderr }) => stdout + stderr,
  );
  expect(said).toBe("");
});
