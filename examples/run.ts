/**
 * Runs an example by its number or a part of its name: `pnpm example 6`, `pnpm example digits`, `pnpm example all`.
 */
import { readdirSync } from "node:fs";

const files = readdirSync(new URL(".", import.meta.url)).filter(
  (file) => /^\d\d-.*\.ts$/.test(file) && !file.includes(".test."),
);
const wanted = process.argv[2] ?? "";
const chosen = wanted === "all" ? files : files.filter((file) => matches(file, wanted));

function matches(file: string, word: string): boolean {
  return /^\d+$/.test(word) ? Number(file.slice(0, 2)) === Number(word) : word !== "" && file.includes(word);
}

if (chosen.length === 0) {
  console.error(`${wanted ? `No example is called "${wanted}".` : "Which example?"} There are:`);
  for (const file of files) console.error(`  pnpm example ${Number(file.slice(0, 2))}   ${file}`);
  process.exitCode = 1;
}
for (const file of chosen) {
  if (chosen.length > 1) console.log(`\n${file}`);
  await import(new URL(file, import.meta.url).href);
}
