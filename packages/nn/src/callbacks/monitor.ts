/**
 * Watching one number of the logs for getting better: what early stopping and rate reduction share.
 */
import { OptionError } from "@chainrule/core";
import { didYouMean } from "@chainrule/core/internal";
import type { Logs } from "../model/hooks.ts";
import { checkNotNegative } from "../number-checks.ts";

/** Which number of the logs a callback watches, and what counts as better. */
export interface MonitorOptions {
  /** Which number of the logs to watch; `"val_loss"` by default. */
  monitor?: string;
  /** What a change must exceed to count as an improvement. */
  minDelta?: number;
  /** Whether smaller or larger is better; `"auto"` goes by the name. */
  mode?: "auto" | "min" | "max";
}

/** The options of {@link Monitor}, for the table of names of a callback that has one. */
export const monitorOptions = { monitor: true, minDelta: true, mode: true } as const;

/** What is better larger, and what smaller, by how it is called. */
const betterLarger = /acc|auc|precision|recall|f\d|fbeta|matthews|r2/;
const betterSmaller = /loss|error|mse|mae|mape|msle|brier|entropy|divergence|deviance|perplexity/;

/** Watches one number of the logs. */
export class Monitor {
  readonly name: string;
  /** The best so far; infinitely bad before the first. */
  best: number;
  readonly #where: string;
  readonly #minDelta: number;
  /** 1 where larger is better, -1 where smaller is. */
  readonly #sign: 1 | -1;

  /** @throws OptionError for a mode that does not exist, or cannot be guessed; ValueError for minDelta below 0. */
  constructor(where: string, { monitor = "val_loss", minDelta = 0, mode = "auto" }: MonitorOptions) {
    checkNotNegative(where, "minDelta", minDelta);
    this.#where = where;
    this.name = monitor;
    this.#minDelta = minDelta;
    this.#sign = signOf(where, monitor, mode);
    this.best = -this.#sign * Number.POSITIVE_INFINITY;
  }

  /** Forgets what was best. */
  reset(): void {
    this.best = -this.#sign * Number.POSITIVE_INFINITY;
  }

  /** The number in the logs. @throws OptionError where it is not there, with those that are. */
  read(logs: Logs): number {
    if (Object.hasOwn(logs, this.name)) return logs[this.name];
    const known = Object.keys(logs);
    const noValidation = this.name.startsWith("val_") && !known.some((name) => name.startsWith("val_"));
    throw new OptionError({
      where: this.#where,
      expected: "a monitor that is in the logs",
      got: `"${this.name}"`,
      hint: noValidation
        ? `Give fit a validationSplit or validationData, or monitor one of: ${known.join(", ")}.`
        : didYouMean(this.name, known),
    });
  }

  /** Whether `value` is better than `than` by more than minDelta. NaN is never better. */
  isBetter(value: number, than = this.best): boolean {
    return this.#sign * (value - than) > this.#minDelta;
  }
}

function signOf(where: string, monitor: string, mode: string): 1 | -1 {
  if (mode === "max") return 1;
  if (mode === "min") return -1;
  if (mode !== "auto")
    throw new OptionError({
      where,
      expected: "a mode",
      got: `"${mode}"`,
      hint: didYouMean(String(mode), ["auto", "min", "max"]),
    });
  if (betterSmaller.test(monitor)) return -1;
  if (betterLarger.test(monitor)) return 1;
  throw new OptionError({
    where,
    expected: "a mode",
    got: `"auto" for "${monitor}", which does not say whether larger is better`,
    hint: 'Give mode: "max" or mode: "min".',
  });
}
