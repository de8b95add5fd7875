/**
 * Results that are objects to a program and text to a person.
 */

/** The object with a text of its own, in template strings and in Node's console. */
export function printable<T extends object>(value: T, text: () => string): T & { toString(): string } {
  const hidden = { enumerable: false, value: text };
  return Object.defineProperties(value, { toString: hidden, [Symbol.for("nodejs.util.inspect.custom")]: hidden });
}
