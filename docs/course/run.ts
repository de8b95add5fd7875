/**
 * Runs the programs of a lesson: `pnpm lesson 3` the first, `pnpm lesson 3 2` the second.
 *
 * Each is written to out/course/ the first time, to be changed there: from then on the changed one is run.
 * `pnpm lesson 3 2 --fresh` starts over from the page.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { companions, programsOf } from "../programs.ts";

const folder = new URL("./", import.meta.url);
const out = new URL("../../out/course/", folder);
const fresh = process.argv.includes("--fresh");
const [lesson, program = "1"] = process.argv.slice(2).filter((argument) => argument !== "--fresh");
const pages = readdirSync(folder).filter((file) => /^\d\d-.*\.md$/.test(file));
const page = pages.find((file) => Number(file.slice(0, 2)) === Number(lesson));

function copy(name: string, write: (to: URL) => void): URL {
  const to = new URL(name, out);
  if (fresh || !existsSync(to)) write(to);
  return to;
}

if (!page) {
  console.error(`${lesson ? `There is no lesson ${lesson}.` : "Which lesson?"} There are:`);
  for (const file of pages) console.error(`  pnpm lesson ${Number(file.slice(0, 2))}   docs/course/${file}`);
  process.exitCode = 1;
} else {
  const programs = programsOf(readFileSync(new URL(page, folder), "utf8"));
  const chosen = programs[Number(program) - 1];
  if (!chosen) {
    console.error(`docs/course/${page} has ${programs.length} programs; there is no ${program}.`);
    process.exitCode = 1;
  } else {
    mkdirSync(out, { recursive: true });
    writeFileSync(new URL("package.json", out), '{ "type": "module" }\n');
    for (const file of companions) copy(file, (to) => copyFileSync(new URL(file, folder), to));
    const name = `${page.slice(0, 2)}-${program}.ts`;
    await import(copy(name, (to) => writeFileSync(to, chosen.code)).href);
    console.error(
      `\nProgram ${program} of ${programs.length} of docs/course/${page}. Change out/course/${name} and run it again.`,
    );
  }
}
