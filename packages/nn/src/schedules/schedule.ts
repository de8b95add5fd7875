/**
 * Learning-rate schedules: plain functions from the number of steps (or epochs) taken so far to the rate of the next.
 *
 * Give one to an optimizer as its `lr` (it then counts steps), to the `LearningRateScheduler` callback (epochs), or call
 * it to see what it says. Being plain numbers, a schedule is no part of a compiled step: the rate is set before each run.
 */
import { checkOptions, describe, ValueError } from "@chainrule/core";

/** The learning rate after `step` steps; the first step is taken at `schedule(0)`. */
export type Schedule = (step: number) => number;

interface Checks {
  /** Options that must be numbers above 0. */
  positive?: readonly string[];
  /** Options that must be numbers of at least 0. */
  notNegative?: readonly string[];
  /** Other options that there are. */
  other?: readonly string[];
}

/** Throws for options that are not known, missing, or out of their range. */
export function checkSchedule(
  where: string,
  options: object,
  { positive = [], notNegative = [], other = [] }: Checks,
): void {
  checkOptions(where, options, [...positive, ...notNegative, ...other]);
  const values = options as Readonly<Record<string, unknown>>;
  const check = (names: readonly string[], expected: string, holds: (x: number) => boolean) => {
    for (const name of names)
      if (!(typeof values[name] === "number" && Number.isFinite(values[name]) && holds(values[name])))
        throw new ValueError({ where: `${where}, ${name}`, expected, got: describe(values[name]) });
  };
  check(positive, "a number above 0", (x) => x > 0);
  check(notNegative, "a number of at least 0", (x) => x >= 0);
}
