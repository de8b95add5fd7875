/**
 * A part of a combined loss.
 */
import type { Tensor } from "@chainrule/core";
import type { Loss } from "../definition/loss.ts";

/** A loss of a prediction and a target: one of the library's, one that `defineLoss` made, or any function. */
export type PartFunction = Loss | ((prediction: Tensor, target: Tensor) => Tensor);

/** One part of a combined loss. */
export interface LossPart {
  readonly loss: PartFunction;
  /** What it is multiplied by in the sum. */
  readonly weight: number;
}
