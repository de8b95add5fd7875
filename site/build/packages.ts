/**
 * The packages that a user installs, as the workspace has them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** A package that is published. */
export interface Package {
  /** The name of its folder: `core`. */
  readonly folder: string;
  /** `@chainrule/core` */
  readonly name: string;
  readonly description: string;
}

/** All that have an API of their own: not the one that exports the others again, and not what only makes files. */
export function packagesWithApi(): Package[] {
  return readdirSync(join(root, "packages"))
    .sort()
    .flatMap((folder) => {
      const {
        name,
        description,
        exports,
        private: isPrivate,
      } = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
      return exports && !isPrivate && name !== "chainrule" ? [{ folder, name, description }] : [];
    });
}
