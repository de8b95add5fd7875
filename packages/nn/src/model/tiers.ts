/**
 * When a step is compiled: once running it uncompiled has cost as much as compiling it would have, so that a training never
 * takes twice as long as with the better choice. It is decided by what the step computes and never by the clock, for the
 * same bits at each run.
 */

/** What a step computes. */
export interface Work {
  /** Operations that it applies: forward, backward and update. */
  readonly ops: number;
  /** The numbers that they read and write. */
  readonly numbers: number;
}

/**
 * What takes how many nanoseconds, first calls included: a tensor operation that runs uncompiled, and each number of it,
 * beyond what they take compiled; compiling at all, and each operation. W1's and W2's steps in new processes, on an AMD EPYC
 * of 2 cores, Node 20.
 */
const costs = { op: 2_000, number: 2, compiling: 20_000_000, compilingOp: 150_000 };

/** A step that computes for longer, in nanoseconds, is compiled at once: a model of such size is trained for seconds. */
const large = 1_000_000;

/** After how many calls a step with such work is compiled, at least one. */
export function callsBefore({ ops, numbers }: Work): number {
  const saved = costs.op * ops + costs.number * numbers;
  if (saved > large) return 1;
  return Math.max(1, Math.ceil((costs.compiling + costs.compilingOp * ops) / Math.max(1, saved)));
}

/** What is in force; tests of compiled steps set it to compile all after the first call. */
export const tiers = { callsBefore };
