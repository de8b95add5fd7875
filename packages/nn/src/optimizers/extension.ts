/**
 * Where step-options.ts, which a bundle has where it imports it, says what its options do around an optimizer's rule.
 */
import type { Parameter, Tensor } from "@chainrule/core";
import type { Optimizer, Slots } from "./optimizer.ts";
import type { Hyperparameters, Tensors, UpdateRule } from "./rule.ts";

/** A rule with what comes around it. */
export interface ExtendedRule<H extends Hyperparameters = Hyperparameters> extends UpdateRule<H> {
  /** How many gradients make one update; 1 by default. */
  readonly gradientsPerUpdate?: number;
  /** Sets what follows schedules of its own, before the update after so many. */
  advance?(updates: number): void;
  /** Sees to it, before an update, that weights have gradients which had some since the last. */
  complete?(slots: ReadonlyMap<Parameter, Slots>): void;
  /**
   * What becomes of a gradient before it is clipped.
   *
   * @param slots of its weight, which it may assign.
   * @param isDue whether an update follows.
   */
  prepare?(gradient: Tensor, slots: Tensors, isDue: boolean): Tensor;
}

interface Extension {
  /** The options that it adds. */
  readonly names: readonly string[];
  /** Other names of options. */
  readonly aliases: Readonly<Record<string, string>>;
  extend<H extends Hyperparameters>(rule: UpdateRule<H>, options: object): ExtendedRule<H>;
  /** What fit does with the optimizer when it ends. */
  finish(optimizer: Optimizer): void;
}

export const extension: { -readonly [Key in keyof Extension]: Extension[Key] } = {
  names: [],
  aliases: {},
  extend: (rule) => rule,
  finish: () => {},
};
