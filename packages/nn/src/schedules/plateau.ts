/**
 * Lowering the learning rate when a measurement stops getting better.
 */
import { OptionError, ValueError } from "@chainrule/core";
import { checkOptions, describe, lookUp } from "@chainrule/core/internal";
import { betweenZeroAndOne, checkNotNegative, checkRange } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";

/** What has a learning rate that can be set: an optimizer. */
export interface HasLearningRate {
  lr: number;
}

/** What {@link ReduceOnPlateau} waits for, and by how much it lowers the rate. */
export interface PlateauOptions {
  /** Whether the measurement should get smaller ("min", the default) or larger. */
  mode?: "min" | "max";
  /** What the rate is multiplied by; 0.1 by default. */
  factor?: number;
  /** How many measurements in a row may be no better before the rate is lowered; 10 by default. */
  patience?: number;
  /** By how much a measurement must be better to count; 1e-4 by default. */
  threshold?: number;
  /** Whether the threshold is relative to the best ("rel", the default) or absolute. */
  thresholdMode?: "rel" | "abs";
  /** How many measurements after a change are not counted; 0 by default. */
  cooldown?: number;
  /** The rate is never made lower than this; 0 by default. */
  minLr?: number;
}

const modes = {
  min: { worst: Number.POSITIVE_INFINITY, sign: -1 },
  max: { worst: Number.NEGATIVE_INFINITY, sign: 1 },
};
const thresholds = {
  rel: (best: number, threshold: number) => Math.abs(best) * threshold,
  abs: (_best: number, threshold: number) => threshold,
};

/**
 * Lowers an optimizer's learning rate when a measurement has been no better for more than `patience` measurements.
 * PyTorch's `ReduceLROnPlateau`; NaN counts as no better.
 *
 * @throws OptionError for unknown options, ValueError for a factor outside (0, 1).
 *
 * @example
 * const plateau = new ReduceOnPlateau(optimizer, { patience: 5 });
 * plateau.step(0.7); // once for each epoch, with its validation loss
 */
export class ReduceOnPlateau {
  /** The best measurement so far. */
  best: number;
  readonly #optimizer: HasLearningRate;
  readonly #options: Required<PlateauOptions>;
  #badSteps = 0;
  #cooldownLeft = 0;

  constructor(optimizer: HasLearningRate, options: PlateauOptions = {}) {
    refuseSurplus("ReduceOnPlateau", arguments, 2);
    const where = "ReduceOnPlateau";
    if (typeof optimizer !== "object" || typeof (optimizer as HasLearningRate | null)?.lr !== "number")
      throw new OptionError({ where, expected: "an optimizer, whose lr it lowers", got: describe(optimizer) });
    const defaults: Required<PlateauOptions> = {
      mode: "min",
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: "rel",
      cooldown: 0,
      minLr: 0,
    };
    checkOptions(where, options, Object.keys(defaults));
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    this.#options = { ...defaults, ...given };
    const { mode, factor, thresholdMode, ...numbers } = this.#options;
    this.best = lookUp(`${where}, mode`, modes, mode).worst;
    lookUp(`${where}, thresholdMode`, thresholds, thresholdMode);
    checkRange(where, "factor", factor, betweenZeroAndOne);
    for (const [name, value] of Object.entries(numbers)) checkNotNegative(where, name, value);
    this.#optimizer = optimizer;
  }

  /** Takes a measurement, and lowers the rate if it is time. @returns whether the rate was lowered. */
  step(measurement: number): boolean {
    if (typeof measurement !== "number")
      throw new ValueError({ where: "ReduceOnPlateau", expected: "a number to watch", got: describe(measurement) });
    const { patience, cooldown, factor, minLr } = this.#options;
    if (this.#isBetter(measurement)) {
      this.best = measurement;
      this.#badSteps = 0;
    } else this.#badSteps++;
    if (this.#cooldownLeft > 0) {
      this.#cooldownLeft--;
      this.#badSteps = 0;
    }
    if (this.#badSteps <= patience) return false;
    this.#badSteps = 0;
    this.#cooldownLeft = cooldown;
    const next = Math.max(this.#optimizer.lr * factor, minLr);
    const isLower = next < this.#optimizer.lr;
    if (isLower) this.#optimizer.lr = next;
    return isLower;
  }

  #isBetter(measurement: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    if (!Number.isFinite(this.best)) return modes[mode].sign * measurement > modes[mode].sign * this.best;
    return modes[mode].sign * (measurement - this.best) > thresholds[thresholdMode](this.best, threshold);
  }
}
