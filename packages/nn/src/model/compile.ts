/**
 * `compile`: strings and objects become the loss, the optimizer and the metrics of a model.
 */
import { checkOptions, describe, OptionError } from "@chainrule/core";
import { Optimizer, optimizerByName } from "../optimizers/index.ts";
import type { MetricLike } from "./metric-entries.ts";
import type { LossLike } from "./objective.ts";
import { Outputs } from "./outputs.ts";

/** Metrics of one output, or of each of several by place or by name; of several, a plain list is for every one. */
export type MetricsLike =
  | readonly MetricLike[]
  | readonly (readonly MetricLike[])[]
  | Readonly<Record<string, MetricLike | readonly MetricLike[]>>;

export interface CompileOptions {
  /** `"adam"` and the like, or an optimizer; `"rmsprop"` by default, as in Keras. */
  optimizer?: string | Optimizer<never> | Optimizer;
  /**
   * `"binary_crossentropy"` and the like, a loss, or a function of predictions and targets. With several outputs: one
   * for all of them, or one for each, by place or by name.
   */
  loss: LossLike | readonly LossLike[] | Readonly<Record<string, LossLike>>;
  /** With several outputs: how much the loss of each counts in the sum, by place or by name; 1 by default. */
  lossWeights?: readonly number[] | Readonly<Record<string, number>>;
  /** What to show besides the loss, each sample counting the same. */
  metrics?: MetricsLike;
  /** The same, each sample counting by its sampleWeight and classWeight. */
  weightedMetrics?: MetricsLike;
}

/** What a model trains with. */
export interface Compiled {
  readonly optimizer: Optimizer;
  readonly outputs: Outputs;
}

/**
 * @param names of the outputs, where the model knows them.
 * @throws OptionError for options, names and values that do not exist, with the nearest that do.
 */
export function compileOptions(options: CompileOptions, names: readonly string[] | null): Compiled {
  checkOptions("compile", options, ["optimizer", "loss", "lossWeights", "metrics", "weightedMetrics"]);
  const { optimizer = "rmsprop", ...asked } = options ?? {};
  return { optimizer: readOptimizer("compile", optimizer), outputs: new Outputs(asked, names) };
}

function readOptimizer(where: string, given: unknown): Optimizer {
  if (typeof given === "string") return optimizerByName(given);
  if (given instanceof Optimizer) return given as Optimizer;
  throw new OptionError({
    where: `${where}, optimizer`,
    expected: 'a name such as "adam", or an optimizer',
    got: describe(given),
    hint: typeof given === "function" ? `Write new ${given.name || "Adam"}().` : undefined,
  });
}
