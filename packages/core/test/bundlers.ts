/**
 * Two bundlers, by whose rules most pages are made: esbuild's, and Rollup's with Vite.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
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
export const byVite = async (code: string, folder: string): Promise<string> =>
  (await viteChunks(code, folder, ["crypto"]))[0].code;

/** A file of a bundle, and the files that it loads: at once, and when the program asks for them. */
interface Chunk {
  readonly fileName: string;
  readonly code: string;
  readonly imports: readonly string[];
  readonly dynamicImports: readonly string[];
}

async function viteChunks(code: string, folder: string, external: readonly string[] = []): Promise<Chunk[]> {
  const vite = await import(createRequire(import.meta.resolve("vitest")).resolve("vite"));
  const entry = join(folder, "entry.js");
  writeFileSync(entry, code);
  const { output } = await vite.build({
    root: folder,
    configFile: false,
    logLevel: "silent",
    base: "./",
    build: {
      write: false,
      modulePreload: false,
      rollupOptions: { input: entry, external, preserveEntrySignatures: "strict" },
    },
  });
  return output;
}

async function esbuildChunks(code: string, folder: string): Promise<Chunk[]> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: folder },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    outdir: folder,
    write: false,
    metafile: true,
    logLevel: "error",
  });
  const name = (path: string) => path.split("/").at(-1)!;
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [name(path), output]));
  const chunks = outputFiles.map(({ path, text }) => {
    const { imports } = outputs.get(name(path))!;
    const of = (kind: string) => imports.filter((each) => each.kind === kind).map((each) => name(each.path));
    return {
      fileName: name(path),
      code: text,
      imports: of("import-statement"),
      dynamicImports: of("dynamic-import"),
    };
  });
  return chunks.sort((a, b) => Number(b.fileName === "stdin.js") - Number(a.fileName === "stdin.js"));
}

/** What a page loads for a program at once, and what it loads when the program asks for it. */
export interface Loaded {
  /** Where the program is, its other files beside it. */
  readonly file: string;
  readonly atOnce: readonly string[];
  readonly later: readonly string[];
  /** Of these, what the program has loaded so far. */
  loaded(): readonly string[];
}

/** Bundles a program into several files, and writes them into the folder. */
export const inFiles = { esbuild: loadedBy(esbuildChunks), vite: loadedBy(viteChunks) };

function loadedBy(bundle: (code: string, folder: string) => Promise<Chunk[]>) {
  return async (code: string, folder: string): Promise<Loaded> => {
    const chunks = await bundle(code, folder);
    const evaluated = new Set<string>();
    const key = `evaluated in ${folder}`;
    Object.assign(globalThis, { [key]: evaluated });
    for (const { fileName, code } of chunks) {
      const file = join(folder, fileName.replace(/\.js$/, ".mjs"));
      mkdirSync(dirname(file), { recursive: true });
      const note = `globalThis[${JSON.stringify(key)}].add(${JSON.stringify(fileName)});\n`;
      writeFileSync(file, note + code.replaceAll(/(["'`]\.[^"'`\s]*)\.js(["'`])/g, "$1.mjs$2"));
    }
    const [entry] = chunks;
    const atOnce = new Set([entry.fileName]);
    for (const name of atOnce)
      for (const each of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) atOnce.add(each);
    const [now, later] = [true, false].map((isNow) => chunks.filter(({ fileName }) => atOnce.has(fileName) === isNow));
    return {
      file: join(folder, entry.fileName.replace(/\.js$/, ".mjs")),
      atOnce: now.map(({ code }) => code),
      later: later.map(({ code }) => code),
      loaded: () => later.filter(({ fileName }) => evaluated.has(fileName)).map(({ code }) => code),
    };
  };
}
