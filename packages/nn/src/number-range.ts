/**
 * Which numbers an option takes: ranges by name, with the words that errors have for them.
 */
import { describe, ValueError } from "@chainrule/core";

/** What an option may be. */
export interface NumberRange {
  readonly expected: string;
  holds(value: unknown): boolean;
}

/** Whether it is a number, neither NaN nor infinite. */
export function isFiniteNumber(x: unknown): x is number {
  return typeof x === "number" && Number.isFinite(x);
}

export const atLeastZero: NumberRange = {
  expected: "a number of at least 0",
  holds: (x) => isFiniteNumber(x) && x >= 0,
};
export const aboveZero: NumberRange = { expected: "a number above 0", holds: (x) => isFiniteNumber(x) && x > 0 };
export const zeroToOne: NumberRange = {
  expected: "a number from 0 to 1",
  holds: (x) => isFiniteNumber(x) && x >= 0 && x <= 1,
};

/** Throws a ValueError for an option outside of its range. */
export function checkRange(where: string, name: string, value: unknown, range: NumberRange): void {
  if (!range.holds(value))
    throw new ValueError({ where: `${where}, ${name}`, expected: range.expected, got: describe(value) });
}
