/**
 * The output as it is drawn: lines in pieces.
 */
import type { Item } from "./runner/output.ts";

/** Long texts are drawn in pieces, of which only the last changes. */
const pieceLength = 4000;

/** The items with more behind them. */
export function joined(before: readonly Item[], more: readonly Item[]): readonly Item[] {
  const items = [...before];
  for (const item of more) {
    const last = items.at(-1);
    if (
      item.kind === "text" &&
      last?.kind === "text" &&
      last.level === item.level &&
      last.text.length + item.text.length < pieceLength
    )
      items[items.length - 1] = { ...last, text: `${last.text}\n${item.text}` };
    else items.push(item);
  }
  return items;
}
