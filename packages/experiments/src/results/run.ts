/**
 * A finished run, as the results have it.
 */
import type { Finished } from "../runs/run.ts";

/** A run: its settings, and what came of it. */
export interface Run extends Finished {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** What is varied, in words: `lr 0.01, loss huber`. */
  readonly label: string;
}
