/**
 * Signals and images in another size: repeated, brought to a size, or put together from channels.
 */

import { OptionError, repeat, ShapeError, type Tensor, tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { count, type LayerOptions, type OptionTable, optional, withPositional } from "./options.ts";
import { checkSpatial } from "./sliding.ts";

/** How much longer an {@link UpSampling1d} makes signals. */
export interface UpSampling1dOptions extends LayerOptions {
  /** How many times longer; a whole number, 2 by default. */
  size?: number;
}

const upsamplingOptions: OptionTable<UpSampling1dOptions> = { size: optional(count) };

/**
 * Signals longer by a whole factor: each number repeated.
 *
 * Shape: input [batch, channels, length], output [batch, channels, length · size].
 *
 * @throws OptionError for sizes below 1; ShapeError for anything but signals.
 * @example new UpSampling1d({ size: 2 }).call([[[1, 2]]]); // [[[1, 1, 2, 2]]]
 */
export class UpSampling1d extends Layer {
  readonly size: number;

  constructor(options: UpSampling1dOptions = {}) {
    super(options, upsamplingOptions);
    refuseSurplus("UpSampling1d", arguments, 1);
    this.size = options.size ?? 2;
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, 1, null);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    const [batch, channels, length] = inputShape;
    return [batch, channels, length === null ? null : length * this.size];
  }

  forward(x: Tensor): Tensor {
    return repeat(x, this.size, 2);
  }
}

/** How new pixels are made of those that are there. */
export type Interpolation = "nearest" | "nearest-exact" | "bilinear";

/** The size that a {@link Resizing} brings images to, and how. */
export interface ResizingOptions extends LayerOptions {
  height: number;
  width: number;
  /**
   * "bilinear" (the default) draws lines between pixels. "nearest-exact" takes the pixel whose centre is nearest, which is
   * Keras's "nearest"; "nearest" is PyTorch's, ⌊i · old / new⌋.
   */
  interpolation?: Interpolation;
}

const interpolations: readonly unknown[] = ["nearest", "nearest-exact", "bilinear"] satisfies Interpolation[];

const resizingOptions: OptionTable<ResizingOptions> = {
  height: count,
  width: count,
  interpolation: optional((where, name, value) => {
    if (!interpolations.includes(value))
      throw new OptionError({ where, expected: `${name} ${interpolations.join(", ")}`, got: describe(value) });
  }),
};

/**
 * Images in the size `height` by `width`, whatever theirs is: pixel i of n new ones stands at (i + ½) · old / n - ½ of the
 * old ones. Corners are not aligned, and nothing is smoothed before pixels are left out: what PyTorch's `interpolate` and
 * Keras's `Resizing` do by default.
 *
 * Shape: input [batch, channels, any, any], output [batch, channels, height, width].
 *
 * @throws OptionError for sizes below 1 and for another interpolation; ShapeError for anything but images.
 * @example new Resizing({ height: 32, width: 32 }).call(randn([8, 3, 28, 20])); // shape [8, 3, 32, 32]
 */
export class Resizing extends Layer {
  readonly height: number;
  readonly width: number;
  readonly interpolation: Interpolation;

  constructor(options: ResizingOptions) {
    super(options, resizingOptions);
    refuseSurplus("Resizing", arguments, 1);
    this.height = options.height;
    this.width = options.width;
    this.interpolation = options.interpolation ?? "bilinear";
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, 2, null);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [inputShape[0], inputShape[1], this.height, this.width];
  }

  forward(x: Tensor): Tensor {
    return resized(resized(x, 2, this.height, this.interpolation), 3, this.width, this.interpolation);
  }
}

/** An axis of images brought to a length. */
function resized(x: Tensor, axis: 2 | 3, length: number, interpolation: Interpolation): Tensor {
  const old = x.shape[axis];
  if (old === length) return x;
  const indices = Array.from({ length }, (_, i) => i);
  if (interpolation !== "bilinear") {
    const shift = interpolation === "nearest" ? 0 : 0.5;
    return x.gather(intTensor(indices.map((i) => Math.min(old - 1, Math.floor(((i + shift) * old) / length)))), axis);
  }
  const positions = indices.map((i) => Math.min(old - 1, Math.max(0, ((i + 0.5) * old) / length - 0.5)));
  const low = positions.map(Math.floor);
  const dtype = x.dtype === "float64" ? "float64" : "float32";
  const share = tensor(
    positions.map((position, i) => position - low[i]),
    { dtype, shape: axis === 2 ? [length, 1] : [length] },
  );
  const a = x.gather(intTensor(low), axis);
  const b = x.gather(intTensor(low.map((at) => Math.min(old - 1, at + 1))), axis);
  return a.add(b.sub(a).mul(share));
}

function intTensor(values: readonly number[]): Tensor {
  return tensor(values, { dtype: "int32" });
}

/** The factor of a {@link PixelShuffle}. */
export interface PixelShuffleOptions extends LayerOptions {
  /** How many times higher and wider images become. */
  upscaleFactor: number;
}

const shuffleOptions: OptionTable<PixelShuffleOptions> = { upscaleFactor: count };

/**
 * Images r times larger, with r² channels for each square of r by r pixels (Shi et al. 2016):
 * y[n, c, i r + u, j r + v] = x[n, c r² + u r + v, i, j].
 *
 * Shape: input [batch, channels · r², height, width], output [batch, channels, height · r, width · r].
 *
 * @throws OptionError for a factor below 1; ShapeError for images whose channels r² does not divide.
 * @example new PixelShuffle(2).call([[[[1]], [[2]], [[3]], [[4]]]]); // [[[[1, 2], [3, 4]]]]
 */
export class PixelShuffle extends Layer {
  readonly upscaleFactor: number;

  constructor(upscaleFactor: number | PixelShuffleOptions, options?: LayerOptions) {
    const where = "PixelShuffle";
    const own = withPositional<PixelShuffleOptions, "upscaleFactor">(where, "upscaleFactor", upscaleFactor, options);
    super(own, shuffleOptions);
    refuseSurplus(where, arguments, 2);
    this.upscaleFactor = own.upscaleFactor;
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, 2, null);
    const channels = inputShape[1];
    const each = this.upscaleFactor ** 2;
    if (channels !== null && channels % each !== 0)
      throw new ShapeError({
        where: "input",
        expected: `channels that ${each} divides, the square of the factor`,
        got: `${channels} in ${formatBatchShape(inputShape)}`,
      });
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    const r = this.upscaleFactor;
    const [batch, channels, ...lengths] = inputShape;
    return [
      batch,
      channels === null ? null : channels / r ** 2,
      ...lengths.map((length) => (length === null ? null : length * r)),
    ];
  }

  forward(x: Tensor): Tensor {
    const r = this.upscaleFactor;
    const [batch, channels, height, width] = x.shape;
    return x
      .reshape(batch, channels / r ** 2, r, r, height, width)
      .permute([0, 1, 4, 2, 5, 3])
      .reshape(batch, channels / r ** 2, height * r, width * r);
  }
}
