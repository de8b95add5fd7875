/**
 * Learning-rate schedules: plain functions from the number of steps (or epochs) taken so far to the rate of the next.
 *
 * Give one to an optimizer as its `lr` (it then counts steps), to the `LearningRateScheduler` callback (epochs), or call
 * it to see what it says. Being plain numbers, a schedule is no part of a compiled step: the rate is set before each run.
 */
import { OptionError } from "@chainrule/core";
import { checkOptions } from "@chainrule/core/internal";
import { checkRange, type NumberRange } from "../number-checks.ts";

/** The learning rate after `step` steps; the first step is taken at `schedule(0)`. */
export type Schedule = (step: number) => number;

/** The names of what may be left out. */
type Optional<Options> = { [Key in keyof Options]-?: object extends Pick<Options, Key> ? Key : never }[keyof Options];

/**
 * The options with defaults for those that are left out.
 *
 * @param ranges of every option; null for what the schedule checks itself.
 * @throws OptionError for options that are not known, and for none; ValueError for what is missing or out of its range.
 */
export function completeSchedule<Options extends object>(
  where: string,
  options: Options,
  ranges: Readonly<Record<keyof Options, NumberRange | null>>,
  defaults: Required<Pick<Options, Optional<Options>>>,
): Required<Options> {
  const names = Object.keys(ranges);
  if (options === undefined) throw new OptionError({ where, expected: `options: ${names.join(", ")}`, got: "none" });
  checkOptions(where, options, names);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const complete = { ...defaults, ...given } as Required<Options>;
  for (const [name, range] of Object.entries<NumberRange | null>(ranges))
    if (range) checkRange(where, name, complete[name as keyof Options], range);
  return complete;
}
