/**
 * Checks of options that are numbers: counts, and ranges with the words that errors have for them.
 */
import { type ChainRuleError, ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** What an option may be. */
export interface NumberRange {
  readonly expected: string;
  holds(value: unknown): boolean;
}

/** Whether it is a number, neither NaN nor infinite. */
export function isFiniteNumber(x: unknown): x is number {
  return typeof x === "number" && Number.isFinite(x);
}

export const anyNumber: NumberRange = {
  expected: "a number",
  holds: (x) => typeof x === "number" && !Number.isNaN(x),
};
export const finite: NumberRange = { expected: "a finite number", holds: isFiniteNumber };
export const atLeastZero: NumberRange = {
  expected: "a number of at least 0",
  holds: (x) => isFiniteNumber(x) && x >= 0,
};
export const aboveZero: NumberRange = { expected: "a number above 0", holds: (x) => isFiniteNumber(x) && x > 0 };
export const betweenZeroAndOne: NumberRange = {
  expected: "a number above 0 and below 1",
  holds: (x) => isFiniteNumber(x) && x > 0 && x < 1,
};
export const zeroToOne: NumberRange = {
  expected: "a number from 0 to 1",
  holds: (x) => isFiniteNumber(x) && x >= 0 && x <= 1,
};

/** Throws a ValueError for an option outside of its range. */
export function checkRange(where: string, name: string, value: unknown, range: NumberRange): void {
  if (!range.holds(value))
    throw new ValueError({ where: `${where}, ${name}`, expected: range.expected, got: describe(value) });
}

/** @throws ValueError, or an error of another class, unless the option is a whole number of at least `least`. */
export function checkCount(
  where: string,
  name: string,
  value: unknown,
  least: number,
  { ErrorClass = ValueError, hint }: { ErrorClass?: typeof ChainRuleError; hint?: string } = {},
): void {
  if (!Number.isInteger(value) || (value as number) < least)
    throw new ErrorClass({
      where,
      expected: `${name} as a whole number of at least ${least}`,
      got: describe(value),
      hint,
    });
}

/** @throws ValueError unless the option is at least 0. */
export function checkNotNegative(where: string, name: string, value: unknown): void {
  if (!(typeof value === "number" && value >= 0))
    throw new ValueError({ where, expected: `${name} of at least 0`, got: describe(value) });
}
