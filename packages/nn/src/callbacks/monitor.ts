/**
 * Watching one number of the logs for getting better: what early stopping and rate reduction share.
 */
import { OptionError } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import type { LossName } from "@chainrule/losses";
import { metricByName, metricNames } from "../metrics/by-name.ts";
import type { MetricName } from "../metrics/named.ts";
import type { FitPlan } from "../model/fit-plan.ts";
import type { Logs } from "../model/hooks.ts";
import { checkNotNegative } from "../number-checks.ts";

/**
 * A name that a number of the logs may have, of the training or of the validation data. Others there are of metrics of one's own and
 * of models of several outputs, `"digit_accuracy"`, which is why any text will do: `fit` refuses before it begins what is not there.
 */
export type LogName = Logged | `val_${Logged}`;
type Logged = "loss" | MetricName | LossName;

/** Which number of the logs a callback watches, and what counts as better. */
export interface MonitorOptions {
  /** Which number of the logs to watch; `"val_loss"` by default. */
  monitor?: LogName | (string & Record<never, never>);
  /** What a change must exceed to count as an improvement. */
  minDelta?: number;
  /** Whether smaller or larger is better; by `"auto"` the metric is asked (`higherIsBetter`). */
  mode?: "auto" | "min" | "max";
}

/** The options of {@link Monitor}, for the table of names of a callback that has one. */
export const monitorOptions = { monitor: true, minDelta: true, mode: true } as const;

/** Watches one number of the logs. */
export class Monitor {
  readonly name: string;
  /** The best so far: infinitely bad before the first, NaN before it is known what is better. */
  best = Number.NaN;
  readonly #where: string;
  readonly #minDelta: number;
  readonly #mode: "auto" | "min" | "max";
  /** 1 where larger is better, -1 where smaller is; NaN before it is known. */
  #sign: number;
  /** Whether what was best is that of a training that is resumed, which knew what is better. */
  #isRestored = false;

  /** @throws OptionError for a mode that does not exist; ValueError for minDelta below 0. */
  constructor(where: string, { monitor = "val_loss", minDelta = 0, mode = "auto" }: MonitorOptions) {
    checkNotNegative(where, "minDelta", minDelta);
    if (!["auto", "min", "max"].includes(mode))
      throw new OptionError({
        where,
        expected: "a mode",
        got: describe(mode),
        hint: typeof mode === "string" ? didYouMean(mode, ["auto", "min", "max"]) : 'Known: "auto", "min", "max".',
      });
    if (typeof monitor !== "string")
      throw new OptionError({
        where,
        expected: 'the name of a number in the logs, such as "val_loss"',
        got: describe(monitor),
      });
    this.#where = where;
    this.name = monitor;
    this.#minDelta = minDelta;
    this.#mode = mode;
    this.#sign = mode === "max" ? 1 : mode === "min" ? -1 : Number.NaN;
    this.reset();
  }

  /** Forgets what was best. */
  reset(): void {
    this.#isRestored = false;
    this.best = -this.#sign * Number.POSITIVE_INFINITY;
  }

  /**
   * Learns what is better from the metric whose number it watches.
   *
   * @throws OptionError where that is not said, and where the logs will not have the number.
   */
  resolve({ logs, isComplete, areOutputsKnown }: FitPlan): void {
    const isThere = logs.has(this.name);
    if (isComplete && !isThere) throw this.#missing([...logs.keys()]);
    if (this.#mode !== "auto") return;
    const higherIsBetter = isThere ? logs.get(this.name)! : directionByName(this.name);
    if (higherIsBetter === null) {
      if (isThere || areOutputsKnown) throw this.#undirected();
      return;
    }
    const sign = higherIsBetter ? 1 : -1;
    if (sign !== this.#sign) {
      this.#sign = sign;
      if (!this.#isRestored) this.reset();
    }
  }

  /** Goes on from what was best. */
  restore(best: number): void {
    this.best = best;
    this.#isRestored = true;
  }

  /** What it goes by. */
  get settings(): Readonly<Record<string, unknown>> {
    return { monitor: this.name, minDelta: this.#minDelta, mode: this.#mode };
  }

  /** The number in the logs. @throws OptionError where it is not there, with those that are. */
  read(logs: Logs): number {
    if (!Object.hasOwn(logs, this.name)) throw this.#missing(Object.keys(logs));
    if (Number.isNaN(this.#sign)) throw this.#undirected();
    return logs[this.name];
  }

  /** Whether `value` is better than `than` by more than minDelta. NaN is never better. */
  isBetter(value: number, than = this.best): boolean {
    return this.#sign * (value - than) > this.#minDelta;
  }

  #missing(known: readonly string[]): OptionError {
    const noValidation = /^val/i.test(this.name) && !known.some((name) => name.startsWith("val_"));
    return new OptionError({
      where: this.#where,
      expected: "a monitor that is in the logs",
      got: `"${this.name}"`,
      hint: noValidation
        ? `Give fit a validationSplit or validationData, or monitor one of: ${known.join(", ")}.`
        : didYouMean(this.name, known),
    });
  }

  #undirected(): OptionError {
    return new OptionError({
      where: this.#where,
      expected: "a mode",
      got: `"auto" for "${this.name}", which does not say whether more is better`,
      hint: 'Give mode: "max" or mode: "min", or let the metric say it: higherIsBetter = true (of a function: Object.assign(f, { higherIsBetter: true })).',
    });
  }
}

/** Whether more is better, for a number that a callback adds to the logs: where it is called exactly as a metric. */
function directionByName(name: string): boolean | null {
  const plain = name.replace(/^val_/, "");
  if (plain === "loss") return false;
  return metricNames().includes(plain) ? metricByName(plain).higherIsBetter : null;
}
