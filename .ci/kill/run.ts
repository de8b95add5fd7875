/**
 * Kills a training at random moments while it writes checkpoints, and starts it again, until it ends: at every moment there
 * must be a whole checkpoint, and in the end the bits of a training that nobody killed, compiled and eager, with one thread
 * and with two.
 *
 * `npx -y pnpm@12 kill-test` kills 200 times; KILLS says how often, SEED from where.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Generator, latestCheckpoint } from "chainrule";
import { build } from "esbuild";

const wanted = Number(process.env.KILLS ?? 200);
const generator = new Generator(process.env.SEED ?? 1);
const here = fileURLToPath(new URL(".", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "chainrule-kill-"));
const program = join(folder, "training.mjs");
const modes = [
  ["jit", "1"],
  ["eager", "1"],
  ["jit", "2"],
] as const;
/** How often one training is killed at most, so that there are some of each. */
const mostOfOne = 7;
/** How long a process may live after its first epoch has begun, in milliseconds: some epochs, each of which writes. */
const longest = 400;

function start(mode: readonly string[], ...args: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...mode, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

/** What a process that nobody kills says in the end. */
async function resultOf(child: ChildProcess): Promise<string> {
  let said = "";
  child.stdout!.on("data", (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the training ended with ${code}`);
  return said.trim().split("\n").at(-1)!;
}

/** Kills a process at a random moment after its first epoch has begun; what it says where it ended before. */
async function kill(child: ChildProcess): Promise<string | null> {
  let said = "";
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  await new Promise((resolve) => {
    child.stdout!.on("data", (chunk) => {
      said += chunk;
      resolve(null);
    });
    child.once("close", resolve);
  });
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, generator.uniform(0, longest)))]);
  child.kill("SIGKILL");
  const code = await ended;
  if (code === null) return null;
  if (code !== 0) throw new Error(`the training ended with ${code}`);
  return said.trim().split("\n").at(-1)!;
}

/** Throws unless the last checkpoint is whole; says how many epochs it had. */
async function checkFolder(path: string): Promise<number> {
  const files = readdirSync(path).filter((file) => /^epoch-\d+\.safetensors$/.test(file));
  const last = files.sort().at(-1);
  const found = await latestCheckpoint(path);
  if ((found === null ? undefined : found.path) !== (last && join(path, last)))
    throw new Error(`${last} is not whole, in ${path}`);
  return found?.epoch ?? 0;
}

await build({
  entryPoints: [join(here, "training.ts")],
  bundle: true,
  format: "esm",
  platform: "node",
  outfile: program,
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  logLevel: "error",
});
copyFileSync(join(here, "../../packages/compiler/src/runtime/threads/worker.js"), join(folder, "worker.js"));

const begun = performance.now();
let kills = 0;
let trainings = 0;
let unfinished = 0;
const straight = new Map<readonly string[], string>();
while (kills < wanted) {
  const mode = modes[trainings % modes.length];
  if (!straight.has(mode)) straight.set(mode, await resultOf(start(mode)));
  const path = join(folder, `run-${trainings++}`);
  const epochs: number[] = [];
  let result: string | null = null;
  while (kills < wanted && epochs.length < mostOfOne) {
    result = await kill(start(mode, path));
    if (result !== null) break;
    kills++;
    unfinished += readdirSync(path).some((file) => file.endsWith(".tmp")) ? 1 : 0;
    epochs.push(await checkFolder(path));
  }
  result ??= await resultOf(start(mode, path));
  if (result !== straight.get(mode)) {
    console.error(`${mode.join(", ")}: a training that was killed after ${epochs} epochs ends otherwise, in ${path}`);
    console.error(`expected ${straight.get(mode)}\ngot      ${result}`);
    process.exit(1);
  }
}
rmSync(folder, { recursive: true, force: true });
const seconds = ((performance.now() - begun) / 1000).toFixed(0);
console.log(
  `${kills} kills in ${trainings} trainings, ${unfinished} of them in the middle of a file: always a whole checkpoint, ` +
    `and in the end the bits of a training that nobody killed. ${seconds} s`,
);
