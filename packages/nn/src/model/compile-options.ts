/**
 * The options of `compile`.
 */
import type { Optimizer, OptimizerName } from "../optimizers/index.ts";
import type { MetricLike } from "./metric-entries.ts";
import type { LossLike } from "./objective.ts";

/** Metrics of one output, or of each of several by position or by name; of several, a plain list is for every one. */
export type MetricsLike =
  | readonly MetricLike[]
  | readonly (readonly MetricLike[])[]
  | Readonly<Record<string, MetricLike | readonly MetricLike[]>>;

/** What a model is trained with: optimizer, loss, metrics. */
export interface CompileOptions {
  /**
   * `"adam"` and the like, which are Keras's of that name, with its defaults and formula; or an optimizer, whose class says
   * its own. `"rmsprop"` by default, as in Keras.
   */
  optimizer?: OptimizerName | Optimizer<never> | Optimizer;
  /**
   * `"binary_crossentropy"` and the like, a loss, or a function of predictions and targets. With several outputs: one
   * for all of them, or one for each, by position or by name.
   */
  loss: LossLike | readonly LossLike[] | Readonly<Record<string, LossLike>>;
  /** With several outputs: how much the loss of each counts in the sum, by position or by name; 1 by default. */
  lossWeights?: readonly number[] | Readonly<Record<string, number>>;
  /** What to show besides the loss, each sample counting the same. */
  metrics?: MetricsLike;
  /** The same, each sample counting by its sampleWeight and classWeight. */
  weightedMetrics?: MetricsLike;
}
