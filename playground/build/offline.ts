/**
 * The service worker that keeps the whole page for visits without a network.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Writes `offline.js` with the list of all files that were built. */
export function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const files = Object.keys(bundle)
          .filter((name) => !name.endsWith(".map"))
          .sort();
        const version = createHash("sha256");
        for (const name of files) {
          const file = bundle[name];
          version.update(name).update(file.type === "chunk" ? file.code : file.source);
        }
        const template = readFileSync(join(import.meta.dirname, "offline-worker.js"), "utf8");
        const source = template
          .replace('"FILES"', JSON.stringify(["./", ...files]))
          .replace('"VERSION"', JSON.stringify(version.digest("hex").slice(0, 16)));
        this.emitFile({ type: "asset", fileName: "offline.js", source });
      },
    },
  };
}
