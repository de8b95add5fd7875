/**
 * What is data and nothing else.
 */

/** Whether it is an object as `{ … }` makes it. */
export function isPlainRecord(x: unknown): x is Readonly<Record<string, unknown>> {
  if (typeof x !== "object" || x === null) return false;
  const prototype = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}
