/**
 * Further schedules: slowly falling, in pieces, in cycles, and one after another.
 */

import { OptionError, ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { madeBy } from "../made-by.ts";
import { aboveZero, atLeastZero, isFiniteNumber } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";
import { completeSchedule, type Schedule } from "./schedule.ts";

/**
 * lr / (1 + decay · t / every), which falls ever more slowly; with `staircase` in steps, ⌊t / every⌋. Keras's
 * `InverseTimeDecay`.
 *
 * @throws ValueError for a rate or a decay below 0, and for a number of steps that is not above 0.
 * @example [0, 10, 30].map(inverseTimeDecay({ lr: 0.1, decay: 1, every: 10 })); // [0.1, 0.05, 0.025]
 */
export function inverseTimeDecay(options: {
  lr: number;
  decay: number;
  every?: number;
  staircase?: boolean;
}): Schedule {
  refuseSurplus("inverseTimeDecay", arguments, 1);
  const where = "inverseTimeDecay";
  const ranges = { lr: atLeastZero, decay: atLeastZero, every: aboveZero, staircase: null };
  const { lr, decay, every, staircase } = completeSchedule(where, options, ranges, { every: 1, staircase: false });
  if (typeof staircase !== "boolean")
    throw new OptionError({ where, expected: "staircase as true or false", got: describe(staircase) });
  return madeBy(inverseTimeDecay, [{ ...options }], (step: number) => {
    const passed = staircase ? Math.floor(step / every) : step / every;
    return lr / (1 + decay * passed);
  });
}

/** Whether these are whole and ascend from at least 0. */
function ascend(boundaries: unknown): boolean {
  const holds = (at: unknown, i: number, all: unknown[]) =>
    isFiniteNumber(at) && at >= 0 && (i === 0 || at > (all[i - 1] as number));
  return Array.isArray(boundaries) && boundaries.every(holds);
}

/**
 * A rate for each stretch between boundaries: the first up to and with the first boundary, and so on. Keras's
 * `PiecewiseConstantDecay`.
 *
 * @param options `boundaries` that ascend; `values`, one more than there are boundaries.
 * @throws ValueError for boundaries that do not ascend, and for rates below 0 or another number of them.
 * @example [0, 10, 11].map(piecewiseConstant({ boundaries: [10], values: [0.1, 0.01] })); // [0.1, 0.1, 0.01]
 */
export function piecewiseConstant(options: { boundaries: readonly number[]; values: readonly number[] }): Schedule {
  refuseSurplus("piecewiseConstant", arguments, 1);
  const where = "piecewiseConstant";
  const { boundaries, values } = completeSchedule(where, options, { boundaries: null, values: null }, {});
  if (!ascend(boundaries))
    throw new ValueError({ where, expected: "boundaries of at least 0 that ascend", got: describe(boundaries) });
  if (!Array.isArray(values) || values.length !== boundaries.length + 1 || !values.every((lr) => atLeastZero.holds(lr)))
    throw new ValueError({
      where,
      expected: `${boundaries.length + 1} values of at least 0, one more than there are boundaries`,
      got: Array.isArray(values) ? `[${values.join(", ")}]` : describe(values),
    });
  const [marks, rates] = [[...boundaries], [...values]];
  return madeBy(
    piecewiseConstant,
    [{ boundaries: marks, values: rates }],
    (step: number) => rates[marks.filter((at) => step > at).length],
  );
}

/** How high the cycles of {@link cyclic} are, and how long. */
export interface CyclicOptions {
  /** The lowest rate. */
  baseLr: number;
  /** The highest rate, of the first cycle. */
  maxLr: number;
  /** Steps from the lowest to the highest rate. */
  stepsUp: number;
  /** Steps back; as many by default. */
  stepsDown?: number;
  /** What the height of a cycle is multiplied by after each; 1 by default, and 1/2 is PyTorch's "triangular2". */
  cycleFactor?: number;
  /** What the height is multiplied by after each step; 1 by default. PyTorch's `gamma` of "exp_range". */
  stepFactor?: number;
}

/**
 * Up and down in straight lines, again and again: triangles from baseLr to maxLr, which may become lower from cycle to cycle or from
 * step to step (Smith 2017). PyTorch's `CyclicLR`.
 *
 * @throws ValueError for rates below 0, and for numbers of steps and factors that are not above 0.
 * @example [0, 1, 2, 3, 4].map(cyclic({ baseLr: 0.1, maxLr: 0.5, stepsUp: 2 })); // [0.1, 0.3, 0.5, 0.3, 0.1]
 */
export function cyclic(options: CyclicOptions): Schedule {
  refuseSurplus("cyclic", arguments, 1);
  const ranges = {
    baseLr: atLeastZero,
    maxLr: atLeastZero,
    stepsUp: aboveZero,
    stepsDown: aboveZero,
    cycleFactor: aboveZero,
    stepFactor: aboveZero,
  };
  const defaults = { stepsDown: options?.stepsUp, cycleFactor: 1, stepFactor: 1 };
  const complete = completeSchedule("cyclic", options, ranges, defaults);
  const { baseLr, maxLr, stepsUp, stepsDown, cycleFactor, stepFactor } = complete;
  const length = stepsUp + stepsDown;
  return madeBy(cyclic, [{ ...options }], (step: number) => {
    const cycle = Math.floor(step / length);
    const within = step - cycle * length;
    const height = Math.min(within / stepsUp, (length - within) / stepsDown);
    return baseLr + (maxLr - baseLr) * height * cycleFactor ** cycle * stepFactor ** step;
  });
}

/**
 * Schedules one after another: each begins anew, at its own 0, where its milestone is reached. PyTorch's `SequentialLR`.
 *
 * @param schedules at least one.
 * @param options `milestones` that ascend, one less than there are schedules.
 * @throws OptionError for what is no list of schedules; ValueError for milestones that do not ascend or are another number.
 * @example sequential([cosineDecay({ lr: 0.1, steps: 50 }), cosineDecay({ lr: 0.01, steps: 50 })], { milestones: [50] });
 */
export function sequential(schedules: readonly Schedule[], options: { milestones: readonly number[] }): Schedule {
  refuseSurplus("sequential", arguments, 2);
  const where = "sequential";
  if (!Array.isArray(schedules) || schedules.length === 0 || !schedules.every((each) => typeof each === "function"))
    throw new OptionError({
      where,
      expected: "a list of schedules",
      got: describe(schedules),
      hint: "A model is made by new Sequential([…]).",
    });
  const { milestones } = completeSchedule(where, options, { milestones: null }, {});
  if (!ascend(milestones) || milestones.length !== schedules.length - 1)
    throw new ValueError({
      where,
      expected: `${schedules.length - 1} milestones that ascend, one less than there are schedules`,
      got: Array.isArray(milestones) ? `[${milestones.join(", ")}]` : describe(milestones),
    });
  const [parts, marks] = [[...schedules], [...milestones]];
  return madeBy(sequential, [parts, { milestones: marks }], (step: number) => {
    const at = marks.filter((mark) => step >= mark).length;
    return parts[at](step - (at === 0 ? 0 : marks[at - 1]));
  });
}

/**
 * Schedules at once: the product of what they say. One has the rate, the others are factors, such as a warm-up to 1. PyTorch's
 * `ChainedScheduler`.
 *
 * @param schedules at least one.
 * @throws OptionError for what is no list of schedules.
 * @example chained([exponentialDecay({ lr: 0.1, gamma: 0.9 }), warmup(1, { steps: 5, from: 0.2 })]);
 */
export function chained(schedules: readonly Schedule[]): Schedule {
  refuseSurplus("chained", arguments, 1);
  if (!Array.isArray(schedules) || schedules.length === 0 || !schedules.every((each) => typeof each === "function"))
    throw new OptionError({ where: "chained", expected: "a list of schedules", got: describe(schedules) });
  const parts = [...schedules];
  return madeBy(chained, [parts], (step: number) => parts.reduce((product, part) => product * part(step), 1));
}
