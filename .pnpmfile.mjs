/**
 * What `pnpm pack` and `pnpm publish` change in the manifest of a package: addresses come from the package.json of the
 * workspace, where each is written once, and what is needed only to work on the package goes.
 */
import { readFileSync } from "node:fs";

const shared = ["author", "repository", "homepage", "bugs"];

export const hooks = {
  /** @param {Record<string, any>} manifest */
  beforePacking(manifest) {
    const workspace = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
    for (const field of shared) if (workspace[field] !== undefined) manifest[field] = workspace[field];
    // `packages/<name>` is where npm looks for the README that belongs to the package.
    if (manifest.repository?.url)
      manifest.repository = {
        ...manifest.repository,
        directory: `packages/${manifest.name.replace("@chainrule/", "")}`,
      };
    delete manifest.devDependencies;
    delete manifest.scripts;
    return manifest;
  },
};
