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

/** The form of a {@link oneCycle}, and of the momentum that goes with it. */
interface CycleOptions {
  /** How many steps the whole cycle takes. */
  steps: number;
  /** The share of the steps in which the rate rises; 0.3 by default. */
  pctStart?: number;
  /** The form of the way up and down; "cos" by default. */
  annealStrategy?: "cos" | "linear";
  /** Goes down as fast as up, to where it began, and then on to the last rate; false by default. */
  threePhase?: boolean;
}

/** The heights and the length of a {@link oneCycle}. */
export interface OneCycleOptions extends CycleOptions {
  /** The highest rate. */
  maxLr: number;
  /** The first rate is maxLr / divFactor; 25 by default. */
  divFactor?: number;
  /** The last rate is the first / finalDivFactor; 1e4 by default. */
  finalDivFactor?: number;
}

const annealings = {
  cos: annealCosine,
  linear: (from: number, to: number, progress: number) => from + (to - from) * progress,
};

const cycleRanges = { steps: aboveZero, pctStart: zeroToOne, annealStrategy: null, threePhase: null };
const cycleDefaults = { pctStart: 0.3, annealStrategy: "cos", threePhase: false } as const;

/** Three heights one after another; with three phases back to the first before the last. */
function cycleOf(
  where: string,
  [first, peak, last]: readonly [number, number, number],
  { steps, pctStart, annealStrategy, threePhase }: Required<CycleOptions>,
): Schedule {
  const anneal = lookUp(`${where}, annealStrategy`, annealings, annealStrategy);
  checkRange(where, "threePhase", threePhase, { expected: "true or false", holds: (x) => typeof x === "boolean" });
  const heights = threePhase ? [first, peak, first, last] : [first, peak, last];
  // PyTorch counts the steps from 0 to steps - 1, and the peak as the end of the way up.
  const up = pctStart * steps - 1;
  const ends = threePhase ? [up, 2 * up, steps - 1] : [up, steps - 1];
  return (step) => {
    const phase = ends.findIndex((end) => step <= end);
    if (phase < 0) return last;
    const [start, end] = [phase === 0 ? 0 : ends[phase - 1], ends[phase]];
    const [from, to] = [heights[phase], heights[phase + 1]];
    return end === start ? to : anneal(from, to, (step - start) / (end - start));
  };
}

/**
 * Up from maxLr / divFactor to maxLr in the first `pctStart` of the steps, then down to nearly nothing (Smith & Topin
 * 2018). PyTorch's `OneCycleLR`; its last rate stays. {@link oneCycleMomentum} is its cycling of the momentum.
 *
 * @throws ValueError for rates, factors and steps that are not above 0, and a share outside [0, 1].
 * @example new SGD(model, { lr: oneCycle({ maxLr: 0.1, steps: 1000 }), momentum: 0.9 });
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  refuseSurplus("oneCycle", arguments, 1);
  const complete = completeSchedule(
    "oneCycle",
    options,
    { maxLr: aboveZero, divFactor: aboveZero, finalDivFactor: aboveZero, ...cycleRanges },
    { divFactor: 25, finalDivFactor: 1e4, ...cycleDefaults },
  );
  const { maxLr, divFactor, finalDivFactor } = complete;
  const first = maxLr / divFactor;
  return madeBy(oneCycle, [{ ...options }], cycleOf("oneCycle", [first, maxLr, first / finalDivFactor], complete));
}

/** The heights and the length of a {@link oneCycleMomentum}. */
export interface OneCycleMomentumOptions extends CycleOptions {
  /** The momentum while the rate is low; 0.95 by default. */
  maxMomentum?: number;
  /** The momentum when the rate is highest; 0.85 by default. */
  baseMomentum?: number;
}

/**
 * The momentum that goes with a {@link oneCycle} of the same form: down while the rate goes up, and back (Smith & Topin 2018). What
 * PyTorch's `OneCycleLR` does to `momentum`, or to the first of `betas`; here an optimizer is told to by `momentumSchedule`.
 *
 * @throws ValueError for steps that are not above 0, and for momenta and a share outside [0, 1].
 * @example
 * const cycle = { steps: 1000, threePhase: true };
 * new SGD(model, { lr: oneCycle({ maxLr: 0.1, ...cycle }), momentum: 0.9, momentumSchedule: oneCycleMomentum(cycle) });
 */
export function oneCycleMomentum(options: OneCycleMomentumOptions): Schedule {
  const where = "oneCycleMomentum";
  refuseSurplus(where, arguments, 1);
  const complete = completeSchedule(
    where,
    options,
    { maxMomentum: zeroToOne, baseMomentum: zeroToOne, ...cycleRanges },
    { maxMomentum: 0.95, baseMomentum: 0.85, ...cycleDefaults },
  );
  const { maxMomentum, baseMomentum } = complete;
  return madeBy(oneCycleMomentum, [{ ...options }], cycleOf(where, [maxMomentum, baseMomentum, maxMomentum], complete));
}
