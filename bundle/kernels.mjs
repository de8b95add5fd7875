/**
 * The modules of kernels that the compiler generates, which are the same in every program, as files of bytes beside what Node
 * loads: to read one is faster than to generate it. The generator stays the source; nothing of it is in what Node loads.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tsImport } from "tsx/esm/api";

const kernels = new URL("../packages/compiler/src/wasm/kernels/", import.meta.url);
/** What is replaced by files. */
const generators = ["modules.ts", "further-modules.ts", "pool-modules.ts"].map((file) =>
  fileURLToPath(new URL(file, kernels)),
);

/** What stands for the generator in what Node loads; all kernels are there. */
export const standIn = `import { createRequire } from "node:module";
export function kernelBytes(name, { relaxed = false, shared = false } = {}) {
  const file = name + (relaxed ? "-relaxed" : "") + (shared ? "-shared" : "") + ".wasm";
  return createRequire(import.meta.url)("node:fs").readFileSync(new URL("kernels/" + file, import.meta.url));
}
export function addWindowKernels() {}
export function addPoolKernels() {}
export function addSoftmaxKernels() {}
`;

/** Puts the bytes of every module into a folder `kernels` of the one given. */
export async function writeKernels(to) {
  const { anyKernelBytes, kernelModules } = await tsImport(new URL("all-modules.ts", kernels).href, import.meta.url);
  mkdirSync(join(to, "kernels"), { recursive: true });
  for (const name of kernelModules)
    for (const relaxed of [false, true])
      for (const shared of [false, true]) {
        const file = `${name}${relaxed ? "-relaxed" : ""}${shared ? "-shared" : ""}.wasm`;
        writeFileSync(join(to, "kernels", file), anyKernelBytes(name, { relaxed, shared }));
      }
}

/** For esbuild: the files in the place of the generator, whose source map is not of what it generates. */
export const kernelsFromFiles = {
  name: "kernels from files",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.?\/.*modules\.ts$/ }, ({ path, resolveDir }) => {
      const file = join(resolveDir, path);
      return generators.includes(file) ? { path: "kernels", namespace: "kernels" } : undefined;
    });
    onLoad({ filter: /.*/, namespace: "kernels" }, () => ({ contents: standIn }));
  },
};
