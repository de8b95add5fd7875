/**
 * When a step is compiled: once running it uncompiled has cost an eighth of what compiling does. It is decided by what the
 * step computes and never by the clock, for the same bits at each run.
 */

/** What a step computes. */
export interface Work {
  /** Operations that it applies: forward, backward and update. */
  readonly ops: number;
  /** The numbers that they read and write. */
  readonly numbers: number;
}

/**
 * What takes how many nanoseconds in a new process, whose code has hardly run: a tensor operation that runs uncompiled, and each
 * number of it, beyond what they take compiled; loading the compiler and compiling at all, and each operation. The first hundred
 * steps of a single neuron with Adam (72 operations: 0.45 ms a step, 40 ms to compile), Node 20 on an AMD EPYC with 2 cores.
 */
const costs = { op: 6_000, number: 2, compiling: 25_000_000, compilingOp: 250_000 };

/** A step of which compiling saves more, in nanoseconds, is compiled at once: a model of such size is trained for seconds. */
const large = 2_000_000;

/**
 * The share of the costs of compiling that is spent before. With all of them no training would take more than twice as long as
 * with the better choice; but those that have taken some steps mostly take many more.
 */
const share = 1 / 8;

/** After how many calls a step with such work is compiled, at least one. */
export function callsBefore({ ops, numbers }: Work): number {
  const saved = costs.op * ops + costs.number * numbers;
  if (saved > large) return 1;
  return Math.max(1, Math.ceil((share * (costs.compiling + costs.compilingOp * ops)) / Math.max(1, saved)));
}

/** What is in force; tests of compiled steps set it to compile all after the first call. */
export const tiers = { callsBefore };
