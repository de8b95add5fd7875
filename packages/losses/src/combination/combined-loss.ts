/**
 * What a sum of several losses has beyond a loss.
 */
import type { Tensor, TensorLike } from "@chainrule/core";
import type { Loss, NoOptions, OptionsOf } from "../definition/loss.ts";
import type { LossOptions } from "../definition/reduction.ts";
import type { LossPart } from "./part.ts";

/** A loss that is the sum of others by their weights, made by `combineLosses`. */
export interface CombinedLoss extends Loss {
  /** The parts by name, in their order. */
  readonly parts: Readonly<Record<string, LossPart>>;
  with(options: OptionsOf<NoOptions>): CombinedLoss;
  /**
   * The loss, and each part by name before its weight; computed once.
   *
   * @example
   * const loss = combineLosses({ mse: 1, mae: 0.5 });
   * loss.evaluateParts([1, 2], [1, 4]).parts.mae; // 1
   */
  evaluateParts(
    prediction: TensorLike,
    target: TensorLike,
    options?: LossOptions,
  ): { readonly loss: Tensor; readonly parts: Readonly<Record<string, Tensor>> };
}

/** Whether a loss was made by `combineLosses`. @example isCombinedLoss(combineLosses({ mse: 1 })); // true */
export function isCombinedLoss(loss: unknown): loss is CombinedLoss {
  return typeof loss === "function" && "evaluateParts" in loss;
}
