/**
 * The mean of what a function makes of predictions and targets, as `compile` takes it for a metric.
 */
import { OptionError, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { checkTensors, MeanMetric } from "./metric.ts";

/** A function of predictions and targets, whose mean over all batches is shown. */
export interface MetricFunction {
  (prediction: Tensor, target: Tensor): Tensor | number;
  /** Whether more is better, for `EarlyStopping` and others that watch it; as {@link Metric} has it. */
  higherIsBetter?: boolean | null;
}

/** The mean of a function's results: one for each sample, or one for a batch, which then counts by its size. */
export class FunctionMetric extends MeanMetric {
  readonly #function: MetricFunction;

  constructor(name: string, f: MetricFunction) {
    super(name);
    this.#function = f;
  }

  update(prediction: Tensor, target: Tensor, sampleWeight?: Tensor): void {
    checkTensors(prediction, target, sampleWeight);
    this.addRows(this.#rows(prediction, target), sampleWeight);
  }

  #rows(prediction: Tensor, target: Tensor): ArrayLike<number> {
    const found = this.#of(prediction, target);
    if (found instanceof Tensor && found.rank > 0) return found.storage;
    const value = found instanceof Tensor ? found.item() : found;
    if (typeof value === "number") return new Float64Array(prediction.shape[0] ?? 1).fill(value);
    throw new OptionError({
      where: `metric "${this.name}"`,
      expected: "a function that returns a number or a tensor",
      got: describe(value),
    });
  }

  #of(prediction: Tensor, target: Tensor): Tensor | number {
    const f = this.#function as (p: Tensor, t: Tensor, options?: { reduction: "none" }) => Tensor | number;
    return "lossName" in f ? f(prediction, target, { reduction: "none" }) : f(prediction, target);
  }
}
