/**
 * What `pnpm pack` and `pnpm publish` change in the manifest of a package: addresses come from the package.json of the
 * workspace, where the repository is written once, and what is needed only to work on the package goes.
 */
import { readFileSync } from "node:fs";

const manifestOfWorkspace = () => JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/**
 * The addresses that every package has, from those of the workspace, of which the repository's is enough.
 *
 * @param {Record<string, any>} workspace
 */
export function addressesOf({ author, repository, homepage, bugs }) {
  const url = typeof repository === "string" ? repository : repository?.url;
  const web = url?.replace(/^git\+/, "").replace(/\.git$/, "");
  const all = {
    author,
    repository: url && { type: "git", url: `git+${web}.git` },
    homepage: homepage ?? (web && `${web}#readme`),
    bugs: bugs ?? (web && { url: `${web}/issues` }),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

export const hooks = {
  /** @param {Record<string, any>} manifest */
  beforePacking(manifest, _folder = "", workspace = manifestOfWorkspace()) {
    Object.assign(manifest, addressesOf(workspace));
    // `packages/<name>` is where npm looks for the README that belongs to the package.
    if (manifest.repository) manifest.repository.directory = `packages/${manifest.name.replace("@chainrule/", "")}`;
    delete manifest.devDependencies;
    delete manifest.scripts;
    return manifest;
  },
};
