/**
 * What functions ask of arguments that are no tensors: functions, lists, numbers, names.
 */
import { DTypeError, describe, ValueError } from "./errors.ts";

/** Throws unless it is a function, and one that is called without `new`. */
export function checkFunction(where: string, f: unknown, expected = "a function"): void {
  if (!isFunction(f)) throw new ValueError({ where, expected, got: describe(f) });
}

/** Whether it is a function, and one that is called without `new`. */
export function isFunction(f: unknown): boolean {
  if (typeof f !== "function") return false;
  // The prototype of a class, and of no function of one's own, cannot be replaced.
  return Object.getOwnPropertyDescriptor(f, "prototype")?.writable !== false || !/^class\b/.test(String(f));
}

/** Throws unless it is an array; `expected` says of what. */
export function checkList(where: string, list: unknown, expected: string): asserts list is readonly unknown[] {
  if (!Array.isArray(list)) throw new ValueError({ where, expected, got: describe(list) });
}

/** Throws unless it is a number, of any size or NaN. */
export function checkNumber(where: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== "number") throw new DTypeError({ where, expected: `a number as ${name}`, got: describe(value) });
}

/** Throws unless it is a whole number of at least 0 (or `least`) that an array can have as its length. */
export function checkCount(where: string, name: string, value: unknown, least = 0): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) >= 2 ** 32)
    throw new ValueError({
      where,
      expected: `${name} as a whole number of at least ${least}${typeof value === "number" && value >= 2 ** 32 ? " and below 2^32" : ""}`,
      got: describe(value),
    });
}

/** Throws unless it is a text. */
export function checkText(where: string, name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw new ValueError({ where, expected: `a text as ${name}`, got: describe(value) });
}

/** The elements in words, `[2, "x", undefined]`: what an error shows of a list that is wrong. */
export function listInWords(list: readonly unknown[]): string {
  const shown = Array.from(list.length > 16 ? list.slice(0, 16) : list, (item) =>
    typeof item === "number" ? String(item) : Array.isArray(item) && item.length < 8 ? flat(item) : describe(item),
  );
  return `[${shown.join(", ")}${list.length > 16 ? ", …" : ""}]`;
}

function flat(list: readonly unknown[]): string {
  return `[${Array.from(list, (item) => (typeof item === "number" ? String(item) : describe(item))).join(", ")}]`;
}
