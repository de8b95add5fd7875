/**
 * `pnpm fuzz:calls [seed] [calls for each function] [packages, as core,nn]`: every export with values that make no sense, in a process
 * that is started anew when a call does not come back or takes all memory.
 */
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Finding, tryEverything } from "./calls.ts";

const [seed = "1", calls = "60", packages] = process.argv.slice(2);
/** A call that takes longer does not come back. */
const patience = 5_000;
/** Before the first call everything is loaded, which takes long on a machine that is busy. */
const patienceAtStart = 120_000;

if (process.send) await child();
else process.exitCode = await parent();

async function child(): Promise<void> {
  const { last, done, deadly } = JSON.parse(process.env.FUZZ_CALLS!) as {
    last: string;
    done: string[];
    deadly: string[];
  };
  let code = "";
  process.on("unhandledRejection", (error) => {
    process.send!({ finding: { target: "unhandled", code, what: `an unhandled rejection: ${error}` } });
  });
  const made = await tryEverything({
    seed: Number(seed),
    attempts: 60,
    calls: Number(calls),
    packages: packages?.split(","),
    done: new Set(done),
    deadly: new Set(deadly),
    before: (text) => {
      code = text;
      writeFileSync(last, text);
    },
    after: (target) => process.send!({ target }),
    found: (finding) => process.send!({ finding }),
  });
  process.send!({ made });
  process.disconnect();
}

async function parent(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-calls-"));
  const last = join(folder, "last");
  const done: string[] = [];
  const deadly: string[] = [];
  const findings: Finding[] = [];
  let made = 0;
  for (let finished = false; !finished; ) {
    writeFileSync(last, "");
    const process_ = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
      cwd: folder,
      env: { ...process.env, FUZZ_CALLS: JSON.stringify({ last, done, deadly }) },
      execArgv: [...process.execArgv, "--max-old-space-size=1024"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    process_.on("message", (message: { target?: string; finding?: Finding; made?: number }) => {
      if (message.target) done.push(message.target);
      if (message.finding) {
        findings.push(message.finding);
        if (process.env.SHOW) console.log(JSON.stringify(message.finding));
      }
      if (message.made !== undefined) {
        made = message.made;
        finished = true;
      }
    });
    const watch = setInterval(() => {
      const { mtimeMs, size } = statSync(last);
      if (Date.now() - mtimeMs > (size === 0 ? patienceAtStart : patience)) process_.kill("SIGKILL");
    }, 500);
    await new Promise((resolve) => process_.on("exit", resolve));
    clearInterval(watch);
    if (!finished) {
      const code = readFileSync(last, "utf8");
      if (code === "" || deadly.includes(code)) throw new Error(`The process ended without a call, after ${code}`);
      deadly.push(code);
      console.log(`does not come back, or takes all memory: ${code}`);
      findings.push({ target: "the process", code, what: "it does not come back, or takes all memory" });
    }
  }
  rmSync(folder, { recursive: true });
  report(findings);
  console.log(`${made} calls with seed ${seed}: ${findings.length} ended in foreign errors`);
  return findings.length === 0 ? 0 : 1;
}

function report(findings: readonly Finding[]): void {
  const kinds = new Map<string, Finding[]>();
  for (const finding of findings) {
    const kind = `${finding.target}: ${finding.what.slice(0, 100)}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), finding]);
  }
  for (const [kind, list] of kinds) console.log(`${list.length}x ${kind}\n     ${list[0].code}`);
}
