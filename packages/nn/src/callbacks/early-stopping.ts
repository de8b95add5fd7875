/**
 * Early stopping: training ends when a number no longer gets better.
 */

import type { Tensor } from "@chainrule/core";
import { checkOptions } from "@chainrule/core/internal";
import { Callback } from "../model/callback.ts";
import type { FitPlan } from "../model/fit-plan.ts";
import type { Logs } from "../model/hooks.ts";
import { SavedFields } from "../model/saved-fields.ts";
import { checkCount } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { Monitor, type MonitorOptions, monitorOptions } from "./monitor.ts";

/** What {@link EarlyStopping} watches, and when it gives up. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** For how many epochs in a row it may fail to get better; 0 by default. */
  patience?: number;
  /** What it must beat, besides its own best, for the patience to start over. */
  baseline?: number;
  /** Put the weights of the best epoch back in the end; otherwise those of the last epoch stay. */
  restoreBestWeights?: boolean;
  /** The epoch from which on it watches, counted from 0. */
  startFromEpoch?: number;
}

const earlyStoppingOptions = optionNames<EarlyStoppingOptions>({
  ...monitorOptions,
  patience: true,
  baseline: true,
  restoreBestWeights: true,
  startFromEpoch: true,
});

/**
 * Ends training when `monitor` has not improved by more than `minDelta` for `patience` epochs. As in Keras.
 *
 * Afterwards `best` and `bestEpoch` (counted from 0) say when it was best. With `restoreBestWeights` the best weights
 * are put back whatever ended the training, Ctrl-C included.
 *
 * @throws OptionError for options that do not exist and, when training begins, for a monitor that will not be in the
 *   logs, and for one that does not say what is better, without a mode;
 *   ValueError for negative patience.
 *
 * @example
 * const stopping = new EarlyStopping({ monitor: "val_loss", patience: 5, restoreBestWeights: true });
 * await model.fit(x, y, { epochs: 500, validationSplit: 0.2, callbacks: [stopping] });
 */
export class EarlyStopping extends Callback {
  readonly #monitor: Monitor;
  readonly #options: Required<Pick<EarlyStoppingOptions, "patience" | "restoreBestWeights" | "startFromEpoch">>;
  readonly #baseline: number | undefined;
  #wait = 0;
  #bestWeights: Record<string, Tensor> | null = null;
  /** The best epoch, counted from 0; null before the first. */
  bestEpoch: number | null = null;

  constructor(options: EarlyStoppingOptions = {}) {
    super();
    refuseSurplus("EarlyStopping", arguments, 1);
    const where = "EarlyStopping";
    checkOptions(where, options, earlyStoppingOptions);
    const { patience = 0, restoreBestWeights = false, startFromEpoch = 0 } = options;
    for (const [name, value] of Object.entries({ patience, startFromEpoch })) checkCount(where, name, value, 0);
    this.#monitor = new Monitor(where, options);
    this.#options = { patience, restoreBestWeights, startFromEpoch };
    this.#baseline = options.baseline;
  }

  /** The best value of the monitored number. */
  get best(): number {
    return this.#monitor.best;
  }

  override checkPlan(plan: FitPlan): void {
    this.#monitor.resolve(plan);
  }

  override get addedLogs(): readonly string[] | null {
    return this.constructor === EarlyStopping ? [] : super.addedLogs;
  }

  override get settings(): Readonly<Record<string, unknown>> {
    return { ...this.#monitor.settings, ...this.#options, baseline: this.#baseline ?? null };
  }

  /** The best epoch with its weights, and how long ago it was: for checkpoints. */
  stateDict(): Record<string, unknown> {
    return { best: this.best, bestEpoch: this.bestEpoch, wait: this.#wait, bestWeights: this.#bestWeights };
  }

  /** @throws DataError for what `stateDict` did not give; ModelError for weights of another model. */
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const saved = new SavedFields("EarlyStopping", state);
    const bestEpoch = saved.orNull("bestEpoch", saved.count);
    const bestWeights = saved.orNull("bestWeights", saved.tensors);
    const [best, wait] = [saved.number("best"), saved.count("wait")];
    if (bestWeights) {
      // Whether they can be put back is better known now.
      const now = this.model.stateDict();
      this.model.loadStateDict(bestWeights);
      this.model.loadStateDict(now);
    }
    this.#monitor.restore(best);
    this.#wait = wait;
    this.#bestWeights = bestWeights;
    this.bestEpoch = bestEpoch;
  }

  override onTrainBegin(): void {
    this.#monitor.reset();
    this.#wait = 0;
    this.#bestWeights = null;
    this.bestEpoch = null;
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    const value = this.#monitor.read(logs);
    if (epoch < this.#options.startFromEpoch) return;
    // The first weights are kept even if the number is NaN from the start, so that there is something to restore.
    if (this.bestEpoch === null) this.#keep(epoch);
    this.#wait++;
    if (this.#monitor.isBetter(value)) {
      this.#monitor.best = value;
      this.#keep(epoch);
      if (this.#baseline === undefined || this.#monitor.isBetter(value, this.#baseline)) this.#wait = 0;
      return;
    }
    // The very first epoch has nothing to be compared with.
    if (this.#wait >= this.#options.patience && epoch > 0)
      this.stop(`${this.#monitor.name} did not improve after epoch ${this.bestEpoch! + 1}`);
  }

  #keep(epoch: number): void {
    this.bestEpoch = epoch;
    if (this.#options.restoreBestWeights) this.#bestWeights = this.model.stateDict();
  }

  override onTrainEnd(): void {
    if (this.#bestWeights) this.model.loadStateDict(this.#bestWeights);
  }
}
