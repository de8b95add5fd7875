/**
 * Whether a step runs on all threads or on this one alone: whichever is faster at the moment. Another program may have taken a
 * core, or the cores may lie so far apart that what one has computed comes late to the other. Results are the same bits.
 */
import { now } from "../../wasm/host.ts";

/** What a call of a program does. */
type Command = () => void;

/** From one trial to the next pass so many runs and milliseconds at least; before the first, fewer runs. */
const runsBetween = 512;
const runsBefore = 128;
const msBetween = 200;
/** One run of so many is timed: a core that is gone for some milliseconds is not gone in all of them. */
const runsPerSample = 16;
/** Runs of the other way in a trial. The first finds threads asleep, and other numbers in the caches: it does not count. */
const trialRuns = 6;
/** How much of the time the other way may take at most: one does not go to and fro between equals. */
const worthwhile = 0.95;

/** @param clock milliseconds; another one in tests. */
export function fasterOf(parallel: Command, serial: Command, clock: () => number = now): Command {
  let [own, other] = [parallel, serial];
  let untilTrial = runsBefore;
  let lastTrial = clock();
  /** Milliseconds of runs of each way. */
  let [ofOwn, ofOther]: number[][] = [[], []];
  const timed = (run: Command, times: number[]) => {
    const start = clock();
    run();
    times.push(clock() - start);
  };
  return () => {
    if (untilTrial > 0) {
      if (untilTrial-- % runsPerSample === 0) timed(own, ofOwn);
      else own();
      return;
    }
    if (ofOther.length === 0 && clock() - lastTrial < msBetween) {
      untilTrial = runsPerSample;
      own();
      return;
    }
    timed(other, ofOther);
    if (ofOther.length < trialRuns) return;
    if (median(ofOther.slice(1)) < worthwhile * median(ofOwn)) [own, other] = [other, own];
    [ofOwn, ofOther] = [[], []];
    untilTrial = runsBetween;
    lastTrial = clock();
  };
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1];
}
