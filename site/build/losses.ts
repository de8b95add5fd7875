/**
 * A page for each loss: its docstring, its curve with the derivative, when to take it, its names elsewhere.
 */
import { mkdirSync, writeFileSync } from "node:fs";
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

/** What it is called elsewhere: the library, and the name with what is different about it. */
export function peerNames({ keras, torch, optax }: LossNotes): [peer: string, name: string][] {
  return [
    ["Keras", keras],
    ["PyTorch", torch],
    ["optax", optax],
  ].flatMap(([peer, names]): [string, string][] =>
    peer && names ? [[peer, names.replace(/(^|, )([\w.]+(?:\([^)]*\))?)/g, "$1`$2`")]] : [],
  );
}

/** Writes `pages/losses`. @param docstringOf what the API reference says of a loss. */
export function writeLosses(site: string, docstringOf: (name: string) => string): void {
  const folder = join(site, "pages/losses");
  mkdirSync(join(folder, "curves"), { recursive: true });
  for (const [name, notes] of Object.entries(lossNotes)) {
    writeFileSync(join(folder, "curves", `${name}.svg`), plotLoss(lossByName(name), {}, { width: 640 }));
    writeFileSync(join(folder, `${name}.md`), lossPage(name, notes, docstringOf(name)));
  }
  writeFileSync(join(folder, "index.md"), lossList());
}

function lossPage(name: string, notes: LossNotes, docstring: string): string {
  const names = peerNames(notes).map(([peer, text]) => `| ${peer} | ${text} |`);
  return [
    "---\npageClass: api\n---",
    `# ${name}`,
    `![The loss along a slice of its inputs, with its derivative below](./curves/${name}.svg)`,
    `**When.** ${notes.when}`,
    `**Numbers.** ${notes.stability} Its gradient is checked against differences in float64, at the edges too.`,
    docstring,
    names.length > 0 ? `## Elsewhere\n\n| library | name |\n|---|---|\n${names.join("\n")}` : "",
    `By itself: [API](../api/losses/functions/${name}.md). [Writing one of your own](../writing-a-loss.md).`,
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
