/**
 * How long something takes, by a clock that may tick slowly.
 */
import { now } from "../wasm/host.ts";

const timingRounds = 5;
/** Milliseconds: clocks of pages tick in tenths. */
const shortestTiming = 0.5;

/** Milliseconds of one run: the shortest of some stretches that are long enough for the clock. */
export function bestOf(run: () => void): number {
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
