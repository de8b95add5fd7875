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
/** Fewer before the first, after a change, and while it runs alone: what held the threads up is soon over, as a rule. */
const runsBefore = 128;
/** Runs of the other way in a trial, of which the first finds threads asleep, and other numbers in the caches: it does not count. */
const trialRuns = 6;
/** How much of the time the other way may take at most: one does not go to and fro between equals. */
const worthwhile = 0.95;

/** @param clock milliseconds; another one in tests. */
export function fasterOf(parallel: Command, serial: Command, clock: () => number = now): Command {
  let [own, other] = [parallel, serial];
  let untilTrial = runsBefore;
  let lastTrial = clock();
  /** Milliseconds of all runs since the last trial, and how many there were: now and then one waits long for a core. */
  let [ms, runs] = [0, 0];
  let trial: number[] = [];
  const timeOf = (run: Command) => {
    const start = clock();
    run();
    return clock() - start;
  };
  return () => {
    if (untilTrial > 0 || (trial.length === 0 && clock() - lastTrial < msBetween)) {
      untilTrial--;
      ms += timeOf(own);
      runs++;
      return;
    }
    trial.push(timeOf(other));
    if (trial.length < trialRuns) return;
    const counted = trial.slice(1);
    // In so few runs, one that lost its core says much of threads that wait for each other, and little of one that runs alone.
    const ofOther = other === serial ? median(counted) : mean(counted);
    const changes = ofOther < (worthwhile * ms) / runs;
    if (changes) [own, other] = [other, own];
    untilTrial = changes || own === serial ? runsBefore : runsBetween;
    [ms, runs, trial] = [0, 0, []];
    lastTrial = clock();
  };
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1];
}

function mean(times: readonly number[]): number {
  return times.reduce((total, time) => total + time, 0) / times.length;
}
