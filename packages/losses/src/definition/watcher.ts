/**
 * Who wants to see which losses are computed of what.
 */
import type { Tensor, TensorLike } from "@chainrule/core";
import type { Domain } from "../inputs/domains.ts";

/** A call of a loss: each input with the numbers that the loss takes there. */
export interface WatchedLoss {
  readonly name: string;
  readonly inputs: readonly {
    readonly role: string;
    readonly domain: Domain;
    /** Whether it is data, not something to learn. */
    readonly isGiven: boolean;
    readonly value: TensorLike;
  }[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Is told of each loss before it is computed, and returns who is told of its result. */
export type LossWatcher = (call: WatchedLoss) => (output: Tensor) => void;

/** The watcher at work; null where nobody watches. */
export let lossWatcher: LossWatcher | null = null;

/** Runs `f`, in which every loss that it computes is shown to a watcher. */
export function withLossWatcher<T>(watch: LossWatcher, f: () => T): T {
  const before = lossWatcher;
  lossWatcher = watch;
  try {
    return f();
  } finally {
    lossWatcher = before;
  }
}
