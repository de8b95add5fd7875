/**
 * What one small operation costs, run by itself without `jit`, beside PyTorch on one thread: `node bench/ops.mjs`.
 *
 * Each is timed forward alone (nothing requires a gradient), and forward with backward: the operands are leaves that
 * require one, the gradient of the result is given, and what arrives is forgotten again. All operations run in the same
 * process, and take turns, so that no engine's caches are of one alone. `--chainrule a.js,b.js` takes modules that are there
 * (before a change and after it) in place of the build; a second round begins with the last of them.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { installBuilt } from "./lib/built.mjs";
import { median } from "./lib/numbers.mjs";
import { pythonWith } from "./lib/pythons.mjs";
import { timeOps } from "./lib/time-ops.mjs";

const { values: options } = parseArgs({
  options: {
    chainrule: { type: "string" },
    rounds: { type: "string", default: "3" },
    child: { type: "string" },
  },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const ask = (command, args) => JSON.parse(execFileSync(command, args, { encoding: "utf8" }).trim().split("\n").at(-1));

if (options.child) console.log(`\n${JSON.stringify(timeOps(await import(options.child)))}`);
else compare();

function compare() {
  const folder = mkdtempSync(join(tmpdir(), "chainrule-ops-"));
  try {
    const modules = options.chainrule?.split(",") ?? [
      fileURLToPath(installBuilt(here(".."), join(folder, "chainrule")).module),
    ];
    const columns = modules.map((path) => ({
      name: modules.length > 1 ? path.split("/").at(-1) : "chainrule",
      run: () => ask(process.execPath, [here("ops.mjs"), "--child", pathToFileURL(path).href]),
      rounds: [],
    }));
    const torch = pythonWith("torch");
    if (torch) {
      const run = () => ask(torch.python, [here("contenders/ops.py")]);
      columns.push({ name: `PyTorch ${torch.version}`, run, rounds: [] });
    } else console.log("left out: PyTorch: no Python has it");
    for (let round = 0; round < Number(options.rounds); round++)
      for (const column of round % 2 === 0 ? columns : columns.toReversed()) column.rounds.push(column.run());
    print(columns);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Microseconds, medians of the rounds. */
function print(columns) {
  const rows = Object.keys(columns[0].rounds[0]);
  const cell = (column, row, part) => median(column.rounds.map((round) => round[row][part])).toFixed(2);
  const title = ["forward", "with backward"].flatMap((part) => columns.map(({ name }) => `${part}, ${name}`));
  console.log(`Node ${process.version}, µs for one operation, float32\n`);
  console.log(`| | ${title.join(" | ")} |\n|---|${"---:|".repeat(title.length)}`);
  for (const row of rows) {
    const cells = ["forward", "both"].flatMap((part) => columns.map((column) => cell(column, row, part)));
    console.log(`| ${row} | ${cells.join(" | ")} |`);
  }
}
