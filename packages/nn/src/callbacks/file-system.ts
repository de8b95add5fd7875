/**
 * Files for callbacks, where there are any.
 */
import { DataError, OptionError } from "@chainrule/core";

/**
 * Node's file system, asked for at run time: an import would keep browsers from loading the package.
 *
 * @throws OptionError where there is none.
 */
export function fileSystem(where: string): typeof import("node:fs") {
  const found = typeof process === "object" ? process.getBuiltinModule?.("node:fs") : undefined;
  if (found) return found;
  throw new OptionError({
    where,
    expected: "a file system",
    got: "none, as in browsers",
    hint: "Collect the numbers with a callback { onEpochEnd(epoch, logs) {} } instead.",
  });
}

/** Uses the file system, whose errors become the project's. */
export function withFiles<T>(where: string, path: string, use: (files: typeof import("node:fs")) => T): T {
  try {
    return use(fileSystem(where));
  } catch (error) {
    throw new DataError({
      where: `${where}, ${path}`,
      expected: "a file that can be written",
      got: (error as Error).message,
      hint: "Its folder must be there: paths count from where the program was started.",
    });
  }
}
