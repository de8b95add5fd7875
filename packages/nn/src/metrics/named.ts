/**
 * The table of metrics by name, which each module of metrics fills with its own: a bundle has those that it imports.
 */
import type { Metric } from "./metric.ts";

/** What a metric is told of the model when it is made from its name. */
export interface MetricContext {
  /** Set where each output is a decision of its own: 0.5 for probabilities, 0 for logits and hinge losses. */
  threshold?: number;
}

type Named = Record<string, (context: MetricContext) => Metric>;

/** How the metric of a name is made. */
export const named: Named = {};

/** Gives metrics their names. */
export function nameMetrics(metrics: Named): void {
  Object.assign(named, metrics);
}
