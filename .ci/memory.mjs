// The most memory that is resident while models and compiled functions are made by the thousand in one loop: it may be
// half as much again as for ten of them. Each scenario of .ci/memory/sweep.ts runs in processes of its own.
//
// `pnpm memory` runs them all with 10,000 rounds, for hours; `pnpm memory 300 mlp async:lstm` runs these with 300.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const most = 1.5;
/** Room for young objects, in MB, to which Node gets by itself in any loop that is long enough: ten rounds have it too. */
const young = "--min-semi-space-size=16";

/** Scenarios, and how many of the rounds they take: what is large is dear. */
const all = {
  ...{ mlp: 1, "async:mlp": 1, "threads:mlp": 1, widths: 1, depths: 1, cnn: 1, lstm: 1, tiny: 1, sgd: 1 },
  ...{ eager: 1, "async:eager": 1, fit: 1, predict: 1, backward: 1, gradients: 1, kept: 1, failing: 1 },
  ...{ constants: 1, alternating: 1, arenas: 0.015, "async:arenas": 0.015 },
};

const [rounds = "10000", ...asked] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "chainrule-memory-"));
let failed = 0;

/** What a process says that runs so many rounds. */
function run(scenario, count) {
  const printed = execFileSync(process.execPath, [young, join(folder, "sweep.mjs"), scenario, String(count)]);
  return JSON.parse(String(printed));
}

function compare(scenario) {
  try {
    const count = Math.max(20, Math.round(Number(rounds) * (all[scenario] ?? 1)));
    const ten = run(scenario, 10).peak;
    const { peak, resident } = run(scenario, count);
    const ratio = peak / ten;
    if (ratio > most) failed++;
    const columns = [scenario.padEnd(14), `${ten} MB`, count, `${peak} MB`, ratio.toFixed(2), resident.join(" ")];
    console.log(`${columns.join("\t")}${ratio > most ? `\tmore than ${most}` : ""}`);
  } catch (error) {
    failed++;
    console.log(`${scenario}: ${error.stderr || error}`);
  }
}

try {
  await build({
    entryPoints: [".ci/memory/sweep.ts"],
    outfile: join(folder, "sweep.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
  });
  cpSync("packages/compiler/src/runtime/threads/worker.js", join(folder, "worker.js"));
  console.log("scenario\tof ten\trounds\tpeak\tratio\tresident on the way, in MB");
  for (const scenario of asked.length > 0 ? asked : Object.keys(all)) compare(scenario);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;
