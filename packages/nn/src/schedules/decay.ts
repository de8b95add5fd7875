/**
 * Schedules that lower the learning rate: by steps, exponentially, along a line, a power or a cosine.
 */

import { ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { madeBy } from "../made-by.ts";
import { aboveZero, atLeastZero, isFiniteNumber } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";
import { completeSchedule, type Schedule } from "./schedule.ts";

/**
 * lr · γ^⌊t / every⌋: the rate times γ every so many steps. PyTorch's `StepLR`.
 *
 * @throws ValueError for a rate below 0, and for γ or a number of steps that is not above 0.
 * @example [0, 29, 30, 60].map(stepDecay({ lr: 0.1, every: 30 })); // [0.1, 0.1, 0.01, 0.001]
 */
export function stepDecay(options: { lr: number; every: number; gamma?: number }): Schedule {
  refuseSurplus("stepDecay", arguments, 1);
  const ranges = { lr: atLeastZero, every: aboveZero, gamma: aboveZero };
  const { lr, every, gamma } = completeSchedule("stepDecay", options, ranges, { gamma: 0.1 });
  return madeBy(stepDecay, [{ ...options }], (step: number) => lr * gamma ** Math.floor(step / every));
}

/**
 * lr · γⁿ, n the number of milestones passed (reached included). PyTorch's `MultiStepLR`.
 *
 * @throws ValueError for a rate below 0, γ not above 0, and milestones that do not ascend.
 * @example [0, 60, 80].map(multiStepDecay({ lr: 0.1, milestones: [60, 80] })); // [0.1, 0.01, 0.001]
 */
export function multiStepDecay(options: { lr: number; milestones: readonly number[]; gamma?: number }): Schedule {
  refuseSurplus("multiStepDecay", arguments, 1);
  const where = "multiStepDecay";
  const ranges = { lr: atLeastZero, milestones: null, gamma: aboveZero };
  const { lr, milestones, gamma } = completeSchedule(where, options, ranges, { gamma: 0.1 });
  const ascends = (at: unknown, i: number) => isFiniteNumber(at) && at > (i === 0 ? 0 : milestones[i - 1]);
  if (!Array.isArray(milestones) || !milestones.every(ascends))
    throw new ValueError({ where, expected: "milestones above 0 that ascend", got: describe(milestones) });
  const marks = [...milestones];
  return madeBy(
    multiStepDecay,
    [{ lr, milestones: marks, gamma }],
    (step: number) => lr * gamma ** marks.filter((at) => step >= at).length,
  );
}

/**
 * lr · γ^(t / every), smoothly. PyTorch's `ExponentialLR`; with `every`, Keras's `ExponentialDecay`.
 *
 * @throws ValueError for a rate below 0, and for γ or a number of steps that is not above 0.
 * @example [0, 1000].map(exponentialDecay({ lr: 0.1, gamma: 0.96, every: 1000 })); // [0.1, 0.096]
 */
export function exponentialDecay(options: { lr: number; gamma: number; every?: number }): Schedule {
  refuseSurplus("exponentialDecay", arguments, 1);
  const ranges = { lr: atLeastZero, gamma: aboveZero, every: aboveZero };
  const { lr, gamma, every } = completeSchedule("exponentialDecay", options, ranges, { every: 1 });
  return madeBy(exponentialDecay, [{ ...options }], (step: number) => lr * gamma ** (step / every));
}

/**
 * (lr - endLr) (1 - t / steps)^power + endLr, and endLr from then on. Keras's `PolynomialDecay`,
 * where endLr is 1e-4 unless said otherwise.
 *
 * @throws ValueError for rates below 0, and for a number of steps or a power that is not above 0.
 * @example [0, 500, 1000].map(polynomialDecay({ lr: 0.1, steps: 1000, power: 2 })); // [0.1, 0.025, 0]
 */
export function polynomialDecay(options: { lr: number; steps: number; endLr?: number; power?: number }): Schedule {
  refuseSurplus("polynomialDecay", arguments, 1);
  const ranges = { lr: atLeastZero, steps: aboveZero, endLr: atLeastZero, power: aboveZero };
  const { lr, steps, endLr, power } = completeSchedule("polynomialDecay", options, ranges, { endLr: 0, power: 1 });
  return madeBy(
    polynomialDecay,
    [{ ...options }],
    (step: number) => (lr - endLr) * (1 - Math.min(step, steps) / steps) ** power + endLr,
  );
}

/**
 * A straight line from lr to endLr, and endLr from then on. PyTorch's `LinearLR` with a
 * start factor of 1.
 *
 * @throws ValueError for rates below 0, and for a number of steps that is not above 0.
 * @example [0, 500, 1000].map(linearDecay({ lr: 0.1, steps: 1000 })); // [0.1, 0.05, 0]
 */
export function linearDecay(options: { lr: number; steps: number; endLr?: number }): Schedule {
  refuseSurplus("linearDecay", arguments, 1);
  const ranges = { lr: atLeastZero, steps: aboveZero, endLr: atLeastZero };
  const { lr, steps, endLr } = completeSchedule("linearDecay", options, ranges, { endLr: 0 });
  return polynomialDecay({ lr, steps, endLr });
}

/**
 * endLr + (lr - endLr) (1 + cos(π t / steps)) / 2, and endLr from then on (Loshchilov & Hutter 2017).
 *
 * @throws ValueError for rates below 0, and for a number of steps that is not above 0.
 * @example [0, 500, 1000].map(cosineDecay({ lr: 0.1, steps: 1000 })); // [0.1, 0.05, 0]
 */
export function cosineDecay(options: { lr: number; steps: number; endLr?: number }): Schedule {
  refuseSurplus("cosineDecay", arguments, 1);
  const ranges = { lr: atLeastZero, steps: aboveZero, endLr: atLeastZero };
  const { lr, steps, endLr } = completeSchedule("cosineDecay", options, ranges, { endLr: 0 });
  return madeBy(cosineDecay, [{ ...options }], (step: number) =>
    annealCosine(lr, endLr, Math.min(step, steps) / steps),
  );
}

/** From one number (at 0) to another (at 1) along half a cosine. */
export function annealCosine(from: number, to: number, progress: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2;
}

/**
 * Cosines from lr to endLr that start over, each `growth` times as long as the one before (SGDR, Loshchilov & Hutter
 * 2017). PyTorch's `CosineAnnealingWarmRestarts`.
 *
 * @throws ValueError for rates below 0, and for a number of steps or a growth below 1.
 * @example cosineRestarts({ lr: 0.1, steps: 10, growth: 2 }); // starts over at 10, 30, 70, …
 */
export function cosineRestarts(options: { lr: number; steps: number; growth?: number; endLr?: number }): Schedule {
  refuseSurplus("cosineRestarts", arguments, 1);
  const where = "cosineRestarts";
  const ranges = { lr: atLeastZero, steps: aboveZero, growth: aboveZero, endLr: atLeastZero };
  const { lr, steps, growth, endLr } = completeSchedule(where, options, ranges, { growth: 1, endLr: 0 });
  if (growth < 1) throw new ValueError({ where, expected: "a growth of at least 1", got: describe(growth) });
  const rate: Schedule = (step) => {
    let length = steps;
    let start = 0;
    if (growth === 1) start = Math.floor(step / steps) * steps;
    else
      while (step >= start + length) {
        start += length;
        length *= growth;
      }
    return annealCosine(lr, endLr, (step - start) / length);
  };
  return madeBy(cosineRestarts, [{ ...options }], rate);
}
