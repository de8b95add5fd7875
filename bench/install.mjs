/**
 * Installs the peers where they are missing or not the ones of the lockfile: they are no dependencies of the workspace.
 */
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const bench = fileURLToPath(new URL(".", import.meta.url));
// npm writes its own note of what it installed, last of all.
const installed = `${bench}node_modules/.package-lock.json`;
const isCurrent = existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${bench}package-lock.json`).mtimeMs;
if (!isCurrent) {
  console.log("installing the peers into bench/node_modules …");
  execFileSync("npm", ["ci", "--loglevel=error"], { cwd: bench, stdio: "inherit" });
}
