/**
 * The metrics of `compile`: strings, objects and functions become metrics that are made anew for each epoch.
 */

import { OptionError } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import { type Loss, type LossName, lossByName, lossNames } from "@chainrule/losses";
import { refuseSwapped } from "@chainrule/losses/internal";
import { metricByName, metricHint, metricNames } from "../metrics/by-name.ts";
import { freshMetric, type MetricInUse } from "../metrics/fresh.ts";
import { FunctionMetric, type MetricFunction } from "../metrics/function-metric.ts";
import { Metric } from "../metrics/metric.ts";
import type { MetricContext, MetricName } from "../metrics/named.ts";
import { uniqueName } from "../module/names.ts";
import { isLoss } from "./objective.ts";

/** A metric by name, one made already (which is a recipe), or a function. Names of losses will do as well. */
export type MetricLike = MetricName | LossName | Metric | MetricFunction;

/** A metric to be made, anew for each epoch. */
export interface MetricEntry {
  /** Its name in the history. */
  readonly key: string;
  readonly weighted: boolean;
  /** Whether more is better; null where that is not said. */
  readonly higherIsBetter: boolean | null;
  make(context: MetricContext): MetricInUse;
}

/**
 * Metrics of one output: those that count each sample the same, and those that weigh them; equal names numbered.
 *
 * @param taken what the logs have already under other names.
 */
export function metricEntries(
  where: string,
  metrics: unknown,
  weightedMetrics: unknown,
  taken: readonly string[],
): readonly MetricEntry[] {
  return uniqueKeys([...readMetrics(where, metrics, false), ...readMetrics(where, weightedMetrics, true)], taken);
}

function readMetrics(where: string, given: unknown, weighted: boolean): MetricEntry[] {
  if (!Array.isArray(given))
    throw new OptionError({
      where: `${where}, metrics`,
      expected: 'a list such as ["accuracy"]',
      got: describe(given),
      hint: typeof given === "string" ? `Write metrics: ["${given}"].` : undefined,
    });
  return given.map((metric) => ({ ...readMetric(where, metric), weighted }));
}

function readMetric(where: string, given: unknown): Omit<MetricEntry, "weighted"> {
  if (typeof given === "string") return byName(given);
  if (isMetric(given))
    return {
      key: given.name,
      higherIsBetter: readDirection(given.name, given.higherIsBetter),
      make: () => freshMetric(given),
    };
  if (typeof given === "function") refuseSwapped(`${where}, metrics`, given);
  if (typeof given === "function") return ofFunction(given as MetricFunction);
  throw new OptionError({
    where: `${where}, metrics`,
    expected: 'a name such as "accuracy", a metric, or a function of predictions and targets',
    got: describe(given),
  });
}

/** Metrics need not be made with our base class. */
export function isMetric(x: unknown): x is Metric {
  if (x instanceof Metric) return true;
  const parts = ["reset", "update", "result"] as const;
  return typeof x === "object" && x !== null && parts.every((part) => typeof (x as Metric)[part] === "function");
}

function byName(name: string): Omit<MetricEntry, "weighted"> {
  if (metricNames().includes(name)) {
    const { higherIsBetter } = metricByName(name);
    return { key: name, higherIsBetter, make: (context) => alone(metricByName(name, context)) };
  }
  const loss = findLoss(name);
  return { key: name, higherIsBetter: false, make: () => alone(new FunctionMetric(name, loss)) };
}

/** A metric that nobody else knows. */
function alone(metric: Metric): MetricInUse {
  return { metric, release() {} };
}

function readDirection(name: string, given: unknown): boolean | null {
  if (given === undefined || given === null || typeof given === "boolean") return given ?? null;
  throw new OptionError({
    where: `compile, metric "${name}"`,
    expected: "higherIsBetter as true or false",
    got: describe(given),
  });
}

function findLoss(name: string): Loss {
  try {
    return lossByName(name);
  } catch {
    throw new OptionError({
      where: "compile, metrics",
      expected: "the name of a metric or a loss",
      got: `"${name}"`,
      hint: metricHint(name) ?? didYouMean(name, [...metricNames(), ...lossNames()]),
    });
  }
}

function ofFunction(f: MetricFunction | Loss): Omit<MetricEntry, "weighted"> {
  if (isLoss(f))
    return { key: f.lossName, higherIsBetter: false, make: () => alone(new FunctionMetric(f.lossName, f)) };
  const key = f.name || "metric";
  return { key, higherIsBetter: readDirection(key, f.higherIsBetter), make: () => alone(new FunctionMetric(key, f)) };
}

/** Numbers equal keys: precision, precision_1. */
function uniqueKeys(entries: MetricEntry[], others: readonly string[]): MetricEntry[] {
  const taken = new Set(others);
  return entries.map((entry) => {
    const key = uniqueName(entry.key, taken);
    taken.add(key);
    return { ...entry, key };
  });
}
