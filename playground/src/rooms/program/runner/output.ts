/**
 * What a program writes and shows, on its way from the sandbox to the page.
 *
 * A learner's code can send anything: `readOutput` takes only what has this form, and no more of it than a page can bear.
 */

/** A line of text, or something to be looked at. */
export type Item =
  | { readonly kind: "text"; readonly level: Level; readonly text: string }
  | { readonly kind: "svg" | "html" | "page"; readonly text: string };

export const levels = ["log", "info", "warn", "error"] as const;
export type Level = (typeof levels)[number];

/** What is sent: what was written since the last time, how many steps optimizers have taken, and whether the last line was reached. */
export interface Output {
  readonly items: readonly Item[];
  readonly steps: number;
  readonly isDone: boolean;
}

/** What is kept of one run. */
export const limits = { items: 5000, characters: 2_000_000, textLength: 20_000, drawingLength: 1_000_000 } as const;

/** Shorter, with a note of what is missing. */
export function cut(text: string, length: number = limits.textLength): string {
  return text.length <= length ? text : `${text.slice(0, length)}… ${text.length - length} more characters`;
}

/** Undefined for what no runner sent. */
export function readOutput(sent: unknown): Output | undefined {
  if (typeof sent !== "object" || sent === null) return undefined;
  const { items, steps, isDone } = sent as Record<string, unknown>;
  if (!Array.isArray(items) || items.length > limits.items || typeof isDone !== "boolean") return undefined;
  if (typeof steps !== "number" || !Number.isSafeInteger(steps) || steps < 0) return undefined;
  const read = items.map(readItem);
  return read.every((item) => item !== undefined) ? { items: read, steps, isDone } : undefined;
}

function readItem(sent: unknown): Item | undefined {
  if (typeof sent !== "object" || sent === null) return undefined;
  const { kind, level, text } = sent as Record<string, unknown>;
  if (typeof text !== "string") return undefined;
  if (kind === "svg" || kind === "html" || kind === "page")
    return text.length <= limits.drawingLength ? { kind, text } : undefined;
  const known = levels.find((name) => name === level);
  return kind === "text" && known && text.length <= limits.textLength + 50 ? { kind, level: known, text } : undefined;
}
