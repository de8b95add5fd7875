/**
 * The notebook is run cell by cell as a kernel runs it, and shows what is stored in it: words to the letter, numbers to 1%.
 * UPDATE_NOTEBOOK=1 stores what it shows now.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type Notebook, outputOf, programOf } from "./support/notebook.ts";

const path = fileURLToPath(new URL("notebook.ipynb", import.meta.url));
const number = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;

it("notebook.ipynb shows what is stored in it", { timeout: 120_000 }, async () => {
  const notebook: Notebook = JSON.parse(readFileSync(path, "utf8"));
  const folder = fileURLToPath(new URL("../packages/chainrule/out/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const program = `${folder}notebook-${process.pid}.ts`;
  writeFileSync(program, programOf(notebook.cells));
  let shown: unknown[];
  try {
    shown = (await import(/* @vite-ignore */ program)).default;
  } finally {
    rmSync(program);
  }
  const cells = notebook.cells.filter(({ cell_type }) => cell_type === "code");
  const outputs = await Promise.all(cells.map((_, i) => outputOf(shown[i], i + 1)));
  if (process.env.UPDATE_NOTEBOOK) {
    cells.forEach((cell, i) => {
      cell.execution_count = i + 1;
      cell.outputs = outputs[i];
    });
    writeFileSync(path, `${JSON.stringify(notebook, null, 1)}\n`);
  }
  expect(outputs.filter((output) => output.length > 0).length).toBeGreaterThan(7);
  cells.forEach((cell, i) => {
    const [stored, now] = [cell.outputs, outputs[i]].map((each) => JSON.stringify(each?.map(({ data }) => data)));
    expect(now.replace(number, "#"), cell.source.join("")).toBe(stored.replace(number, "#"));
    const found = now.match(number) ?? [];
    const differing = (stored.match(number) ?? []).filter(
      (text, k) => Math.abs(Number(text) - Number(found[k])) > Math.max(0.01 * Math.abs(Number(text)), 0.01),
    );
    expect(differing, cell.source.join("")).toEqual([]);
  });
});
