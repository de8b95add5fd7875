/**
 * Runs before a package is packed or published, from its folder: refuses what would make a broken package.
 *
 * - npm and yarn would publish `workspace:*` and exports that name sources, which are not packed; pnpm writes both anew.
 * - What is published says where its repository is: provenance compares it with the one that the workflow runs in.
 * - `dist` must be what the sources say now. Source maps hold the sources that were built, so that the two can be compared.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { addressesOf } from "./.pnpmfile.mjs";

/**
 * What stands against publishing the package in `folder`, or undefined.
 *
 * @param {string} folder
 * @param {string | undefined} userAgent what the package manager calls itself, `npm_config_user_agent`: `pnpm/12.21.0 npm/? node/v20 …`
 * @param {string | undefined} command what it was called for, `npm_command`: "pack" or "publish"
 * @param {Record<string, any>} workspace the manifest of the workspace
 */
export function unfit(
  folder,
  userAgent = "",
  command = "pack",
  workspace = manifestIn(fileURLToPath(new URL(".", import.meta.url))),
) {
  if (!userAgent.startsWith("pnpm/"))
    return `This package must be packed and published by pnpm, not by ${userAgent.split("/")[0] || "hand"}: its dependencies say workspace:* and its exports name sources, which pnpm replaces and npm does not. Try npx -y pnpm@12 publish, after npx -y pnpm@12 build.`;
  if (
    command === "publish" &&
    !/^git\+https:\/\/[^/]+\/[^/]+\/[^/]+\.git$/.test(addressesOf(workspace).repository?.url ?? "")
  )
    return 'The package would not say where its repository is, without which npm refuses its provenance. Write it once, in the package.json of the workspace, for all packages: "repository": "https://github.com/<owner>/<name>". Homepage and bugs follow from it, unless they are written there too.';
  const { publishConfig } = manifestIn(folder);
  // A package whose files are its sources has nothing to build.
  if (!publishConfig.exports) return undefined;
  const stale = [...missing(folder, publishConfig.exports), ...unlike(folder)];
  if (stale.length === 0) return undefined;
  const more = stale.length > 1 ? `, and ${stale.length - 1} more` : "";
  return `dist is not what the sources say now: ${stale[0]}${more}. Build from the workspace's folder: npx -y pnpm@12 build.`;
}

/** @param {string} folder */
function manifestIn(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/**
 * Files of `dist` that the manifest names and that are not there.
 *
 * @param {string} folder
 * @param {string | object} entry
 * @returns {string[]}
 */
function missing(folder, entry) {
  if (typeof entry !== "string") return Object.values(entry).flatMap((inner) => missing(folder, inner));
  return existsSync(join(folder, entry)) ? [] : [`${entry} is missing`];
}

/**
 * Sources that were not built, or were other ones when they were built.
 *
 * @param {string} folder
 */
function unlike(folder) {
  const [src, dist] = [join(folder, "src"), join(folder, "dist")];
  const list = (/** @type {string} */ path) =>
    existsSync(path) ? readdirSync(path, { recursive: true, encoding: "utf8" }) : [];
  const wrong = list(src)
    .filter((file) => /(?<!\.test|\.d)\.ts$/.test(file) && !existsSync(join(dist, file.replace(/\.ts$/, ".js.map"))))
    .map((file) => `src/${file} was not built`);
  for (const file of list(dist).filter((file) => file.endsWith(".js.map"))) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(dist, file), "utf8"));
    for (const [i, source] of sources.entries()) {
      const path = join(dist, dirname(file), source);
      if (relative(src, path).startsWith("..")) continue;
      if (!existsSync(path)) wrong.push(`dist/${file} is of ${relative(folder, path)}, which is gone`);
      else if (readFileSync(path, "utf8") !== sourcesContent?.[i])
        wrong.push(`dist/${file} is of another ${relative(folder, path)}`);
    }
  }
  return wrong;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = unfit(process.cwd(), process.env.npm_config_user_agent, process.env.npm_command);
  if (reason) {
    console.error(reason);
    process.exitCode = 1;
  }
}
