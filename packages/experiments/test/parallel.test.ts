/**
 * Sweeps in processes of their own: the same bits as in turn, failures and Ctrl-C, and what is refused.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const program = (name: string) => fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
const node = ["--import", "tsx"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chainrule-sweep-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a sweep in processes", () => {
  let found: {
    inTurn: string;
    inProcesses: string;
    byAddress: string;
    random: boolean;
    fails: unknown[][];
    refused: string[];
    broke: string;
    said: number;
    warnings: string[];
  };
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...node, program("parallel.ts")]);
    found = JSON.parse(stdout);
  }, 60_000);

  it("has the bits of one in turn, with functions, losses with options and combined ones among the settings", () => {
    expect(found.inProcesses).toBe(found.inTurn);
    const runs = JSON.parse(found.inTurn);
    expect(runs).toHaveLength(16);
    expect(new Set(runs.map(({ values }: { values: { loss: number } }) => values.loss)).size).toBe(16);
    // The same runs with the seeds the other way round, of a module given by its address.
    const bySeed = (text: string) =>
      JSON.parse(text)
        .map((run: unknown) => JSON.stringify(run))
        .sort();
    expect(bySeed(found.byAddress)).toEqual(bySeed(found.inTurn));
    expect(found.random).toBe(true);
  });

  it("notes runs that throw, return no numbers or end their process, and does the others", () => {
    expect(found.fails).toEqual([
      ...[0, 1, 2].map((seed) => ["how throws", seed, `RangeError: no luck with seed ${seed}`, "undefined", false]),
      ["how dies", 0, null, "NaN", false],
      ["how dies", 1, "the process ended with code 3", "undefined", false],
      ["how dies", 2, null, "-Infinity", false],
      ...[0, 1, 2].map((seed) => ["how text", seed, expect.stringMatching(/got "three"/), "undefined", false]),
      ["how works", 0, null, "NaN", false],
      ["how works", 1, null, "0", true],
      ["how works", 2, null, "-Infinity", false],
    ]);
  });

  it("refuses what would not be the same in another process, and says why", () => {
    const expected = [
      /^function: OptionError .*cannot be sent with the variables that it uses/s,
      /^setting: OptionError .*a setting cannot be sent: the function local\. Export it/s,
      /^draws: OptionError .*draws random numbers when it is imported/s,
      /^sweeps: OptionError .*a sweep when it is imported/s,
      /^program: OptionError .*the program itself/s,
      /^export: OptionError .*among its exports, got absolute, fragile, slow, train/s,
      /^nothing: OptionError .*a module that can be imported, got an error: .*missing/s,
      /^none: OptionError .*an export "train", got trainer.*Did you mean "trainer"/s,
    ];
    expect(found.refused).toHaveLength(expected.length);
    found.refused.forEach((text, i) => {
      expect(text).toMatch(expected[i]);
    });
  });

  it("ends all processes where a result cannot be kept", () => {
    expect(found.broke).toBe("the disk is full");
  });

  it("says once that a function by itself is run in turn, with the way to send it", () => {
    expect(found.said).toBe(0);
    expect(found.warnings).toHaveLength(1);
    expect(found.warnings[0]).toMatch(/one run after the other.*\{ module: new URL\(/);
  });
});

describe("Ctrl-C", () => {
  const start = (file: string, parallel: string, seconds: number) =>
    spawn(process.execPath, [...node, program("interrupted.ts"), file, parallel, String(seconds)]);

  it.each(["yes", "no"])("keeps what is done, and the next start does the rest; in processes: %s", async (parallel) => {
    const file = join(folder, `${parallel}.jsonl`);
    const child = start(file, parallel, 60);
    let [out, errors] = ["", ""];
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      errors += text;
      if (/2 of 4 runs/.test(errors)) child.kill("SIGINT");
    });
    // In turn the run goes on; it does not know of Ctrl-C. The second ends the process, and what is done is in the file.
    if (parallel === "no") setTimeout(() => child.kill("SIGINT"), 20_000).unref();
    const again = setInterval(() => parallel === "no" && /2 of 4 runs/.test(errors) && child.kill("SIGINT"), 300);
    await new Promise((resolve) => child.on("close", resolve));
    clearInterval(again);
    if (parallel === "yes") expect(JSON.parse(out)).toEqual({ interrupted: true, done: [0, 1] });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines.slice(1).map((line) => JSON.parse(line).run)).toEqual(["all; seed 0", "all; seed 1"]);
  });
});
