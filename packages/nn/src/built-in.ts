/**
 * What is the library's own: its functions always do the same, so that training need not look whether they do.
 */
const builtIn = new WeakSet<object>();

/** Declares classes and functions the library's own. */
export function markBuiltIn(things: Iterable<unknown>): void {
  for (const thing of things) if (typeof thing === "function") builtIn.add(thing);
}

/** Whether it was declared the library's own; what cannot be known is not. */
export function isBuiltIn(thing: unknown): boolean {
  return typeof thing === "function" && builtIn.has(thing);
}
