/**
 * What files are called in messages.
 */
import type { Source } from "@chainrule/data";

/** The last part of a path or URL. */
export function nameOfSource(source: Source): string {
  return (
    String(source)
      .replace(/[?#].*$/, "")
      .split(/[\\/]/)
      .pop() || String(source)
  );
}
