/**
 * Which line of the user's program is running, for error messages.
 */

/** The folder that this library's own frames come from: `…/core/src/` or `…/core/dist/`. */
const home = new URL("..", import.meta.url).href;

/** The innermost place on the stack that is not in this package: `file.ts:12:5`; undefined where the host shows none. */
export function userLine(): string | undefined {
  const lines = new Error().stack?.split("\n").slice(1) ?? [];
  const place = /\(?((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:\\)[^()\s]+:\d+:\d+)\)?\s*$/;
  for (const line of lines) {
    const found = place.exec(line)?.[1];
    if (!found) continue;
    const isOurs = found.startsWith(home) || found.startsWith(home.replace("file://", ""));
    if (isOurs && !/\.test\.[jt]s/.test(found)) continue;
    return found.replace(/^file:\/\//, "");
  }
  return undefined;
}
