/**
 * Learning-rate schedules: plain functions from the number of steps (or epochs) taken so far to the rate of the next.
 */

/** The learning rate after `step` steps; the first step is taken at `schedule(0)`. */
export type Schedule = (step: number) => number;
