// What `npm create chainrule` makes works: installed from the packs, it trains, its test passes, and it has no type errors.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * @param folder has the packs installed
 * @param packs their files
 */
export function checkCreated(folder, packs) {
  const apart = mkdtempSync(join(tmpdir(), "chainrule-created-"));
  const run = (command, args, cwd) =>
    execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
  try {
    run(join(folder, "node_modules/.bin/create-chainrule"), ["my-model"], apart);
    const project = join(apart, "my-model");
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
    run("npm", ["install", "--no-save", ...quiet, ...packs.filter((pack) => !/create-/.test(pack))], project);
    const said = run("npm", ["start"], project);
    const [, accuracy] = /held out: loss [\d.]+, accuracy ([\d.]+)%/.exec(said) ?? [];
    if (!(Number(accuracy) > 90)) throw new Error(`a created project does not learn: ${said}`);
    const tested = run("npm", ["test"], project);
    if (!/^[#ℹ] pass 2$/m.test(tested)) throw new Error(`a created project's tests do not pass: ${tested}`);
    const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
    run(process.execPath, [tsc, "-p", project], apart);
    console.log(`a created project trains to an accuracy of ${accuracy}%, and its tests pass`);
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
}
