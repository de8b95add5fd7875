/**
 * The declarations of the library and of the language, for the editor: built from the sources when the page is built.
 *
 * `virtual:chainrule-declarations` and `virtual:language-declarations` are texts of JSON: a file's content by its path.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import type { Plugin } from "vite";

const root = join(import.meta.dirname, "../..");
const packages = join(root, "packages");
const require = createRequire(import.meta.url);

/** By the name of the module. */
export const declarationTexts: Readonly<Record<string, () => Promise<string>>> = {
  "virtual:chainrule-declarations": ofLibrary,
  "virtual:language-declarations": async () => ofLanguage(),
};

export function declarations(): Plugin {
  return {
    name: "declarations",
    resolveId: (id) => (id in declarationTexts ? `\0${id}` : null),
    load: async (id) =>
      id[0] === "\0" && id.slice(1) in declarationTexts
        ? `export default ${JSON.stringify(await declarationTexts[id.slice(1)]())};`
        : null,
  };
}

/** Of all packages that a script imports from, by "core/src/index.d.ts"; kept until a source changes. */
async function ofLibrary(): Promise<string> {
  const names = Object.keys(JSON.parse(readFileSync(join(packages, "chainrule/package.json"), "utf8")).dependencies);
  const folders = ["chainrule", ...names.map((name) => name.replace("@chainrule/", ""))];
  const sources = folders.flatMap((name) => filesOf(join(packages, name, "src"), /(?<!\.test)\.[jt]s$/)).sort();
  const version = createHash("sha256").update(readFileSync(import.meta.filename));
  for (const file of sources) version.update(relative(root, file)).update(readFileSync(file));
  const kept = join(
    import.meta.dirname,
    `../node_modules/.cache/declarations/${version.digest("hex").slice(0, 16)}.json`,
  );
  if (existsSync(kept)) return readFileSync(kept, "utf8");
  const text = JSON.stringify(await emitted(folders.map((name) => join(packages, name, "src"))));
  rmSync(dirname(kept), { recursive: true, force: true });
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(kept, text);
  return text;
}

/** What the compiler of the workspace makes of the sources; whether they are right, `pnpm typecheck` says. */
async function emitted(folders: readonly string[]): Promise<Record<string, string>> {
  const place = mkdtempSync(join(tmpdir(), "chainrule-declarations-"));
  try {
    const project = {
      extends: join(root, "tsconfig.base.json"),
      compilerOptions: {
        noCheck: true,
        declaration: true,
        emitDeclarationOnly: true,
        sourceMap: false,
        inlineSources: false,
        rootDir: packages,
        outDir: join(place, "out"),
        typeRoots: [join(root, "node_modules/@types")],
      },
      include: folders,
      exclude: ["**/*.test.ts"],
    };
    writeFileSync(join(place, "tsconfig.json"), JSON.stringify(project));
    const compiler = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
    await promisify(execFile)(process.execPath, [compiler, "-p", join(place, "tsconfig.json")]);
    return contents(join(place, "out"), filesOf(join(place, "out"), /\.d\.ts$/));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** What ECMAScript has; what a page has beside it stands in `src/editor/globals.d.ts`. */
function ofLanguage(): string {
  const folder = dirname(require.resolve("typescript-6/lib/lib.es5.d.ts"));
  return JSON.stringify(
    contents(folder, filesOf(folder, /^lib\.(?:es\d|esnext\.disposable|decorators)(?!.*\.full).*\.d\.ts$/)),
  );
}

function filesOf(folder: string, pattern: RegExp): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => pattern.test(name)).map((name) => join(folder, name));
}

function contents(folder: string, files: readonly string[]): Record<string, string> {
  const named = files.map((file) => [relative(folder, file).replaceAll("\\", "/"), readFileSync(file, "utf8")]);
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}
