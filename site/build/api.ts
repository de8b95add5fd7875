/**
 * The API reference: TypeDoc's Markdown of what each package exports.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Application } from "typedoc";
import { packagesWithApi } from "./packages.ts";

/** Writes `pages/api`. */
export async function writeApi(site: string): Promise<void> {
  const entries = join(site, "entries");
  mkdirSync(entries, { recursive: true });
  for (const { folder, description } of packagesWithApi())
    writeFileSync(
      join(entries, `${folder}.ts`),
      `/**\n * ${description}.\n *\n * @module ${folder}\n */\nexport * from "../../packages/${folder}/src/index.ts";\n`,
    );
  const app = await Application.bootstrapWithPlugins({ options: join(site, "typedoc.json") });
  const project = await app.convert();
  if (!project) throw new Error("TypeDoc could not read the packages");
  await app.generateOutputs(project);
  rmSync(entries, { recursive: true });
  for (const path of readdirSync(join(site, "pages/api"), { recursive: true, encoding: "utf8" }))
    if (path.endsWith(".md")) {
      const page = join(site, "pages/api", path);
      writeFileSync(page, withParameterLists(readFileSync(page, "utf8")));
    }
}

/** TypeDoc gives the parameters of a constant that is a function a heading each; a list reads better. */
export function withParameterLists(page: string): string {
  return page
    .replace(/^## Param\n\n\*\*(.*?)\*\*\n\n/gm, "- **$1**: ")
    .replace(/^(?!- \*\*)(.*)\n\n- \*\*/m, "$1\n\n## Parameters\n\n- **");
}
