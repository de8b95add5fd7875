/**
 * What is known of a training before it begins, so that callbacks that cannot work in it say so at once.
 */
import type { Optimizer } from "../optimizers/index.ts";

/** What a callback is told before training begins. */
export interface FitPlan {
  readonly optimizer: Optimizer;
  /** The numbers that an epoch's logs will have, each with whether more is better; null where that is not said. */
  readonly logs: ReadonlyMap<string, boolean | null>;
  /** Whether all outputs are known; if not, it is asked again after the first batch. */
  readonly areOutputsKnown: boolean;
  /** Whether the logs will have no others: the outputs are known, and no callback before this one adds any. */
  readonly isComplete: boolean;
}

/** The names with those of the validation data, where there are any. */
export function withValidation(
  names: ReadonlyMap<string, boolean | null>,
  hasValidation: boolean,
): Map<string, boolean | null> {
  const all = new Map(names);
  if (hasValidation) for (const [name, higherIsBetter] of names) all.set(`val_${name}`, higherIsBetter);
  return all;
}
