/**
 * Noise in training besides dropout: added numbers, whole channels that are dropped, and dropout for networks of SELUs.
 */

import { bernoulli, OptionError, randn, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import type { BatchShape } from "../module/batch-shape.ts";
import { checkNotNegative } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";
import { type DropoutOptions, dropoutOptions, RandomLayer, type RandomLayerOptions, randomOptions } from "./dropout.ts";
import { type OptionTable, unchecked, withPositional } from "./options.ts";
import { checkSpatial } from "./sliding.ts";

/** How much noise a {@link GaussianNoise} adds, and by which random numbers. */
export interface GaussianNoiseOptions extends RandomLayerOptions {
  /** The standard deviation of the noise. */
  stddev: number;
}

const noiseOptions: OptionTable<GaussianNoiseOptions> = { ...randomOptions, stddev: checkNotNegative };

/**
 * Adds normal noise in training: y = x + ε, ε ~ N(0, stddev²). In evaluation nothing changes.
 *
 * Shape: any, and the same comes out.
 *
 * @throws ValueError for a negative standard deviation.
 * @example new GaussianNoise(0.1);
 */
export class GaussianNoise extends RandomLayer {
  readonly stddev: number;

  constructor(stddev: number | GaussianNoiseOptions, options?: Omit<GaussianNoiseOptions, "stddev">) {
    const own = withPositional<GaussianNoiseOptions, "stddev">("GaussianNoise", "stddev", stddev, options);
    super(own, noiseOptions);
    refuseSurplus("GaussianNoise", arguments, 2);
    this.stddev = own.stddev;
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.stddev === 0) return x;
    const dtype = x.dtype === "float64" ? "float64" : "float32";
    return x.add(randn(x.shape, { std: this.stddev, dtype, generator: this.generator }));
  }
}

/** What drops whole channels; `shape` says which numbers are dropped together: they have length 1 there. */
abstract class SpatialDropout extends RandomLayer {
  readonly rate: number;

  constructor(options: DropoutOptions, own: OptionTable<DropoutOptions>) {
    super(options, own);
    this.rate = options.rate;
  }

  protected abstract noiseShape(x: Tensor): readonly number[];

  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    const kept = bernoulli(1 - this.rate, this.noiseShape(x), { dtype: x.dtype, generator: this.generator });
    return x.mul(kept.div(1 - this.rate));
  }
}

/** How much a {@link SpatialDropout1d} drops, and where it finds the channels. */
export interface SpatialDropout1dOptions extends DropoutOptions {
  /** "channels_first" (the default) for [batch, channels, length], "channels_last" for [batch, time, features]. */
  dataFormat?: "channels_first" | "channels_last";
}

const spatialOptions: OptionTable<SpatialDropout1dOptions> = { ...dropoutOptions, dataFormat: unchecked };

/**
 * Sets whole channels of signals to 0 with probability `rate` in training, and divides the others by 1 - rate (Tompson
 * et al. 2015): neighbours are so much alike that dropping single numbers drops nothing. PyTorch's `Dropout1d`.
 *
 * Shape: [batch, channels, length], or with "channels_last" [batch, time, features]; the same comes out.
 *
 * @throws ValueError for a rate outside [0, 1); ShapeError for anything but signals.
 * @example new SpatialDropout1d(0.2, { dataFormat: "channels_last" });
 */
export class SpatialDropout1d extends SpatialDropout {
  readonly dataFormat: "channels_first" | "channels_last";

  constructor(rate: number | SpatialDropout1dOptions, options?: Omit<SpatialDropout1dOptions, "rate">) {
    const where = "SpatialDropout1d";
    const own = withPositional<SpatialDropout1dOptions, "rate">(where, "rate", rate, options);
    super(own, spatialOptions);
    refuseSurplus(where, arguments, 2);
    this.dataFormat = own.dataFormat ?? "channels_first";
    if (this.dataFormat !== "channels_first" && this.dataFormat !== "channels_last")
      throw new OptionError({
        where,
        expected: 'dataFormat "channels_first" or "channels_last"',
        got: describe(this.dataFormat),
      });
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, 1, null);
  }

  protected noiseShape({ shape }: Tensor): readonly number[] {
    return shape.with(this.dataFormat === "channels_first" ? 2 : 1, 1);
  }
}

/**
 * Sets whole channels of images to 0 with probability `rate` in training, and divides the others by 1 - rate (Tompson et
 * al. 2015). PyTorch's `Dropout2d`.
 *
 * Shape: [batch, channels, height, width], and the same comes out.
 *
 * @throws ValueError for a rate outside [0, 1); ShapeError for anything but images.
 * @example new SpatialDropout2d(0.2);
 */
export class SpatialDropout2d extends SpatialDropout {
  constructor(rate: number | DropoutOptions, options?: Omit<DropoutOptions, "rate">) {
    super(withPositional<DropoutOptions, "rate">("SpatialDropout2d", "rate", rate, options), dropoutOptions);
    refuseSurplus("SpatialDropout2d", arguments, 2);
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, 2, null);
  }

  protected noiseShape({ shape }: Tensor): readonly number[] {
    return [shape[0], shape[1], 1, 1];
  }
}

/** What a SELU gives for -∞: -λα (Klambauer et al. 2017). */
const seluFloor = -1.0507009873554805 * 1.6732632423543772;

/**
 * Dropout for networks of SELUs: dropped inputs become what a SELU has at -∞, α' = -λα, and then all are scaled and
 * shifted, y = a x + b, so that mean 0 and variance 1 stay (Klambauer et al. 2017):
 * a = ((1 - rate) (1 + rate α'²))^(-½), b = -a α' rate. In evaluation nothing changes.
 *
 * Shape: any, and the same comes out.
 *
 * @throws ValueError for a rate outside [0, 1).
 * @example new AlphaDropout(0.1);
 */
export class AlphaDropout extends RandomLayer {
  readonly rate: number;

  constructor(rate: number | DropoutOptions, options?: Omit<DropoutOptions, "rate">) {
    const own = withPositional<DropoutOptions, "rate">("AlphaDropout", "rate", rate, options);
    super(own, dropoutOptions);
    refuseSurplus("AlphaDropout", arguments, 2);
    this.rate = own.rate;
  }

  forward(x: Tensor): Tensor {
    const { rate } = this;
    if (!this.training || rate === 0) return x;
    const kept = bernoulli(1 - rate, x.shape, { dtype: x.dtype, generator: this.generator });
    const a = 1 / Math.sqrt((1 - rate) * (1 + rate * seluFloor ** 2));
    const b = -a * seluFloor * rate;
    return x.mul(kept).add(kept.neg().add(1).mul(seluFloor)).mul(a).add(b);
  }
}
