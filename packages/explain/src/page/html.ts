/**
 * HTML of texts and numbers, in which nothing that a user named can be markup.
 */
import { six } from "../explanation/names.ts";
import type { Numbers } from "../explanation/types.ts";
import { inLine, rowsOf, summary } from "../text/numbers.ts";

/** A text as it may stand between tags and in attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Data for a script, in which no tag can end it. */
export function jsonForScript(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A number as it is shown, with a minus that is one. */
export function shown(x: number): string {
  return six(Number(x)).replace("-", "−");
}

/** `3 × 2 numbers`, `one number`. */
export function shapeInWords(shape: readonly number[]): string {
  return shape.length === 0 ? "one number" : `${shape.join(" × ")} ${shape.length === 1 ? "numbers" : ""}`.trim();
}

/** So many numbers are read aloud. */
const mostSpoken = 6;

/** In a few words, for those who listen. */
export function spoken(numbers: Numbers): string {
  const { shape, values } = numbers;
  if (values && values.length === 1) return shown(values[0]);
  if (!values || values.length > mostSpoken) return `${shapeInWords(shape)}, length ${shown(numbers.norm)}`;
  return values.map(shown).join(", ");
}

/**
 * Numbers: one by itself, rows of a matrix in a table, of several matrices one below the other, many in a sentence.
 *
 * @param name what the table is called by those who cannot see what stands before it.
 */
export function numbersHtml(numbers: Numbers, name: string): string {
  const { shape, values } = numbers;
  if (values && shape.length === 0) return `<span class="number">${shown(values[0])}</span>`;
  const rows = rowsOf(numbers);
  if (!rows) return `<span class="summary">${escaped(values ? (inLine(numbers) ?? "") : summary(numbers))}</span>`;
  // Of more than two axes, matrix below matrix.
  const height = shape.length > 2 ? shape[shape.length - 2] : rows.length;
  const cells = (row: readonly string[]) => row.map((text) => `<td>${escaped(text.replace("-", "−"))}</td>`).join("");
  const body = rows
    .map((row, i) => `<tr${i > 0 && i % height === 0 ? ' class="next"' : ""}>${cells(row)}</tr>`)
    .join("");
  const caption = `${escaped(name)}, ${shapeInWords(shape)}`;
  return `<div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table class="numbers"><caption class="hidden">${caption}</caption><tbody>${body}</tbody></table></div>`;
}
