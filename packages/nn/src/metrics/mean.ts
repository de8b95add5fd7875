/**
 * The mean of any function of predictions and targets.
 */
import { OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { FunctionMetric, type MetricFunction } from "./function-metric.ts";
import { countedBatch, type MetricArguments } from "./metric.ts";

/** What a {@link Mean} is called, and how it is watched. */
export interface MeanOptions {
  /** What the history calls it; the function's name by default. */
  name?: string;
  /** Whether more is better: as the function says, of a loss false, else null, which says nothing. */
  higherIsBetter?: boolean | null;
}

const meanOptions = optionNames<MeanOptions>({ name: true, higherIsBetter: true });

/**
 * The weighted mean of what a function makes of predictions and targets, over all batches: Σ w f / Σ w.
 *
 * @param f returns a tensor with a number for each sample (or several in a row), or one number for the batch, which then
 *   counts by its size. A loss, such as `mae`, counts before its mean is taken.
 * @param options `name` and `higherIsBetter`.
 * @throws OptionError for what is no function, and, when it is called, for one that returns neither number nor tensor.
 *
 * Same as the metric `MeanMetricWrapper` of Keras.
 *
 * @example
 * const withinOne = new Mean((prediction, target) => prediction.sub(target).abs().lessEqual(1), { name: "within_one" });
 * withinOne.update(tensor([1, 2, 5]), tensor([1, 3, 3]));
 * withinOne.result(); // 2 / 3 = 0.6667
 */
export class Mean extends FunctionMetric {
  override readonly higherIsBetter: boolean | null;
  readonly #of: MetricFunction;
  readonly #options: MeanOptions;

  constructor(f: MetricFunction, options: MeanOptions = {}) {
    if (typeof f !== "function")
      throw new OptionError({ where: "Mean", expected: "a function of predictions and targets", got: describe(f) });
    checkOptions("Mean", options, meanOptions);
    const { name = f.name || "mean", higherIsBetter = f.higherIsBetter ?? ("lossName" in f ? false : null) } = options;
    if (typeof name !== "string")
      throw new OptionError({ where: "Mean", expected: "a text as name", got: describe(name) });
    super(name, f);
    refuseSurplus("Mean", arguments, 2);
    this.higherIsBetter = higherIsBetter;
    this.#of = f;
    this.#options = options;
  }

  override update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) super.update(...batch);
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#of, this.#options];
  }
}
