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
/**
 * Runs of threads are judged by the means of so many: one that waits long for a core counts as often as that happens. Of these means
 * it is the median that counts, since the first runs of a program are slow, and now and then a core is gone for a while.
 */
const runsPerMean = 16;
/** Runs of a trial that do not count: they find threads asleep, and other numbers in the caches. */
const unsettled = 2;
/** Runs alone that count in a trial, by their median: one that lost its core says little of the others. */
const runsAlone = 5;
/** How much of the time the other way may take at most: one does not go to and fro between equals. */
const worthwhile = 0.95;

/** @param clock milliseconds; another one in tests. */
export function fasterOf(parallel: Command, serial: Command, clock: () => number = now): Command {
  let [own, other] = [parallel, serial];
  let untilTrial = runsBefore;
  let lastTrial = clock();
  /** Milliseconds of the last runs, and the means of those before, since the last trial. */
  let [ms, runs] = [0, 0];
  let means: number[] = [];
  let trial: number[] = [];
  const timeOf = (run: Command) => {
    const start = clock();
    run();
    return clock() - start;
  };
  const runOwn = () => {
    untilTrial--;
    ms += timeOf(own);
    if (++runs < runsPerMean) return;
    means.push(ms / runs);
    [ms, runs] = [0, 0];
  };
  return () => {
    const isDue = untilTrial <= 0 && clock() - lastTrial >= msBetween;
    if (trial.length === 0 && !isDue) return runOwn();
    trial.push(timeOf(other));
    const isFaster = judge(trial.slice(unsettled), worthwhile * median(means), other === serial);
    if (isFaster === null) return;
    if (isFaster) [own, other] = [other, own];
    untilTrial = isFaster || own === serial ? runsBefore : runsBetween;
    [ms, runs, means, trial] = [0, 0, [], []];
    lastTrial = clock();
  };
}

/** Whether the runs of a trial take less than `limit` each; null where there are too few of them to know. */
function judge(times: readonly number[], limit: number, isAlone: boolean): boolean | null {
  if (isAlone) return times.length < runsAlone ? null : median(times) < limit;
  // As soon as they have taken as long as all of them may, it is clear.
  const left = runsPerMean * limit - times.reduce((total, time) => total + time, 0);
  return left <= 0 ? false : times.length < runsPerMean ? null : true;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1];
}
