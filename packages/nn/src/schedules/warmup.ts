/**
 * Schedules that raise the learning rate first: a warm-up before any other, and the one-cycle policy.
 */

import { lookUp } from "@chainrule/core/internal";
import { madeBy } from "../made-by.ts";
import { aboveZero, atLeastZero, checkRange, type NumberRange, zeroToOne } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";
import { annealCosine } from "./decay.ts";
import { completeSchedule, type Schedule } from "./schedule.ts";

/**
 * A straight line up to where another schedule begins, and then that schedule (Goyal et al. 2017).
 *
 * For t < steps, schedule(0) · (from + (1 - from) t / steps); from then on, schedule(t - steps).
 *
 * @param next a schedule, or a number for a rate that stays.
 * @param options `from`: where the line starts, as a share of where it ends; 0 by default, so that the first step does
 *   nothing but fill the optimizer's averages.
 * @throws ValueError for a number of steps that is not above 0, or a share outside [0, 1].
 * @example warmup(cosineDecay({ lr: 0.1, steps: 900 }), { steps: 100 });
 */
export function warmup(next: Schedule | number, options: { steps: number; from?: number }): Schedule {
  refuseSurplus("warmup", arguments, 2);
  const { steps, from } = completeSchedule("warmup", options, { steps: aboveZero, from: zeroToOne }, { from: 0 });
  if (typeof next !== "function") checkRange("warmup", "next", next, rateOrSchedule);
  const schedule = typeof next === "number" ? () => next : next;
  const rate: Schedule = (step) =>
    step < steps ? schedule(0) * (from + ((1 - from) * step) / steps) : schedule(step - steps);
  return madeBy(warmup, [next, { steps, from }], rate);
}

const rateOrSchedule: NumberRange = {
  expected: "a schedule, or a number of at least 0",
  holds: atLeastZero.holds,
};

/** The heights and the length of a {@link oneCycle}. */
export interface OneCycleOptions {
  /** The highest rate. */
  maxLr: number;
  /** How many steps the whole cycle takes. */
  steps: number;
  /** The share of the steps in which the rate rises; 0.3 by default. */
  pctStart?: number;
  /** The first rate is maxLr / divFactor; 25 by default. */
  divFactor?: number;
  /** The last rate is the first / finalDivFactor; 1e4 by default. */
  finalDivFactor?: number;
  /** The form of the way up and down; "cos" by default. */
  annealStrategy?: "cos" | "linear";
}

const annealings = {
  cos: annealCosine,
  linear: (from: number, to: number, progress: number) => from + (to - from) * progress,
};

/**
 * Up from maxLr / divFactor to maxLr in the first `pctStart` of the steps, then down to nearly nothing (Smith & Topin
 * 2018). PyTorch's `OneCycleLR` with two phases, without its cycling of the momentum; its last rate stays.
 *
 * @throws ValueError for rates, factors and steps that are not above 0, and a share outside [0, 1].
 * @example new SGD(model, { lr: oneCycle({ maxLr: 0.1, steps: 1000 }), momentum: 0.9 });
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  refuseSurplus("oneCycle", arguments, 1);
  const where = "oneCycle";
  const ranges = {
    maxLr: aboveZero,
    steps: aboveZero,
    pctStart: zeroToOne,
    divFactor: aboveZero,
    finalDivFactor: aboveZero,
    annealStrategy: null,
  };
  const { maxLr, steps, pctStart, divFactor, finalDivFactor, annealStrategy } = completeSchedule(
    where,
    options,
    ranges,
    { pctStart: 0.3, divFactor: 25, finalDivFactor: 1e4, annealStrategy: "cos" },
  );
  const anneal = lookUp(`${where}, annealStrategy`, annealings, annealStrategy);
  const first = maxLr / divFactor;
  const last = first / finalDivFactor;
  // PyTorch counts the steps from 0 to steps - 1, and the peak as the end of the way up.
  const peak = pctStart * steps - 1;
  const end = steps - 1;
  const rate: Schedule = (step) => {
    if (step <= peak) return peak === 0 ? maxLr : anneal(first, maxLr, step / peak);
    return end <= peak || step >= end ? last : anneal(maxLr, last, (step - peak) / (end - peak));
  };
  return madeBy(oneCycle, [{ ...options }], rate);
}
