/**
 * Node's file functions that return when it is done: for logs, which are written a little at a time and held open never.
 */

import { ChainRuleError, DataError, OptionError } from "@chainrule/core";
import { hintFor } from "./atomic.ts";

type Files = typeof import("node:fs");

/** Node's file system, asked for at run time: an import would keep browsers from loading the package. */
export function logFiles(where: string): Files & { readonly join: (...parts: string[]) => string } {
  const builtin = typeof process === "object" ? process.getBuiltinModule : undefined;
  if (!builtin)
    throw new OptionError({
      where,
      expected: "a file system",
      got: "none, as in browsers",
      hint: "Collect the numbers with a callback { onEpochEnd(epoch, logs) {} } instead.",
    });
  return { ...builtin("node:fs"), join: builtin("node:path").join };
}

/** What `use` returns; the system's errors become the project's. */
export function withLogFile<T>(where: string, use: (files: ReturnType<typeof logFiles>) => T): T {
  const files = logFiles(where);
  try {
    return use(files);
  } catch (error) {
    if (error instanceof ChainRuleError) throw error;
    throw new DataError({
      where,
      expected: "a file that can be written",
      got: (error as Error).message,
      hint: hintFor(error),
    });
  }
}
