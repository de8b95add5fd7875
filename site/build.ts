/**
 * Builds the site into `.vitepress/dist`: guides, course, examples, losses, API reference, and the playground below it.
 */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as buildPlayground } from "vite";
import { build } from "vitepress";
import { writeApi } from "./build/api/index.ts";
import { writeGuides } from "./build/guides.ts";
import { writeLosses } from "./build/losses.ts";
import { root } from "./build/packages.ts";

/** The site's folder. */
export const site = fileURLToPath(new URL(".", import.meta.url));

export async function buildSite(): Promise<void> {
  rmSync(join(site, "pages"), { recursive: true, force: true });
  writeGuides(site);
  writeLosses(site, await writeApi(site));
  await build(site);
  const playground = join(root, "playground");
  await buildPlayground({ root: playground, logLevel: "warn" });
  cpSync(join(playground, "dist"), join(site, ".vitepress/dist/playground"), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildSite();
