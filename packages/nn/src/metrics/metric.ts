/**
 * What a metric is: a number that describes predictions, gathered batch by batch and exact over all of them.
 *
 * The functions (`accuracy(prediction, target)`) and the strings of `compile` are both made of the classes here, so
 * that there is one definition of each.
 */
import { DTypeError, noGrad, ShapeError, Tensor, type TensorLike, ValueError } from "@chainrule/core";
import { checkOptions, describe, formatShape } from "@chainrule/core/internal";
import { optionNames } from "../option-names.ts";
import { read } from "./reading.ts";

/** The options that the plain functions share. */
export interface SampleWeights {
  /** How much each sample counts, [n]; each counts 1 by default. */
  sampleWeight?: TensorLike;
}

export const sampleWeightOptions = optionNames<SampleWeights>({ sampleWeight: true });

/**
 * A number that describes predictions, gathered batch by batch. Extend it to write one of your own.
 *
 * The result is that of all samples since `reset()` at once, whatever batches they came in. Given to `compile`, it is a
 * recipe: each epoch and each evaluation counts with one of its own, made by the same constructor.
 *
 * @example
 * class WorstError extends Metric {
 *   #worst = 0;
 *   constructor() {
 *     super("worst_error");
 *   }
 *   override readonly higherIsBetter = false;
 *   reset() {
 *     this.#worst = 0;
 *   }
 *   update(prediction: Tensor, target: Tensor) {
 *     this.#worst = Math.max(this.#worst, prediction.sub(target).abs().max().item());
 *   }
 *   result() {
 *     return this.#worst;
 *   }
 * }
 * model.compile({ loss: "mse", metrics: [new WorstError()] });
 */
export abstract class Metric {
  /** What the history and the progress bar call it. */
  readonly name: string;
  /** Whether more is better: what `EarlyStopping` and others go by that watch it. Null where that is not said. */
  readonly higherIsBetter: boolean | null = null;

  constructor(name: string) {
    this.name = name;
  }

  /**
   * What the constructor was given, so that another one can be made. To be said by classes whose constructor has
   * parameters; one of theirs that does not say it is for one training or evaluation at a time.
   */
  protected constructorArguments(): readonly unknown[] {
    return [this.name];
  }

  /** Forgets what was seen. */
  abstract reset(): void;

  /** Takes a batch in: predictions [n, …], targets [n, …] and, if samples count unequally, their weights [n]. */
  abstract update(prediction: Tensor, target: Tensor, sampleWeight?: Tensor): void;

  /** The number for everything seen since `reset()`; NaN where nothing was. */
  abstract result(): number;
}

/** The weighted mean of one number for each row, Σ w x / Σ w: {@link Accuracy}, errors, log loss. */
export abstract class MeanMetric extends Metric {
  #sum = 0;
  #weight = 0;

  reset(): void {
    this.#sum = this.#weight = 0;
  }

  /** Adds the numbers of a batch; a weight stands for equally many of them in a row. */
  protected addRows(rows: ArrayLike<number>, sampleWeight: Tensor | undefined): void {
    const weightAt = weights(this.name, sampleWeight, rows.length);
    for (let i = 0; i < rows.length; i++) {
      const weight = weightAt(i);
      // What does not count may be NaN.
      if (weight === 0) continue;
      this.#sum += weight * rows[i];
      this.#weight += weight;
    }
  }

  result(): number {
    return this.#sum / this.#weight;
  }
}

/**
 * The weight of row i of `rows`: sample i's, or that of the sample that row i belongs to where a sample has several.
 *
 * @throws ShapeError where there is not one weight for each sample; ValueError for weights below 0.
 */
export function weights(where: string, given: Tensor | undefined, rows: number): (row: number) => number {
  if (given === undefined) return () => 1;
  if (given.size === 0 ? rows > 0 : rows % given.size !== 0)
    throw new ShapeError({
      where,
      expected: `a sampleWeight of shape [${rows}], one for each sample`,
      got: formatShape(given.shape),
    });
  const values = given.storage;
  checkSampleWeights(where, values);
  const perSample = rows / given.size;
  return (row) => values[Math.floor(row / perSample)];
}

/** A batch as metrics take it: predictions, targets and, if samples count unequally, their weights. */
export type MetricBatch = readonly [prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined];

/** What `update` is given. */
export type MetricArguments = readonly [prediction: Tensor, target: Tensor, sampleWeight?: Tensor];

/**
 * The batch without the samples of weight 0, so that a metric is what it is without them, whatever they hold: NaN, or a
 * label that is no class. Null where none is left.
 */
export function countedBatch(...given: MetricArguments): MetricBatch | null {
  return samplesWhere((weight) => weight !== 0, given);
}

/** The samples of weight 0 alone; null where there are none. */
export function uncountedBatch(...given: MetricArguments): MetricBatch | null {
  return given[2]?.storage.includes(0) ? samplesWhere((weight) => weight === 0, given) : null;
}

/** @throws DTypeError for arguments of `update` that are no tensors. */
export function checkTensors(...[prediction, target, sampleWeight]: MetricArguments): void {
  for (const given of [prediction, target, sampleWeight === undefined ? prediction : sampleWeight])
    if (!(given instanceof Tensor))
      throw new DTypeError({
        where: "update",
        expected: "tensors: predictions, targets and perhaps weights",
        got: describe(given),
      });
}

function samplesWhere(
  isWanted: (weight: number) => boolean,
  [prediction, target, sampleWeight]: MetricArguments,
): MetricBatch | null {
  checkTensors(prediction, target, sampleWeight);
  if (!sampleWeight?.storage.includes(0)) return [prediction, target, sampleWeight];
  const weight = sampleWeight.rank > 1 && sampleWeight.shape.at(-1) === 1 ? sampleWeight.squeeze(-1) : sampleWeight;
  const { shape, size, rank } = weight;
  const fits = (x: Tensor) => shape.every((n, axis) => n === x.shape[axis]);
  // Weights that do not fit are an error of the metric's own.
  if (!fits(prediction) || !fits(target)) return [prediction, target, sampleWeight];
  const rows = Int32Array.from({ length: size }, (_, i) => i).filter((i) => isWanted(weight.storage[i]));
  if (rows.length === 0) return null;
  const take = (x: Tensor) => x.reshape([size, ...x.shape.slice(rank)]).gather(rows);
  return noGrad(() => [take(prediction), take(target), take(weight)]);
}

/** @throws ValueError for a weight below 0, and for NaN. */
export function checkSampleWeights(where: string, weights: ArrayLike<number>): void {
  for (let i = 0; i < weights.length; i++)
    if (!(weights[i] >= 0))
      throw new ValueError({ where, expected: "sample weights of at least 0", got: `${weights[i]}` });
}

/** The options of a metric's function: those that its class takes, and the weights. @throws OptionError for others. */
export function splitWeights<O extends SampleWeights>(
  where: string,
  options: O,
  own: readonly string[],
): readonly [Omit<O, "sampleWeight">, SampleWeights] {
  checkOptions(where, options, [...own, ...sampleWeightOptions]);
  const { sampleWeight, ...rest } = options;
  return [rest, { sampleWeight }];
}

/**
 * The result of a fresh metric for one lot of predictions, as the plain functions give it.
 *
 * @throws ValueError for no samples, for NaN, and for weights that add up to 0.
 */
export function evaluateOnce(
  metric: Metric,
  prediction: TensorLike,
  target: TensorLike,
  { sampleWeight }: SampleWeights = {},
): number {
  updateOnce(metric, prediction, target, sampleWeight);
  return metric.result();
}

/** Feeds a metric once, after the checks that only a single lot allows. */
export function updateOnce<M extends Metric>(
  metric: M,
  prediction: TensorLike,
  target: TensorLike,
  sampleWeight?: TensorLike,
): M {
  const where = metric.name;
  const given = sampleWeight === undefined ? undefined : read(where, sampleWeight);
  const whole = [read(where, prediction), read(where, target), given] as const;
  const batch = countedBatch(...whole);
  if (batch === null || (given && !given.storage.some((weight) => weight > 0)))
    throw new ValueError({ where, expected: "sample weights of which one is above 0", got: "none" });
  const [p, t] = batch;
  checkNumbers(where, "predictions", p);
  checkNumbers(where, "targets", t);
  metric.update(...whole);
  return metric;
}

function checkNumbers(where: string, what: string, x: Tensor): void {
  if (x.size === 0)
    throw new ValueError({
      where,
      expected: "at least one sample",
      got: `${what} of shape ${formatShape(x.shape)}`,
      hint: "A metric of nothing has no value.",
    });
  const at = x.storage.findIndex(Number.isNaN);
  if (at >= 0)
    throw new ValueError({
      where,
      expected: `${what} that are numbers`,
      got: `NaN at element ${at} of ${describe(x.size).replace("the number ", "")}`,
      hint: "A model that gives NaN has diverged: try a smaller learning rate, or fit with { debugNaN: true }.",
    });
}
