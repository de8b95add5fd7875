/**
 * What files are called in messages, and who is told how far reading them is.
 */
import { DataError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import type { ReadOptions, Source } from "@chainrule/data";

/** Throws unless it is a path or a URL. */
export function checkPath(where: string, path: unknown): void {
  if (typeof path !== "string" && !(path instanceof URL))
    throw new DataError({ where, expected: "a path or a URL", got: describe(path) });
}

/** The last part of a path or URL. */
export function nameOfSource(source: Source): string {
  checkPath("files", source);
  return (
    String(source)
      .replace(/[?#].*$/, "")
      .split(/[\\/]/)
      .pop() || String(source)
  );
}

/** Of the options of a function that loads, those for reading. */
export function progressOf(options: ReadOptions | undefined): ReadOptions {
  return options?.onProgress === undefined ? {} : { onProgress: options.onProgress };
}
