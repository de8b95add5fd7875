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
 * Milliseconds that each group takes on the numbers of the program's last call, best of some; null before the first
 * call. What parameters hold is the same afterwards. Groups that draw random numbers are not run: theirs is NaN.
 *
 * @param commands what runs each group by itself.
 */
export function timeGroups(
  { layout, hasRun }: Program,
  groups: readonly FusionGroup[],
  commands: readonly Command[],
): number[] | null {
  if (!hasRun) return null;
  const { heap, parameters } = layout;
  const before = parameters.map(({ parameter: { dtype, size }, buffer }) => heap.copy(dtype, buffer.address, size));
  try {
    return groups.map(({ members }, i) => (members.some(({ op }) => op?.random) ? Number.NaN : bestOf(commands[i])));
  } finally {
    parameters.forEach(({ parameter: { dtype }, buffer }, i) => {
      heap.write(dtype, buffer.address, before[i]);
    });
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
