/**
 * What the public index exports, found by what it is: for tests that want every item of a kind in their table.
 */
import * as nn from "../src/index.ts";

type Class<T> = abstract new (...args: never[]) => T;

/** The names of the exported classes that extend `base`, in order; `base` itself is not among them. */
export function subclassesOf<T>(base: Class<T>): string[] {
  return Object.entries(nn)
    .filter(([, item]) => typeof item === "function" && item.prototype instanceof base)
    .map(([name]) => name)
    .sort();
}

/** The names of the functions of a namespace or module, in order; classes are not among them. */
export function functionsOf(namespace: object): string[] {
  return Object.entries(namespace)
    .filter(([, item]) => typeof item === "function" && !/^class\b/.test(Function.prototype.toString.call(item)))
    .map(([name]) => name)
    .sort();
}
