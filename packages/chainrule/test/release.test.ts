import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hooks } from "../../../.pnpmfile.mjs";
import { unfit } from "../../../release.mjs";

const packages = fileURLToPath(new URL("../..", import.meta.url));
const pnpm = "pnpm/12.21.0 npm/? node/v20.19.0 linux x64";

describe("a package is published by pnpm alone", () => {
  it("npm pack and npm publish stop in every package, and name the command that works", () => {
    for (const name of readdirSync(packages)) {
      const manifest = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
      if (!manifest.private) expect(manifest.scripts?.prepack, name).toBe("node ../../release.mjs");
    }
    const env = { ...process.env, npm_config_user_agent: undefined, npm_config_offline: "true" };
    const { status, stderr, stdout } = spawnSync("npm", ["pack", "--dry-run"], {
      cwd: join(packages, "core"),
      env,
      encoding: "utf8",
    });
    expect(status).not.toBe(0);
    expect(stderr + stdout).toContain("npx -y pnpm@12 publish");
  });

  it("the manifest that pnpm publishes has what is written once for all, and nothing of the workshop", () => {
    const manifest = hooks.beforePacking({
      name: "@chainrule/core",
      scripts: { prepack: "x" },
      devDependencies: { "@chainrule/testing": "0.1.0" },
    });
    expect(manifest).not.toHaveProperty("scripts");
    expect(manifest).not.toHaveProperty("devDependencies");
    const workspace = JSON.parse(readFileSync(join(packages, "../package.json"), "utf8"));
    for (const field of ["author", "homepage", "bugs"]) expect(manifest[field]).toEqual(workspace[field]);
  });
});

it("every package's README says how to install it, and that a project needs modules", () => {
  for (const folder of readdirSync(packages)) {
    const { name, private: isPrivate } = JSON.parse(readFileSync(join(packages, folder, "package.json"), "utf8"));
    if (isPrivate || name === "create-chainrule") continue;
    const readme = readFileSync(join(packages, folder, "README.md"), "utf8");
    expect(readme, folder).toContain(`npm install ${name}`);
    expect(readme, folder).toContain("npm pkg set type=module");
  }
});

describe("what was built is what the sources say", () => {
  let folder: string;
  const write = (files: Record<string, unknown>) => {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
    }
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "chainrule-release-"));
    write({
      "package.json": { publishConfig: { exports: { ".": { types: "./dist/a.d.ts", default: "./dist/a.js" } } } },
      "src/a.ts": "export const a = 1;\n",
      "src/a.test.ts": "",
      "dist/a.js": "export const a = 1;\n",
      "dist/a.d.ts": "export declare const a = 1;\n",
      "dist/a.js.map": { sources: ["../src/a.ts"], sourcesContent: ["export const a = 1;\n"] },
    });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("lets a fresh build pass, by pnpm", () => {
    expect(unfit(folder, pnpm)).toBeUndefined();
    expect(unfit(folder, "npm/10.8.2 node/v20.19.0")).toContain("not by npm");
    expect(unfit(folder, "yarn/1.22.22 npm/? node/v20.19.0")).toContain("not by yarn");
    expect(unfit(folder, undefined)).toContain("not by hand");
  });

  it.each([
    ["a source that changed", { "src/a.ts": "export const a = 2;\n" }, "dist/a.js.map is of another src/a.ts"],
    ["a new source", { "src/b.ts": "" }, "src/b.ts was not built"],
    [
      "a source that is gone",
      { "dist/b.js.map": { sources: ["../src/b.ts"], sourcesContent: [""] } },
      "dist/b.js.map is of src/b.ts, which is gone",
    ],
    [
      "a source map without its sources",
      { "dist/a.js.map": { sources: ["../src/a.ts"] } },
      "dist/a.js.map is of another src/a.ts",
    ],
  ])("refuses %s", (_, files, said) => {
    write(files);
    const reason = unfit(folder, pnpm);
    expect(reason).toContain(said);
    expect(reason).toContain("pnpm@12 build");
  });

  it("refuses a package that was never built", () => {
    rmSync(join(folder, "dist"), { recursive: true });
    expect(unfit(folder, pnpm)).toContain("./dist/a.d.ts is missing, and 2 more");
  });
});
