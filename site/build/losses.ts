/**
 * A page for each loss: its docstring, its curve with the derivative, when to take it, its names elsewhere.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lossByName, plotLoss } from "chainrule";
import { type LossNotes, lossNotes } from "../losses/table.ts";

/** In groups, for the sidebar. */
export function lossesByFamily(): ReadonlyMap<string, readonly string[]> {
  const families = new Map<string, string[]>();
  for (const [name, { family }] of Object.entries(lossNotes))
    families.set(family, [...(families.get(family) ?? []), name]);
  return families;
}

/** Writes `pages/losses`, out of the pages of the API reference, which must be there. */
export function writeLosses(site: string): void {
  const folder = join(site, "pages/losses");
  mkdirSync(join(folder, "curves"), { recursive: true });
  for (const [name, notes] of Object.entries(lossNotes)) {
    writeFileSync(join(folder, "curves", `${name}.svg`), plotLoss(lossByName(name), {}, { width: 640 }));
    writeFileSync(join(folder, `${name}.md`), lossPage(name, notes, docstringOf(site, name)));
  }
  writeFileSync(join(folder, "index.md"), lossList());
}

/** What TypeDoc wrote of it, without title and signature. */
function docstringOf(site: string, name: string): string {
  const page = readFileSync(join(site, "pages/api/losses/variables", `${name}.md`), "utf8");
  return page
    .replace(/^[\s\S]*?^```\n/m, "")
    .replaceAll("](../", "](../api/losses/")
    .trim();
}

function lossPage(name: string, { when, stability, keras, torch, optax }: LossNotes, docstring: string): string {
  const names = [
    ["Keras", keras],
    ["PyTorch", torch],
    ["optax", optax],
  ].flatMap(([peer, of]) => (of ? [`| ${peer} | ${of.replace(/^([\w.]+(?:\([^)]*\))?)/, "`$1`")} |`] : []));
  return [
    `# ${name}`,
    `![The loss along a slice of its inputs, with its derivative below](./curves/${name}.svg)`,
    `**When.** ${when}`,
    `**Numbers.** ${stability} Its gradient is checked against differences in float64, at the edges too.`,
    docstring,
    names.length > 0 ? `## Elsewhere\n\n| library | name |\n|---|---|\n${names.join("\n")}` : "",
    `By itself: [API](../api/losses/variables/${name}.md). [Writing one of your own](../writing-a-loss.md).`,
    "",
  ].join("\n\n");
}

function lossList(): string {
  const parts = [...lossesByFamily()].map(([family, names]) => {
    const rows = names.map((name) => `| [${name}](./${name}.md) | ${lossNotes[name].when} |`);
    return `## ${family}\n\n| loss | take it when |\n|---|---|\n${rows.join("\n")}`;
  });
  return `# Losses\n\n${Object.keys(lossNotes).length} of them, each with its formula, curve, gradient and source.\n\n${parts.join("\n\n")}\n`;
}
