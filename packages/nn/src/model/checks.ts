/**
 * Checks of options that are numbers.
 */
import { describe, ValueError } from "@chainrule/core";

/** @throws ValueError unless the option is a whole number of at least `least`. */
export function checkCount(where: string, name: string, value: unknown, least: number): void {
  if (!Number.isInteger(value) || (value as number) < least)
    throw new ValueError({
      where,
      expected: `${name} as a whole number of at least ${least}`,
      got: describe(value),
      hint:
        name === "epochs" && value === Number.POSITIVE_INFINITY
          ? "Name a large number, and stop by a callback."
          : undefined,
    });
}

/** @throws ValueError unless the option is at least 0. */
export function checkNotNegative(where: string, name: string, value: unknown): void {
  if (!((value as number) >= 0))
    throw new ValueError({ where, expected: `${name} of at least 0`, got: describe(value) });
}
