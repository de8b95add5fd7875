/**
 * Values with leaves inside lists and plain objects: arguments and results of modules, as trees.
 */

/** The value with its leaves replaced, in lists and plain objects as deep as they go; all else stays as it is. */
export function mapLeaves<T>(
  value: unknown,
  isLeaf: (x: unknown) => x is T,
  f: (leaf: T, path: string) => unknown,
  path = "",
): unknown {
  if (isLeaf(value)) return f(value, path);
  const inner = (part: unknown, key: string | number) =>
    mapLeaves(part, isLeaf, f, path === "" ? `${key}` : `${path}.${key}`);
  if (Array.isArray(value)) return value.map(inner);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part, key)]));
}

/** The leaves of a value in their order, with the path that leads to each. */
export function leavesOf<T>(value: unknown, isLeaf: (x: unknown) => x is T): [leaf: T, path: string][] {
  const found: [T, string][] = [];
  mapLeaves(value, isLeaf, (leaf, path) => found.push([leaf, path]));
  return found;
}

/** Whether it is an object of properties that no class made, in another window too. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
