/**
 * Programs for the sandbox, as texts: the whole library, and our own programs that run beside a learner's code there.
 *
 * `import("virtual:chainrule-runtime")` has the library in one module. `import main from "./x.ts?sandboxed"` has `x.ts` with
 * all that it imports but `chainrule` and `learner`, which the sandbox gives it: both must have the same class Tensor.
 */
import { type BuildOptions, build } from "esbuild";
import type { Plugin } from "vite";
import { sandboxModule } from "../src/sandbox/modules.ts";

const runtimeId = "virtual:chainrule-runtime";
const mark = "?sandboxed";

const options = {
  bundle: true,
  minify: true,
  // Summaries, errors and saved models say the names of classes.
  keepNames: true,
  format: "esm",
  platform: "browser",
  target: "es2023",
  write: false,
  metafile: true,
  logLevel: "warning",
} as const satisfies BuildOptions;

export function sandboxTexts(): Plugin {
  return {
    name: "sandbox-texts",
    enforce: "pre",
    async resolveId(id, importer) {
      if (id === runtimeId) return `\0${runtimeId}`;
      if (!id.endsWith(mark)) return null;
      const file = await this.resolve(id.slice(0, -mark.length), importer);
      return file && `\0${file.id}${mark}`;
    },
    async load(id) {
      if (id === `\0${runtimeId}`)
        return textModule({
          ...options,
          stdin: { contents: 'export * from "chainrule";', resolveDir: import.meta.dirname },
        });
      if (!id.endsWith(mark)) return null;
      const file = id.slice(1, -mark.length);
      this.addWatchFile(file);
      return textModule({ ...options, entryPoints: [file], plugins: [givenBySandbox] });
    },
  };
}

/** Leaves the modules that the sandbox has under the names that it replaces by their addresses. */
const givenBySandbox = {
  name: "given by the sandbox",
  setup({ onResolve }: Parameters<NonNullable<BuildOptions["plugins"]>[number]["setup"]>[0]) {
    onResolve({ filter: /^(?:chainrule|@chainrule\/[\w-]+|learner)$/ }, ({ path }) => ({
      path: sandboxModule(path === "learner" ? "learner" : "chainrule"),
      external: true,
    }));
  },
};

async function textModule(given: BuildOptions & { write: false }): Promise<string> {
  const { outputFiles } = await build(given);
  return `export default ${JSON.stringify(outputFiles[0].text)};`;
}
