/**
 * Features brought to mean 0 and variance 1 by what data say, within the model, so that it goes where the model goes.
 */

import {
  asTensor,
  buffer,
  noGrad,
  normalizeAxes,
  OptionError,
  ones,
  type Parameter,
  ShapeError,
  type Tensor,
  type TensorLike,
  zeros,
} from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { Layer } from "../layers/layer.ts";
import { flag, type LayerOptions, type OptionTable, unchecked } from "../layers/options.ts";
import { alongAxis, checkAxis, knownLength } from "../layers/shape.ts";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";

/** The axis of a {@link Normalization}, and what it knows beforehand. */
export interface NormalizationOptions extends LayerOptions {
  /** The axis of the features; the last by default, 1 for channels of images, null for one mean and variance of all. */
  axis?: number | null;
  /** The means of the features, or one for all; with `variance`, in place of `adapt`. */
  mean?: number | readonly number[];
  /** The variances of the features, or one for all. */
  variance?: number | readonly number[];
  /** Whether to go the other way, x √variance + mean: for predictions; false by default. */
  invert?: boolean;
}

const normalizationOptions: OptionTable<NormalizationOptions> = {
  axis: unchecked,
  mean: unchecked,
  variance: unchecked,
  invert: flag,
};

/** Deviations below this count as this: a feature that never changes is shifted and not blown up. Keras's. */
const leastDeviation = 1e-7;

/**
 * y = (x - mean) / max(√variance, 1e-7) for each feature, by the mean and the (biased) variance of the data that `adapt` was
 * given; before that it leaves numbers as they are.
 *
 * State: `mean`, `variance` [features], saved with the weights; training does not change them. Shape: [batch, .., features]
 * (or the features along another `axis`), and the same comes out.
 *
 * @throws OptionError for a mean without a variance; ShapeError for another number of features.
 *
 * @example
 * const layer = new Normalization();
 * layer.adapt([[0, 10], [2, 30]]);
 * layer.call([[1, 40]]); // [[0, 2]]
 */
export class Normalization extends Layer {
  readonly axis: number | null;
  readonly invert: boolean;
  /** The mean of each feature; there once the layer is built. */
  mean!: Parameter;
  /** The variance of each feature; there once the layer is built. */
  variance!: Parameter;
  readonly #given: readonly (number | readonly number[] | undefined)[];

  constructor(options: NormalizationOptions = {}) {
    super(options, normalizationOptions);
    refuseSurplus("Normalization", arguments, 1);
    const where = "Normalization";
    const { axis = -1, mean, variance } = options;
    if (axis !== null && (!Number.isInteger(axis) || axis === 0))
      throw new OptionError({ where, expected: "an axis other than the batch's, 0, or null", got: describe(axis) });
    if ((mean === undefined) !== (variance === undefined))
      throw new OptionError({
        where,
        expected: "mean and variance, or neither",
        got: mean === undefined ? "a variance" : "a mean",
        hint: "What data say is found by adapt(data).",
      });
    const isList = (x: unknown) => [x].flat().length > 0 && [x].flat().every((n) => Number.isFinite(n));
    const wrong = [mean, variance].find((x) => x !== undefined && !isList(x));
    if (wrong !== undefined || [variance ?? []].flat().some((n) => n < 0))
      throw new OptionError({
        where,
        expected: "mean and variance as finite numbers, variances of at least 0",
        got: describe(wrong ?? variance),
      });
    this.axis = axis;
    this.invert = options.invert ?? false;
    this.#given = [mean, variance];
    this.buildIfKnown();
  }

  override build(inputShape: BatchShape): void {
    const shape = this.axis === null ? [] : [knownLength(inputShape, this.axis)];
    const { dtype } = this;
    const [mean, variance] = this.#given.map((given, i) => {
      if (given === undefined) return (i === 0 ? zeros : ones)(shape, { dtype });
      const value = asTensor(given as TensorLike, "mean", dtype);
      if (value.rank > 0 && value.size !== shape[0])
        throw new ShapeError({
          where: i === 0 ? "mean" : "variance",
          expected: `one number, or one for each of the features, ${shape[0] ?? 1}`,
          got: `${value.size}`,
        });
      return value.broadcastTo(shape);
    });
    this.mean = buffer(mean);
    this.variance = buffer(variance);
  }

  override checkInput(inputShape: BatchShape): void {
    if (this.axis === null) return;
    if (inputShape.length < 2)
      throw new ShapeError({
        where: "input",
        expected: "shape [batch, .., features]",
        got: formatBatchShape(inputShape),
        hint: "Of one number for each sample make [batch, 1] with unsqueeze(-1), or take { axis: null }.",
      });
    checkAxis(inputShape, this.axis, this.built ? this.mean.size : (this.inputShape?.at(this.axis) ?? null));
  }

  /**
   * Takes mean and variance from data, in place of what was known before.
   *
   * Shape: as the layer's inputs, all samples at once.
   *
   * @throws ShapeError for data without a sample, or of another number of features; nothing has changed then.
   */
  adapt(data: TensorLike): this {
    refuseSurplus("adapt", arguments, 1);
    const x = asTensor(data, "adapt").cast(this.dtype);
    if (x.size === 0)
      throw new ShapeError({ where: `${this.title()}, adapt`, expected: "at least one sample", got: "none" });
    this.checkInput(x.shape);
    this.ensureBuilt([null, ...x.shape.slice(1)]);
    noGrad(() => {
      const [kept] = this.axis === null ? [-1] : normalizeAxes("axis", this.axis, x.rank);
      const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== kept);
      const mean = x.mean(axes, { keepDims: true });
      const variance = x.sub(mean).square().mean(axes);
      this.mean.assign(mean.reshape(this.mean.shape));
      this.variance.assign(variance.reshape(this.variance.shape));
    });
    return this;
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape;
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    const along = (vector: Tensor) => (this.axis === null ? vector : alongAxis(vector, x.rank, this.axis));
    const [mean, deviation] = [along(this.mean), along(this.variance).sqrt().maximum(leastDeviation)];
    return this.invert ? x.mul(deviation).add(mean) : x.sub(mean).div(deviation);
  }
}
