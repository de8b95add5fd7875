/**
 * Whether a step runs on all threads or on this one alone: whichever is faster at the moment. Another program may have taken a
 * core, or the cores may lie so far apart that what one has computed comes late to the other. Results are the same bits.
 */
import { now } from "../../wasm/host.ts";

/** What a call of a program does. */
type Command = () => void;

/** From one trial to the next pass so many runs and milliseconds at least. */
const runsBetween = 512;
const msBetween = 200;
/** Fewer before the first, and while it runs alone: what held the threads up is soon over, as a rule. */
const runsBefore = 128;
/** Runs of the other way in a trial, of which the first finds threads asleep, and other numbers in the caches. */
const trialRuns = 6;
/** How much of the time the other way may take at most: one does not go to and fro between equals. */
const worthwhile = 0.95;

/** @param clock milliseconds; another one in tests. */
export function fasterOf(parallel: Command, serial: Command, clock: () => number = now): Command {
  let [own, other] = [parallel, serial];
  let untilTrial = runsBefore;
  let lastTrial = clock();
  /** Milliseconds of all runs of a way since the last trial, and how many there were: now and then one waits long for a core. */
  let [ofOwn, ofOther] = [noRuns, noRuns];
  const timed = (run: Command, { ms, runs }: Runs): Runs => {
    const start = clock();
    run();
    return { ms: ms + clock() - start, runs: runs + 1 };
  };
  return () => {
    if (untilTrial > 0 || (ofOther.runs === 0 && clock() - lastTrial < msBetween)) {
      untilTrial--;
      ofOwn = timed(own, ofOwn);
      return;
    }
    ofOther = timed(other, ofOther);
    // The first does not count.
    if (ofOther.runs === 1) ofOther = { ms: 0, runs: 1 };
    if (ofOther.runs < trialRuns) return;
    if (ofOther.ms / (trialRuns - 1) < (worthwhile * ofOwn.ms) / ofOwn.runs) [own, other] = [other, own];
    [ofOwn, ofOther] = [noRuns, noRuns];
    untilTrial = own === parallel ? runsBetween : runsBefore;
    lastTrial = clock();
  };
}

/** Runs of one way, together. */
interface Runs {
  readonly ms: number;
  readonly runs: number;
}

const noRuns: Runs = { ms: 0, runs: 0 };
