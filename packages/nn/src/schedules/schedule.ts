/**
 * Learning-rate schedules: plain functions from the number of steps (or epochs) taken so far to the rate of the next.
 *
 * Give one to an optimizer as its `lr` (it then counts steps), to the `LearningRateScheduler` callback (epochs), or call
 * it to see what it says. Being plain numbers, a schedule is no part of a compiled step: the rate is set before each run.
 */
import { checkOptions } from "@chainrule/core/internal";
import { checkRange, type NumberRange } from "../number-checks.ts";

/** The learning rate after `step` steps; the first step is taken at `schedule(0)`. */
export type Schedule = (step: number) => number;

/**
 * Throws for options that are not known, missing, or out of their range.
 *
 * @param ranges of every option; null for what the schedule checks itself.
 */
export function checkSchedule<Options extends object>(
  where: string,
  options: Options,
  ranges: Readonly<Record<keyof Options, NumberRange | null>>,
): void {
  checkOptions(where, options, Object.keys(ranges));
  for (const [name, range] of Object.entries<NumberRange | null>(ranges))
    if (range) checkRange(where, name, options[name as keyof Options], range);
}
