/**
 * A page with every loss of the library as a curve with its derivative: `npx -y pnpm@12 gallery` writes `out/losses.html`, or
 * where its argument says.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import * as chainrule from "chainrule";
import { lossByName, lossNames, plotLoss } from "chainrule";

/** Options that say most of a loss, compared; the others are drawn as they are. */
const compared: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  binaryCrossEntropy: { labelSmoothing: [0, 0.1, 0.3] },
  binaryFocal: { gamma: [0, 1, 2] },
  categoricalFocal: { gamma: [0, 1, 2] },
  crossEntropy: { labelSmoothing: [0, 0.1, 0.3] },
  generalizedCrossEntropy: { q: [0.1, 0.5, 1] },
  huber: { delta: [0.5, 1, 2] },
  tversky: { alpha: [0.3, 0.5, 0.7] },
};

/** All losses of the library, in the order of their names. */
export const losses = lossNames()
  .filter((name) => name in chainrule)
  .sort();

/** The page: nothing is loaded, and no script runs. */
export function galleryPage(names: readonly string[] = losses): string {
  const drawings = names.map((name) => {
    const loss = lossByName(name);
    return `<figure id="${name}">${plotLoss(loss, compared[name] ?? {}, { width: 400 })}</figure>`;
  });
  const style = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:1280px;margin:2rem auto;padding:0 1rem;
color:#24292f;background:#fff}main{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,380px),1fr));gap:1rem;
align-items:start}figure{margin:0}@media(prefers-color-scheme:dark){body{color:#d7dde4;background:#0d1117}}`;
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Losses</title>',
    `<style>${style}</style></head><body>`,
    `<h1>Losses</h1><p>Each of the ${names.length} losses of the library along a slice through its inputs, which the axis names, with its derivative below, by <code>plotLoss</code>.</p>`,
    `<main>${drawings.join("\n")}</main></body></html>`,
    "",
  ].join("\n");
}

if (
  process.argv[1] !== undefined &&
  import.meta.url.endsWith("/gallery.ts") &&
  process.argv[1].endsWith("gallery.ts")
) {
  const path = resolve(process.argv[2] ?? "out/losses.html");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, galleryPage());
  console.log(`${losses.length} losses in ${path}`);
}
