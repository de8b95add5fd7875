/**
 * Pieces of HTML in which everything that comes from a program is text.
 */
import { escapeXml } from "@chainrule/viz/internal";

/** A table of texts; the first cell of a row is its title where `hasTitles` says so. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[], hasTitles = false): string {
  const cell = (tag: string, text: string) => `<${tag}>${escapeXml(text)}</${tag}>`;
  const titles = head.length > 0 ? `<thead><tr>${head.map((text) => cell("th", text)).join("")}</tr></thead>` : "";
  const lines = rows.map(
    (row) => `<tr>${row.map((text, i) => cell(hasTitles && i === 0 ? "th" : "td", text)).join("")}</tr>`,
  );
  return `<table>${titles}<tbody>${lines.join("")}</tbody></table>`;
}

/** A line of text. */
export function htmlLine(text: string): string {
  return `<div>${escapeXml(text)}</div>`;
}

/** A text with its line breaks. */
export function htmlText(text: string): string {
  return `<pre>${escapeXml(text)}</pre>`;
}

/** The indices to show of so many: all, or some at both ends with -1 between them. */
export function ends(count: number, most: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  if (count <= most) return all;
  const half = Math.floor(most / 2);
  return [...all.slice(0, half), -1, ...all.slice(count - half)];
}

/** A number in five digits. */
export function short(x: number): string {
  return Number.isFinite(x) ? String(Number(x.toPrecision(5))) : String(x);
}
