import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cited, notesIn, released } from "../../../.changeset/changesets.mjs";
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
  });

  it("its addresses follow from the repository of the workspace", () => {
    const repository = "https://github.com/someone/chainrule";
    const manifest = (workspace: object) => hooks.beforePacking({ name: "@chainrule/core" }, "", workspace);
    for (const written of [repository, { type: "git", url: `git+${repository}.git` }])
      expect(manifest({ repository: written, author: "Someone" })).toEqual({
        name: "@chainrule/core",
        author: "Someone",
        repository: { type: "git", url: `git+${repository}.git`, directory: "packages/core" },
        homepage: `${repository}#readme`,
        bugs: { url: `${repository}/issues` },
      });
    expect(manifest({ repository, homepage: "https://example.org" }).homepage).toBe("https://example.org");
    expect(manifest({})).toEqual({ name: "@chainrule/core" });
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

it("the version to cite is that of the packages, and follows it", () => {
  const citation = readFileSync(join(packages, "../CITATION.cff"), "utf8");
  const { version } = JSON.parse(readFileSync(join(packages, "chainrule/package.json"), "utf8"));
  expect(citation).toContain(`\nversion: ${version}\n`);
  expect(cited(citation, "7.8.9")).toBe(citation.replace(version, "7.8.9"));
});

describe("a version's part of the changelog", () => {
  const changelog = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A.\n\n## 0.1.0 (2026-01-01)\n\n- Z.\n";

  it("is what was written for it, and what the changesets say", () => {
    expect(released(changelog, "0.2.0", "2026-02-03", ["B.\nAnd more.", "C."])).toBe(
      "# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-02-03)\n\n### Added\n\n- A.\n\n- B.\n  And more.\n- C.\n\n## 0.1.0 (2026-01-01)\n\n- Z.\n",
    );
  });

  it("stands where nothing was written, and where there was no version", () => {
    expect(released("# Changelog\n\n## Unreleased\n", "0.1.0", "2026-02-03", ["B."])).toBe(
      "# Changelog\n\n## Unreleased\n\n## 0.1.0 (2026-02-03)\n\n- B.\n",
    );
    expect(() => released("# Changelog\n", "0.1.0", "2026-02-03", [])).toThrow(/Unreleased/);
  });

  it("is read from the changesets, and the changelog has a place for it", () => {
    const root = join(packages, "..");
    for (const note of notesIn(join(root, ".changeset"))) expect(note).toMatch(/^(?!---)\w.*\.$/s);
    expect(() => released(readFileSync(join(root, "CHANGELOG.md"), "utf8"), "1.0.0", "2026-02-03", [])).not.toThrow();
  });
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

  it("is not published without the repository's address, which provenance compares", () => {
    const repository = "https://github.com/someone/chainrule";
    expect(unfit(folder, pnpm, "publish", { repository })).toBeUndefined();
    for (const workspace of [
      {},
      { repository: "" },
      { repository: "https://github.com/" },
      { repository: { type: "git" } },
    ])
      expect(unfit(folder, pnpm, "publish", workspace)).toContain('"repository": "https://github.com/<owner>/<name>"');
    expect(unfit(folder, pnpm, "pack", {})).toBeUndefined();
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
