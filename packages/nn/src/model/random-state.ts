/**
 * The random numbers that a training draws besides those of its layers' own generators.
 */
import { defaultGenerator, type Generator } from "@chainrule/core";
import type { SavedFields } from "./saved-fields.ts";

/** Whose generator shuffles the samples; null where that is the one that `manualSeed` seeds, or where none does. */
export interface Shuffled {
  readonly shuffling: Generator | null;
}

/** The states of the generator that `manualSeed` seeds, and of the one that shuffles where that is another. */
export function randomState({ shuffling }: Shuffled): Readonly<Record<string, unknown>> {
  return { shared: defaultGenerator().state, shuffling: shuffling ? shuffling.state : null };
}

/** Sets both to what {@link randomState} gave. @throws DataError, ValueError for anything else. */
export function restoreRandom(saved: SavedFields, { shuffling }: Shuffled): void {
  const [shared, own] = [saved.any("shared"), saved.any("shuffling")];
  if ((own === null) !== (shuffling === null)) throw saved.damaged("the state of the generator that shuffles", own);
  defaultGenerator().state = shared as Generator["state"];
  if (shuffling) shuffling.state = own as Generator["state"];
}
