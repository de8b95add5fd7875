/**
 * The table of optimizers by name, to which the modules of the less usual ones add their own: a bundle has them where it
 * imports them.
 */
import type { Optimizer } from "./optimizer.ts";

/** A name that finds an optimizer. */
export type OptimizerName =
  | "sgd"
  | "adagrad"
  | "rmsprop"
  | "adadelta"
  | "adam"
  | "adamw"
  | "adamax"
  | "nadam"
  | "radam"
  | "rprop"
  | "lion"
  | "ftrl"
  | "adafactor"
  | "muon";

/** How the optimizer of a name is made. */
export const named: Record<string, () => Optimizer> = {};

/** Gives optimizers their names. */
export function nameOptimizers(optimizers: { readonly [Name in OptimizerName]?: () => Optimizer }): void {
  Object.assign(named, optimizers);
}
