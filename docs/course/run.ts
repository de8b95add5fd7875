/**
 * Runs the programs of a lesson: `pnpm lesson 3` the first, `pnpm lesson 3 2` the second.
 *
 * Each is written to out/course/ the first time, to be changed there: from then on the changed one is run.
 * `pnpm lesson 3 2 --fresh` starts over from the page. For those who write lessons, `pnpm lesson 3 --write` runs all of
 * its programs as the page has them, and writes what they print into the page.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { companions, linesOf, programsOf } from "../programs.ts";

const folder = new URL("./", import.meta.url);
const out = new URL("../../out/course/", folder);
const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const flags = new Set(process.argv.slice(2).filter((word) => word.startsWith("--")));
const [lesson, program = "1"] = words;
const pages = readdirSync(folder).filter((file) => /^\d\d-.*\.md$/.test(file));
const page = pages.find((file) => Number(file.slice(0, 2)) === Number(lesson));

if (!page) {
  console.error(`${lesson ? `There is no lesson ${lesson}.` : "Which lesson?"} There are:`);
  for (const file of pages) console.error(`  pnpm lesson ${Number(file.slice(0, 2))}   docs/course/${file}`);
  process.exitCode = 1;
} else {
  mkdirSync(out, { recursive: true });
  writeFileSync(new URL("package.json", out), '{ "type": "module" }\n');
  if (flags.has("--write")) writeOutputs(page);
  else await run(page, Number(program));
}

/** Writes a file to out/course/, unless there is one that may have been changed. */
function copy(name: string, fresh: boolean, write: (to: URL) => void): URL {
  const to = new URL(name, out);
  if (fresh || !existsSync(to)) write(to);
  return to;
}

function copyCompanions(fresh: boolean): void {
  for (const file of companions) copy(file, fresh, (to) => copyFileSync(new URL(file, folder), to));
}

async function run(page: string, number: number): Promise<void> {
  const programs = programsOf(readFileSync(new URL(page, folder), "utf8"));
  const chosen = programs[number - 1];
  if (!chosen) {
    console.error(`docs/course/${page} has ${programs.length} programs; there is no ${number}.`);
    process.exitCode = 1;
    return;
  }
  const fresh = flags.has("--fresh");
  copyCompanions(fresh);
  const name = `${page.slice(0, 2)}-${number}.ts`;
  await import(copy(name, fresh, (to) => writeFileSync(to, chosen.code)).href);
  const where = `Program ${number} of ${programs.length} of docs/course/${page}`;
  console.error(`\n${where}. Change out/course/${name} and run it again.`);
}

/** Runs the programs of a page, and puts what each prints into the block of text behind it. */
function writeOutputs(page: string): void {
  copyCompanions(true);
  const file = new URL(page, folder);
  let text = readFileSync(file, "utf8");
  for (const [i, { code }] of programsOf(text).entries()) {
    const path = new URL(`${page.slice(0, 2)}-${i + 1}.ts`, out);
    writeFileSync(path, code);
    const printed = execFileSync(process.execPath, ["--import", "tsx", fileURLToPath(path)], { encoding: "utf8" });
    const from = text.indexOf("```text\n", text.indexOf(code)) + "```text\n".length;
    text = `${text.slice(0, from)}${linesOf(printed).join("\n")}${text.slice(text.indexOf("\n```", from - 1))}`;
  }
  writeFileSync(file, text);
}
