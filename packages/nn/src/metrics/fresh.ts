/**
 * Metrics as recipes: each training and each evaluation counts with a metric of its own, so that neither sees the other's
 * samples.
 */
import { ModelError } from "@chainrule/core";
import { constructorArgumentsOf } from "../constructor-arguments.ts";
import type { Metric } from "./metric.ts";

/** Metrics that cannot be made anew, as long as an epoch or an evaluation counts with them. */
const counting = new WeakSet<Metric>();

/** A metric for one epoch or one evaluation, and what to call when that is over. */
export interface MetricInUse {
  readonly metric: Metric;
  release(): void;
}

/**
 * Another metric of the same settings, that has seen nothing; or the metric itself, reset, where it cannot be known how to
 * make another one: it is then for one use at a time.
 *
 * @throws ModelError where it is in use already.
 */
export function freshMetric(given: Metric): MetricInUse {
  const args = constructorArgumentsOf(given);
  if (args !== null) {
    const metric = new (given.constructor as new (...args: readonly unknown[]) => Metric)(...args);
    metric.reset();
    return { metric, release() {} };
  }
  if (counting.has(given))
    throw new ModelError({
      where: `metric "${given.name}"`,
      expected: "a metric that nobody else counts with at the moment",
      got: "one that an epoch or an evaluation is in the middle of",
      hint: `It cannot be known how to make another one. Say it in its class: constructorArguments() { return [/* what ${given.constructor?.name ?? "the constructor"} was given */]; }, or await what uses it.`,
    });
  counting.add(given);
  given.reset();
  return { metric: given, release: () => counting.delete(given) };
}
