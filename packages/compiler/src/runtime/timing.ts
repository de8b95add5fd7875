/**
 * How long each group of a program takes, by a clock that may tick slowly.
 */
import type { FusionGroup } from "../ir/fused-graph.ts";
import { now } from "../wasm/host.ts";
import type { Command } from "./command.ts";
import type { Program } from "./program.ts";

const timingRounds = 5;
/** Milliseconds: clocks of pages tick in tenths. */
const shortestTiming = 0.5;

/**
 * Milliseconds that each group takes on the numbers of the program's last call, best of some; null where they are not
 * there: before the first call, and where another program has run since. What parameters hold is the same afterwards.
 * Groups that draw random numbers are not run, nor are those that fail: theirs is NaN.
 */
export function timeGroups(program: Program, groups: readonly FusionGroup[]): number[] | null {
  const { layout } = program;
  if (!layout.holdsNumbers) return null;
  return program.inPlace((now) => {
    if (now !== layout) return null;
    const { heap, parameters } = layout;
    const before = parameters.map(({ parameter: { dtype, size }, address }) => heap.copy(dtype, address, size));
    try {
      const isRandom = groups.map(({ members }) => members.some(({ op }) => op?.random));
      return program.groups.map((run, i) => (isRandom[i] ? Number.NaN : timeOf(run)));
    } finally {
      parameters.forEach(({ parameter: { dtype }, address }, i) => {
        heap.write(dtype, address, before[i]);
      });
    }
  });
}

/** NaN where the numbers of the last call make it throw. */
function timeOf(run: Command): number {
  try {
    return bestOf(run);
  } catch {
    return Number.NaN;
  }
}

/** Milliseconds of one run: the shortest of some stretches that are long enough for the clock. */
function bestOf(run: Command): number {
  let times = 1;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < timingRounds; ) {
    const start = now();
    for (let i = 0; i < times; i++) run();
    const took = now() - start;
    if (took < shortestTiming) times *= 2;
    else {
      best = Math.min(best, took / times);
      round++;
    }
  }
  return best;
}
