// TypeScript takes the declarations as a user's strict program sees them: all of them checked, without Node's types, by an
// old compiler and the newest; and publint and arethetypeswrong find nothing in the packs.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { checkHovers } from "./hovers.mjs";

const tools = { "typescript-5.4": "npm:typescript@5.4.5", publint: "0.3.25", "@arethetypeswrong/cli": "0.18.5" };

const program = `import { Adam, crossEntropy, defineLoss, Dense, jit, lossByName, manualSeed, Sequential, type Tensor, tensor, value } from "chainrule";
import * as inOneFile from "chainrule/browser";
manualSeed(1);
const model = new Sequential([new Dense({ units: 2, inputDim: 2, activation: "relu" })]);
model.compile({ optimizer: new Adam({ lr: 0.1 }), loss: "crossEntropy", metrics: ["accuracy"] });
const { history } = await model.fit([[0, 1], [1, 0]], [0, 1], { epochs: 2 });
const f: (x: Tensor) => Tensor = jit((x: Tensor) => x.square().sum());
export const n: number = f(tensor([history.loss[0]])).item() + value(1).data + crossEntropy([[1, 2]], [0]).item();
export const dense: typeof Dense = inOneFile.Dense;
// @ts-expect-error units are a number
new Dense({ units: "2" });
// @ts-expect-error options have names
new Adam(0.1);
// @ts-expect-error a misspelt name
new Dense({ units: 2, activation: "rellu" });
const cubic = defineLoss("cubic", (prediction, target) => prediction.sub(target).abs().pow(3));
declare module "chainrule" {
  interface LossNames {
    cubic: typeof cubic;
  }
}
model.compile({ loss: "cubic" });
// @ts-expect-error a name that is not declared
model.compile({ loss: "quartic" });
export const options = lossByName("huber").with({ delta: 2 });
`;

/**
 * @param folder has the packages installed
 * @param packs their files
 * @param entries what may be imported of them
 */
export async function checkTypes(folder, packs, entries) {
  const apart = mkdtempSync(join(tmpdir(), "chainrule-tools-"));
  const run = promisify(execFile);
  /** The output is what explains a failure. */
  const check = (what, args, cwd) =>
    run(process.execPath, args, { cwd }).catch(({ stdout, stderr }) => {
      throw new Error(`${what}: ${stdout}${stderr}`);
    });
  try {
    writeFileSync(join(apart, "package.json"), JSON.stringify({ private: true, dependencies: tools }));
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
    await run("npm", ["install", ...quiet], { cwd: apart });
    const tool = (...path) => join(apart, "node_modules", ...path);
    const newest = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
    const all = entries.map((entry, i) => `import * as all${i} from "${entry}";\nvoid all${i};\n`).join("");
    writeFileSync(join(folder, "program.ts"), program + all);
    for (const [moduleResolution, module] of [
      ["nodenext", "nodenext"],
      ["bundler", "esnext"],
    ]) {
      const options = { target: "es2022", lib: ["es2022", "dom"], types: [], strict: true, noEmit: true };
      const compilerOptions = { ...options, module, moduleResolution, skipLibCheck: false };
      const file = `tsconfig.${moduleResolution}.json`;
      writeFileSync(join(folder, file), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
      for (const tsc of [tool("typescript-5.4/bin/tsc"), newest])
        await check(`${tsc} with ${moduleResolution}`, [tsc, "-p", file], folder);
    }
    console.log(`TypeScript 5.4 and the newest take ${entries.length} entries, with nodenext and bundler`);
    await checkHovers(folder, tool("typescript-5.4"));
    const lint = async (pack) => {
      await check("publint", [tool("publint/src/cli.js"), pack, "--strict", "--level", "warning"], apart);
      // CommonJS requires modules since Node 20.19, which this tool does not know; create-chainrule is no library.
      const attw = [tool("@arethetypeswrong/cli/dist/index.js"), pack, "--profile", "esm-only"];
      if (!/create-/.test(pack)) await check("arethetypeswrong", attw, apart);
    };
    await Promise.all(packs.map(lint));
    console.log("publint and arethetypeswrong find nothing");
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
}
