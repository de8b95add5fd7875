/**
 * The history: what training was like, epoch by epoch.
 */

import { refuseSurplus } from "../surplus.ts";
import { Callback } from "./callback.ts";
import type { Logs } from "./hooks.ts";
import { SavedFields } from "./saved-fields.ts";

/**
 * What `fit` returns: the numbers of every epoch, by name.
 *
 * @example
 * const { history, epochs } = await model.fit(x, y, { epochs: 10, validationSplit: 0.2 });
 * history.loss; // ten numbers
 * history.val_loss.at(-1);
 */
export class History extends Callback {
  /** A list for each name: `loss`, the metrics, with validation data `val_loss` and the like, `lr` where it is set. */
  history: Record<string, number[]> = {};
  /** The epochs that were completed, counted from 0. */
  epochs: number[] = [];
  /**
   * The least that the loss can be, whatever the model: the entropy of targets that are no certainties, such as smoothed or soft
   * labels, and 0 where they are. Null where it is not known: for other losses than cross-entropy, several outputs, samples of
   * different weight, `diagnose: false`, and until there was time to look.
   */
  lossFloor: number | null = null;
  /** Whether Ctrl-C ended it: the model has learned up to the batch before, which may be within an epoch. */
  interrupted = false;
  /** Why it ended before its last epoch: a callback's reason, or Ctrl-C; null if it did not. */
  stopReason: string | null = null;

  constructor() {
    super();
    refuseSurplus("History", arguments, 0);
  }

  override onTrainBegin(): void {
    this.history = {};
    this.epochs = [];
    this.lossFloor = null;
    this.interrupted = false;
    this.stopReason = null;
  }

  /** The numbers of all epochs so far, for checkpoints. */
  stateDict(): Record<string, unknown> {
    return { epochs: this.epochs, history: this.history };
  }

  /** @throws DataError for what `stateDict` did not give. */
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const saved = new SavedFields("History", state);
    const epochs = [...saved.numbers("epochs")];
    const numbers = saved.fields("history");
    this.history = Object.fromEntries(numbers.names.map((name) => [name, [...numbers.numbers(name)]]));
    this.epochs = epochs;
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.epochs.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      this.history[name] ??= [];
      this.history[name].push(value);
    }
  }
}
