// Runs the notebook in Deno's kernel, where there is a deno, and compares what it shows with what is stored in it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startKernel } from "./kernel.mjs";

const deno = process.env.DENO ?? "deno";
const examples = fileURLToPath(new URL("../../examples", import.meta.url));
const number = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

/** Whether two texts say the same, their numbers to 1%. */
function alike(a, b) {
  const [numbers, others] = [a, b].map((text) => (text.match(number) ?? []).map(Number));
  if (a.replace(number, "#") !== b.replace(number, "#")) return false;
  return numbers.every((x, i) => Math.abs(x - others[i]) <= Math.max(0.01, 0.01 * Math.abs(x)));
}

let version;
try {
  version = execFileSync(deno, ["--version"], { encoding: "utf8" }).split("\n")[0];
} catch {
  console.log("skipped: there is no deno. Give its path as DENO, or npm install deno.");
  process.exit(0);
}
const notebook = JSON.parse(readFileSync(`${examples}/notebook.ipynb`, "utf8"));
const cells = notebook.cells.filter(({ cell_type }) => cell_type === "code");
const kernel = await startKernel((file) => [deno, "jupyter", "--kernel", "--conn", file], examples);
let compared = 0;
try {
  for (const { source, outputs } of cells) {
    const code = source.join("");
    const shown = await kernel.run(code);
    const stored = Object.entries(outputs[0]?.data ?? {});
    if (stored.length === 0) continue;
    if (shown === null) throw new Error(`shows nothing:\n${code}`);
    for (const [type, lines] of stored) {
      const found = [shown[type]].flat().join("");
      if (!alike(lines.join(""), found)) throw new Error(`shows another ${type}:\n${code}\n${found.slice(0, 500)}`);
      compared++;
    }
  }
} finally {
  kernel.end();
}
if (compared < 15) throw new Error(`only ${compared} outputs were compared`);
console.log(`${version}: ${cells.length} cells, ${compared} outputs as stored`);
process.exit(0);
