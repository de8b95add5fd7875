/**
 * One run: seeds the random numbers, calls the function, and tells what came of it, an error included.
 */

import { manualSeed } from "@chainrule/core";
import { readOutcome, type Values } from "./outcome.ts";
import { isPlainRecord } from "./plain.ts";

/** The function that a sweep runs, whatever its types. */
export type Train = (settings: never) => unknown;

/** What came of a run: numbers, or why there are none. */
export type Finished = Values & {
  /** The message of what it threw; null where it returned. */
  readonly error: string | null;
  readonly seconds: number;
};

/** Runs once. It throws nothing: one run that fails is no reason to end the others. */
export async function runOnce(train: Train, settings: { readonly seed: number }): Promise<Finished> {
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  try {
    manualSeed(settings.seed);
    const outcome = await (train as (settings: unknown) => unknown)(copyOf(settings));
    return { ...readOutcome(outcome), error: null, seconds: seconds() };
  } catch (error) {
    return { values: {}, curves: {}, error: messageOf(error), seconds: seconds() };
  }
}

/** Lists and plain objects anew, so that no run changes the settings of another. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return (value as Float64Array).slice();
  if (!isPlainRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyOf(part)]));
}

export function messageOf(error: unknown): string {
  if (error instanceof Error)
    return error.name === "Error" || error.message.startsWith(error.name)
      ? error.message
      : `${error.name}: ${error.message}`;
  return String(error);
}
