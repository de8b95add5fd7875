/**
 * Which line of the user's program is running, for error messages.
 */

/**
 * The folder in which this package and those that build on it lie side by side: `packages/`, `@chainrule/`. Worked out
 * when it is needed, because a bundle that is one script has no such address; null there.
 *
 * @param url where this code is: a file of `src/` or `dist/`, or the one module in `dist/node/`.
 */
export function findHome(url: string | undefined = import.meta.url): string | null {
  // Nothing lies beside a module that is an address itself, such as data:….
  const up = url?.includes("/dist/node/") ? "../../../" : "../../";
  return url && URL.canParse(up, url) ? new URL(up, url).href : null;
}

/** An error that knows the stack, deeper than the ten lines that V8 records by itself: the library alone may take those. */
function errorHere(depth: number): Error {
  const host = Error as { stackTraceLimit?: number };
  const before = host.stackTraceLimit;
  if (before !== undefined) host.stackTraceLimit = depth;
  const error = new Error();
  if (before !== undefined) host.stackTraceLimit = before;
  return error;
}

/** The innermost place on the stack that is not in this library: `file.ts:12:5`; undefined where the host shows none. */
export function userLine(): string | undefined {
  return noteLine(100)();
}

/** Notes where the program is: what {@link userLine} says, worked out only if it is asked for. */
export function noteLine(depth = 40): () => string | undefined {
  const error = errorHere(depth);
  return () => placeIn(error.stack?.split("\n").slice(1) ?? [], findHome());
}

/** The first of the stack's lines that is the user's, given the folder of the library; a test of the library is a user. */
export function placeIn(lines: readonly string[], home: string | null): string | undefined {
  const place = /(?:^|[\s(])((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:\\)[^()\s]+:\d+:\d+)\)?\s*$/;
  for (const line of lines) {
    const found = place.exec(line)?.[1];
    if (!found) continue;
    const isHere = home !== null && (found.startsWith(home) || found.startsWith(home.replace("file://", "")));
    // Package managers may keep each package in a folder of its own.
    const isInstalled = /\/node_modules\/(?:@chainrule\/\w+|chainrule)\//.test(found);
    if (isInstalled || (isHere && !/\.test\.[jt]s/.test(found))) continue;
    return found.replace(/^file:\/\//, "");
  }
  return undefined;
}
