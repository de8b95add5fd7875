/**
 * The built packages, packed as they would be published and installed into an empty folder: what users get.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const run = (command, args, cwd) => execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });

/** Builds, packs and installs the checkout at `root`; the folder, and the URL of the module `chainrule` in it. */
export function installBuilt(root, folder) {
  console.log(`building chainrule ${basename(folder) === "base" ? "of the other checkout " : ""}…`);
  mkdirSync(folder);
  run("npx", ["-y", "pnpm@12", "build"], root);
  const packages = join(root, "packages");
  for (const name of readdirSync(packages)) {
    const { private: isPrivate } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
    if (!isPrivate) run("npx", ["-y", "pnpm@12", "pack", "--pack-destination", folder], join(packages, name));
  }
  const overrides = {};
  for (const pack of readdirSync(folder).filter((file) => file.endsWith(".tgz"))) {
    const base = pack.replace(/-\d+\.\d+\.\d+.*\.tgz$/, "");
    const name = base.startsWith("chainrule-") ? base.replace("chainrule-", "@chainrule/") : base;
    overrides[name] = `file:${join(folder, pack)}`;
  }
  const manifest = { name: "user", private: true, type: "module", dependencies: overrides, overrides };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], folder);
  return { folder, module: pathToFileURL(createRequire(join(folder, "package.json")).resolve("chainrule")).href };
}
