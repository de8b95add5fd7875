/**
 * What programs carry of this package: nothing, if they use nothing of it, else what they use.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("../../chainrule", import.meta.url));

/** The files of this package that something is left of. */
async function usedBy(contents: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents, resolveDir: folder, loader: "ts" },
    ...{ bundle: true, write: false, metafile: true, format: "esm", platform: "browser", logLevel: "error" },
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  return Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
    bytesInOutput > 0 ? (/packages\/functions\/src\/(.*)\.ts/.exec(file)?.[1] ?? []) : [],
  );
}

it("is what they use", { timeout: 120_000 }, async () => {
  const training = `import { Dense, jit, Sequential, tensor } from "chainrule";
    const model = new Sequential([new Dense({ units: 1 })]).compile({ optimizer: "sgd", loss: "mse" });
    console.log(jit((x) => x.add(1))(tensor([1])), model.fit([[1]], [[2]]));`;
  expect(await usedBy(training)).toEqual([]);
  const angle = `import { atan2 } from "chainrule"; console.log(atan2(1, 2));`;
  expect((await usedBy(angle)).sort()).toEqual([
    ...["define/elementwise", "elementwise/plane"],
    ...["further-names-elsewhere", "names-elsewhere"],
  ]);
});
