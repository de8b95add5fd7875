/**
 * Two bundlers, by whose rules most pages are made: esbuild's, and Rollup's with Vite.
 */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The code that a page would load for this entry. */
export const byEsbuild = async (code: string): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    external: ["crypto"],
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].text;
};

/** Vite is there because vitest is; it bundles by the rules of Rollup. */
export const byVite = async (code: string, folder: string): Promise<string> => {
  const vite = await import(createRequire(import.meta.resolve("vitest")).resolve("vite"));
  const entry = join(folder, "entry.js");
  writeFileSync(entry, code);
  const { output } = await vite.build({
    root: folder,
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      rollupOptions: { input: entry, external: ["crypto"], preserveEntrySignatures: "strict" },
    },
  });
  return output[0].code;
};
