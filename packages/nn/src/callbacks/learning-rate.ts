/**
 * Callbacks that change the learning rate between epochs.
 */

import { OptionError, ValueError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { Callback } from "../model/callback.ts";
import type { FitPlan } from "../model/fit-plan.ts";
import type { Logs } from "../model/hooks.ts";
import { SavedFields } from "../model/saved-fields.ts";
import { betweenZeroAndOne, checkNotNegative, checkRange } from "../number-checks.ts";
import type { Optimizer } from "../optimizers/index.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { Monitor, type MonitorOptions, monitorOptions } from "./monitor.ts";

/**
 * Sets the learning rate at the start of every epoch; the history then has it as `lr`. As in Keras,
 * whose history calls it `learning_rate`.
 *
 * @throws OptionError for what is no function, and when training begins for an optimizer whose rate follows a schedule;
 *   in training ValueError for a rate that is no number of at least 0.
 *
 * @example
 * new LearningRateScheduler((epoch, lr) => (epoch < 10 ? lr : lr * Math.exp(-0.1)));
 */
export class LearningRateScheduler extends Callback {
  readonly #schedule: (epoch: number, lr: number) => number;

  constructor(schedule: (epoch: number, lr: number) => number) {
    super();
    refuseSurplus("LearningRateScheduler", arguments, 1);
    if (typeof schedule !== "function")
      throw new OptionError({
        where: "LearningRateScheduler",
        expected: "a function of the epoch and the current learning rate",
        got: describe(schedule),
        hint: "A schedule by steps is an option of the optimizer: new SGD({ lr: schedule }).",
      });
    this.#schedule = schedule;
  }

  override checkPlan({ optimizer }: FitPlan): void {
    checkSettable("LearningRateScheduler", optimizer);
  }

  override get addedLogs(): readonly string[] | null {
    return this.constructor === LearningRateScheduler ? ["lr"] : super.addedLogs;
  }

  override onEpochBegin(epoch: number): void {
    const { optimizer } = this.model;
    const lr = this.#schedule(epoch, optimizer.lr);
    if (typeof lr !== "number" || !(lr >= 0))
      throw new ValueError({
        where: "LearningRateScheduler",
        expected: `a learning rate of at least 0 for epoch ${epoch}`,
        got: describe(lr),
      });
    optimizer.lr = lr;
  }

  override onEpochEnd(_epoch: number, logs: Logs): void {
    logs.lr = this.model.optimizer.lr;
  }
}

/** Throws where a schedule of the optimizer's own sets the rate: the two would fight. */
function checkSettable(where: string, optimizer: Optimizer): void {
  if (optimizer.schedule)
    throw new OptionError({
      where,
      expected: "an optimizer whose learning rate is a number, to set it",
      got: `${optimizer.name} with one that follows a schedule`,
      hint: "Leave one of the two out.",
    });
}

/** What {@link ReduceLROnPlateau} watches, and by how much it lowers the learning rate. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the learning rate is multiplied by; 0.1 by default. */
  factor?: number;
  /** For how many epochs in a row the number may fail to get better; 10 by default. */
  patience?: number;
  /** How many epochs to wait after a reduction before watching again. */
  cooldown?: number;
  /** Below this it does not go. */
  minLr?: number;
}

const plateauOptions = optionNames<ReduceLROnPlateauOptions>({
  ...monitorOptions,
  factor: true,
  patience: true,
  cooldown: true,
  minLr: true,
});

/**
 * Multiplies the learning rate by `factor` when `monitor` has not improved for `patience` epochs; the history then
 * has the rate as `lr`. As in Keras, `minDelta` is 1e-4 by default.
 *
 * @throws OptionError for options that do not exist and, when training begins, for a monitor that will not be in the
 *   logs, for one that does not say what is better, without a mode, and for an optimizer whose rate follows a schedule;
 *   ValueError for a factor outside (0, 1) and for negative numbers.
 *
 * @example
 * new ReduceLROnPlateau({ monitor: "val_loss", factor: 0.5, patience: 3 });
 */
export class ReduceLROnPlateau extends Callback {
  readonly #monitor: Monitor;
  readonly #options: Required<Omit<ReduceLROnPlateauOptions, keyof MonitorOptions>>;
  #wait = 0;
  #resting = 0;

  constructor(options: ReduceLROnPlateauOptions = {}) {
    super();
    refuseSurplus("ReduceLROnPlateau", arguments, 1);
    const where = "ReduceLROnPlateau";
    checkOptions(where, options, plateauOptions);
    const { factor = 0.1, patience = 10, cooldown = 0, minLr = 0 } = options;
    checkRange(where, "factor", factor, betweenZeroAndOne);
    for (const [name, value] of Object.entries({ patience, cooldown, minLr })) checkNotNegative(where, name, value);
    this.#monitor = new Monitor(where, { minDelta: 1e-4, ...options });
    this.#options = { factor, patience, cooldown, minLr };
  }

  override checkPlan(plan: FitPlan): void {
    checkSettable("ReduceLROnPlateau", plan.optimizer);
    this.#monitor.resolve(plan);
  }

  override get addedLogs(): readonly string[] | null {
    return this.constructor === ReduceLROnPlateau ? ["lr"] : super.addedLogs;
  }

  override get settings(): Readonly<Record<string, unknown>> {
    return { ...this.#monitor.settings, ...this.#options };
  }

  /** The best value, and how many epochs it waits and rests: for checkpoints. The rate is the optimizer's. */
  stateDict(): Record<string, unknown> {
    return { best: this.#monitor.best, wait: this.#wait, resting: this.#resting };
  }

  /** @throws DataError for what `stateDict` did not give. */
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const saved = new SavedFields("ReduceLROnPlateau", state);
    const [best, wait, resting] = [saved.number("best"), saved.count("wait"), saved.count("resting")];
    this.#monitor.restore(best);
    this.#wait = wait;
    this.#resting = resting;
  }

  override onTrainBegin(): void {
    this.#monitor.reset();
    this.#wait = this.#resting = 0;
  }

  override onEpochEnd(_epoch: number, logs: Logs): void {
    const { optimizer } = this.model;
    logs.lr = optimizer.lr;
    const value = this.#monitor.read(logs);
    if (this.#resting > 0) {
      this.#resting--;
      this.#wait = 0;
    }
    if (this.#monitor.isBetter(value)) {
      this.#monitor.best = value;
      this.#wait = 0;
    } else if (this.#resting === 0 && ++this.#wait >= this.#options.patience) {
      const { factor, minLr, cooldown } = this.#options;
      if (optimizer.lr > minLr) {
        optimizer.lr = Math.max(optimizer.lr * factor, minLr);
        this.#resting = cooldown;
        this.#wait = 0;
      }
    }
  }
}
