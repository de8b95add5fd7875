/**
 * Builds the playground and serves it as a static host would, once for all tests.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";
import type { TestProject } from "vitest/node";
import { findChromium } from "../../.ci/chromium.mjs";

declare module "vitest" {
  export interface ProvidedContext {
    address: string;
    /** The path of Chromium. */
    chromium: string;
  }
}

export default async function start(project: TestProject) {
  const name = findChromium();
  if (name === null) throw new Error("these tests need Chromium: install Debian's package `chromium`");
  const root = fileURLToPath(new URL("..", import.meta.url));
  // Vitest sets this to "test", and Vite would build another page than the one that is published.
  process.env.NODE_ENV = "production";
  const outDir = mkdtempSync(join(tmpdir(), "chainrule-playground-"));
  await build({ root, logLevel: "warn", build: { outDir, emptyOutDir: true } });
  const server = await preview({ root, logLevel: "warn", build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error("the playground is not served");
  project.provide("address", address);
  project.provide("chromium", process.env.CHROMIUM ?? `/usr/bin/${name}`);
  return async () => {
    await server.close();
    rmSync(outDir, { recursive: true, force: true });
  };
}
