// A file of its own, whose types no public declaration mentions: they are Node's, which a browser's program does not have.

/** Node's file functions, or undefined in a browser. A plain import of them would break a browser bundle. */
export function fileSystem() {
  return typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:fs/promises");
}
