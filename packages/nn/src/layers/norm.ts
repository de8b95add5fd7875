/**
 * Normalisation: numbers shifted and scaled to mean 0 and variance 1, and then to where the layer learns to have them.
 */

import {
  buffer,
  noGrad,
  normalizeAxes,
  ones,
  type Parameter,
  ShapeError,
  sizeOf,
  type Tensor,
  ValueError,
  zeros,
} from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import type { InitializerLike } from "../initializers/by-name.ts";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { checkRange, zeroToOne } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import {
  epsilon,
  flag,
  initializer,
  type LayerOptions,
  type OptionTable,
  type OwnOptions,
  unchecked,
} from "./options.ts";
import { alongAxis, checkAxis, knownLength } from "./shape.ts";

export interface NormOptions extends LayerOptions {
  /** Added to the variance, to keep the division finite; 1e-5 by default, as in PyTorch (Keras has 1e-3). */
  eps?: number;
  /** Whether to learn a shift, `beta`; true by default. */
  center?: boolean;
  /** Whether to learn a scale, `gamma`; true by default. */
  scale?: boolean;
  /** "ones" by default. */
  gammaInitializer?: InitializerLike;
  /** "zeros" by default. */
  betaInitializer?: InitializerLike;
}

/** What normalisations by mean and variance may be told. */
export const normOptions: OptionTable<NormOptions> = {
  eps: epsilon,
  center: flag,
  scale: flag,
  gammaInitializer: initializer,
  betaInitializer: initializer,
};

/** (x - mean) / √(variance + eps). */
export function standardized(centered: Tensor, variance: Tensor, eps: number): Tensor {
  return centered.mul(variance.add(eps).rsqrt());
}

/** What normalisations by mean and variance share: the learned scale and shift. */
export abstract class Norm extends Layer {
  /** The scales, or null; there once the layer is built. */
  gamma: Parameter | null = null;
  /** The shifts, or null; there once the layer is built. */
  beta: Parameter | null = null;
  readonly eps: number;
  readonly #options: NormOptions;

  constructor(options: NormOptions, own: OwnOptions) {
    super(options, own);
    this.eps = options.eps ?? 1e-5;
    this.#options = options;
  }

  protected addScaleAndShift(shape: readonly number[]): void {
    const { scale = true, center = true, gammaInitializer = "ones", betaInitializer = "zeros" } = this.#options;
    if (scale) this.gamma = this.addWeight(shape, gammaInitializer);
    if (center) this.beta = this.addWeight(shape, betaInitializer);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape;
  }
}

/** The axes of a {@link LayerNorm}, and its weights. */
export interface LayerNormOptions extends NormOptions {
  /** The axis or axes to normalise along; the last by default. */
  axis?: number | readonly number[];
}

const layerNormOptions: OptionTable<LayerNormOptions> = { ...normOptions, axis: unchecked };

/**
 * Normalises each example by itself: y = γ (x - mean) / √(var + eps) + β, mean and (biased) variance along `axis`
 * (Ba, Kiros & Hinton 2016).
 *
 * Weights: `gamma` and `beta` in the shape of the normalised axes. Shape: any, and the same comes out.
 *
 * @throws OptionError for unknown options; ShapeError for inputs of other lengths along the axes.
 * @example new LayerNorm();
 */
export class LayerNorm extends Norm {
  readonly axis: readonly number[];

  constructor(options: LayerNormOptions = {}) {
    super(options, layerNormOptions);
    refuseSurplus("LayerNorm", arguments, 1);
    const { axis = -1 } = options;
    const axes: readonly unknown[] = Array.isArray(axis) ? axis : [axis];
    if (axes.length === 0 || !axes.every(Number.isInteger))
      throw new ValueError({ where: "LayerNorm", expected: "an axis, or several in a list", got: describe(axis) });
    this.axis = axes as readonly number[];
    this.buildIfKnown();
  }

  override build(inputShape: BatchShape): void {
    this.addScaleAndShift(this.#axes(inputShape.length).map((axis) => knownLength(inputShape, axis)));
  }

  override checkInput(inputShape: BatchShape): void {
    const built = this.gamma ?? this.beta;
    this.#axes(inputShape.length).forEach((axis, i) => {
      checkAxis(inputShape, axis, built ? built.shape[i] : null);
    });
  }

  /** The normalised axes, counted from the front. */
  #axes(rank: number): number[] {
    return normalizeAxes("axis", this.axis, rank);
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    const axes = this.#axes(x.rank);
    const centered = x.sub(x.mean(axes, { keepDims: true }));
    const variance = centered.square().mean(axes, { keepDims: true });
    const shape = x.shape.map((length, axis) => (axes.includes(axis) ? length : 1));
    let y = standardized(centered, variance, this.eps);
    if (this.gamma) y = y.mul(this.gamma.reshape(shape));
    return this.beta ? y.add(this.beta.reshape(shape)) : y;
  }
}

/** The axis of a {@link BatchNorm}, its running statistics and its weights. */
export interface BatchNormOptions extends NormOptions {
  /** The axis of the features (channels); the last by default, 1 for [batch, channels, height, width]. */
  axis?: number;
  /**
   * How much of the running statistics each batch leaves as it is; 0.9 by default. Keras's convention (its default is
   * 0.99); PyTorch counts the other way round and calls the same 0.1.
   */
  momentum?: number;
  /** 1 (the default) to keep unbiased variances, over n - 1, as PyTorch does; 0 for Keras's, over n. */
  correction?: 0 | 1;
}

const batchNormOptions: OptionTable<BatchNormOptions> = {
  ...normOptions,
  axis: unchecked,
  momentum: unchecked,
  correction: unchecked,
};

/**
 * Normalises each feature over the batch: y = γ (x - mean) / √(var + eps) + β (Ioffe & Szegedy 2015).
 *
 * In training, mean and (biased) variance are the batch's, and the running statistics move towards them:
 * running ← momentum · running + (1 - momentum) · batch. In evaluation, and frozen, they are the running statistics.
 *
 * Weights: `gamma`, `beta` [features]; state: `runningMean`, `runningVar` [features]. Shape: [batch, .., features] (or
 * the features along another `axis`), and the same comes out.
 *
 * @throws OptionError for unknown options; ShapeError for another number of features, and in training for inputs with a
 *   single value for each feature, which have no variance.
 * @example new BatchNorm({ momentum: 0.99 });
 */
export class BatchNorm extends Norm {
  readonly axis: number;
  readonly momentum: number;
  readonly correction: 0 | 1;
  /** The running mean of each feature; there once the layer is built. */
  runningMean!: Parameter;
  /** The running variance of each feature; there once the layer is built. */
  runningVar!: Parameter;

  constructor(options: BatchNormOptions = {}) {
    super(options, batchNormOptions);
    refuseSurplus("BatchNorm", arguments, 1);
    const { axis = -1, momentum = 0.9, correction = 1 } = options;
    const where = "BatchNorm";
    if (!Number.isInteger(axis) || axis === 0)
      throw new ValueError({ where, expected: "an axis other than the batch's, 0", got: describe(axis) });
    checkRange(where, "momentum", momentum, zeroToOne);
    if (correction !== 0 && correction !== 1)
      throw new ValueError({ where, expected: "correction 0 or 1", got: describe(correction) });
    this.axis = axis;
    this.momentum = momentum;
    this.correction = correction;
    this.buildIfKnown();
  }

  override build(inputShape: BatchShape): void {
    const features = knownLength(inputShape, this.axis);
    this.addScaleAndShift([features]);
    this.runningMean = buffer(zeros([features], { dtype: this.dtype }));
    this.runningVar = buffer(ones([features], { dtype: this.dtype }));
  }

  override checkInput(inputShape: BatchShape): void {
    if (inputShape.length < 2)
      throw new ShapeError({
        where: "input",
        expected: "shape [batch, .., features]",
        got: formatBatchShape(inputShape),
      });
    checkAxis(inputShape, this.axis, this.built ? this.runningMean.size : null);
  }

  override get leastBatch(): number | null {
    if (!this.#usesBatch) return 1;
    if (this.inputShape === null) return null;
    const features = this.axis < 0 ? this.axis + this.inputShape.length : this.axis;
    const others = this.inputShape.filter((_, axis) => axis !== 0 && axis !== features);
    return others.every((length) => length === 1) ? 2 : 1;
  }

  forward(x: Tensor): Tensor {
    const along = (vector: Tensor) => alongAxis(vector, x.rank, this.axis);
    let y = this.#usesBatch
      ? this.#normalizeByBatch(x)
      : standardized(x.sub(along(this.runningMean)), along(this.runningVar), this.eps);
    if (this.gamma) y = y.mul(along(this.gamma));
    return this.beta ? y.add(along(this.beta)) : y;
  }

  /** Whether it normalises by the batch's statistics, rather than the running ones. */
  get #usesBatch(): boolean {
    return this.training && this.trainable;
  }

  #normalizeByBatch(x: Tensor): Tensor {
    const features = this.axis < 0 ? this.axis + x.rank : this.axis;
    const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== features);
    const count = sizeOf(axes.map((axis) => x.shape[axis]));
    if (count < 2)
      throw new ShapeError({
        where: "training",
        expected: "at least 2 values for each feature",
        got: `${count}, in an input of shape ${formatBatchShape(x.shape)}`,
        hint: "A single value has no variance: train with larger batches, and with { dropLast: true } where one example would be left over for the last.",
      });
    const mean = x.mean(axes, { keepDims: true });
    const centered = x.sub(mean);
    const variance = centered.square().mean(axes, { keepDims: true });
    this.#updateRunningStatistics(mean, variance.mul(count / (count - this.correction)));
    return standardized(centered, variance, this.eps);
  }

  /** Moves the running statistics towards the batch's. */
  #updateRunningStatistics(mean: Tensor, variance: Tensor): void {
    noGrad(() => {
      for (const [running, now] of [
        [this.runningMean, mean],
        [this.runningVar, variance],
      ] as const) {
        const share = now
          .detach()
          .reshape(running.shape)
          .mul(1 - this.momentum);
        running.assign(running.mul(this.momentum).add(share));
      }
    });
  }
}
