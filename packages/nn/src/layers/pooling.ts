/**
 * Pooling as layers: fewer numbers for the same signal or image; and upsampling, which makes more of them.
 */

import {
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  maxPool1d,
  maxPool2d,
  OptionError,
  type Padding,
  type Pair,
  type Tensor,
  upsample2d,
} from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { compilerParts } from "../compiler-parts.ts";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { flag, type LayerOptions, type OptionTable, type OwnOptions, unchecked, withPositional } from "./options.ts";
import { checkSpatial, perAxis, reachOf, type Sliding, sidesOf, slidShape } from "./sliding.ts";

compilerParts.add(async () => (await import("@chainrule/compiler/pools")).addPools());

interface PoolOptions<Size, Pads> extends LayerOptions {
  /** The window's length, or its height and width; 2 by default. */
  kernelSize?: Size;
  /** How far the window moves each time; by default its own size, so that windows do not overlap. */
  stride?: Size;
  /** "valid" (the default) for none, "same" for as many that stride 1 keeps the size, or how many on each side. */
  padding?: Pads;
  /** How far apart the window's elements are; 1 by default. */
  dilation?: Size;
}

const poolOptions: OptionTable<PoolOptions<unknown, unknown>> = {
  kernelSize: unchecked,
  stride: unchecked,
  padding: unchecked,
  dilation: unchecked,
};

/** What the four poolings by window share. */
abstract class Pool<Size extends Pair, Pads> extends Layer {
  protected readonly window: Sliding;

  constructor(options: PoolOptions<Size, Pads>, axes: number, own: OwnOptions = poolOptions) {
    super(options, own);
    const where = new.target.name;
    const { kernelSize = 2, stride = kernelSize, padding = "valid", dilation = 1 } = options;
    this.window = {
      kernel: perAxis(where, "kernelSize", kernelSize, axes, 1),
      stride: perAxis(where, "stride", stride, axes, 1),
      dilation: perAxis(where, "dilation", dilation, axes, 1),
      padding: sidesOf(where, padding, axes),
    };
    if (axes === 1 && Array.isArray(padding))
      throw new OptionError({ where, expected: "one padding for both sides", got: JSON.stringify(padding) });
    const reach = reachOf(this.window);
    const sides = typeof this.window.padding === "string" ? [] : this.window.padding;
    if (sides.some((side, axis) => side.some((n) => n >= reach[axis])))
      throw new OptionError({
        where,
        expected: `padding below ${reach.join(" and ")}, so that every window holds something of the input`,
        got: JSON.stringify(padding),
      });
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, this.window.kernel.length, null);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [inputShape[0], inputShape[1], ...slidShape(inputShape.slice(2), this.window)];
  }

  /** The window as the arguments of a pooling function of signals. */
  protected arguments1d() {
    const { kernel, stride, dilation, padding } = this.window;
    const sides = typeof padding === "string" ? padding : padding[0][0];
    return [kernel[0], { stride: stride[0], dilation: dilation[0], padding: sides }] as const;
  }

  /** The window as the arguments of a pooling function of images. */
  protected arguments2d() {
    const { kernel, stride, dilation, padding } = this.window;
    const pair = (lengths: readonly number[]): readonly [number, number] => [lengths[0], lengths[1]];
    const sides: Padding = typeof padding === "string" ? padding : [padding[0], padding[1]];
    return [pair(kernel), { stride: pair(stride), dilation: pair(dilation), padding: sides }] as const;
  }
}

/** The window of a {@link MaxPool1d}. */
export type MaxPool1dOptions = PoolOptions<number, number | "same" | "valid">;

/**
 * The largest number in each window of a signal. Padding never wins; equal largest ones share the gradient.
 *
 * Shape: input [batch, channels, length], output [batch, channels, length'] with length' as for {@link Conv1d}.
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but signals.
 * @example new MaxPool1d({ kernelSize: 2 }); // half the length
 */
export class MaxPool1d extends Pool<number, MaxPool1dOptions["padding"]> {
  constructor(options: MaxPool1dOptions = {}) {
    super(options, 1);
    refuseSurplus("MaxPool1d", arguments, 1);
  }

  forward(x: Tensor): Tensor {
    return maxPool1d(x, ...this.arguments1d());
  }
}

/** The window of a {@link MaxPool2d}. */
export type MaxPool2dOptions = PoolOptions<Pair, Padding>;

/**
 * The largest number in each window of an image. Padding never wins; equal largest ones share the gradient.
 *
 * Shape: input [batch, channels, height, width], output [batch, channels, height', width'] as for {@link Conv2d}.
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but images.
 * @example new MaxPool2d({ kernelSize: 2 }); // half the height and width
 */
export class MaxPool2d extends Pool<Pair, Padding> {
  constructor(options: MaxPool2dOptions = {}) {
    super(options, 2);
    refuseSurplus("MaxPool2d", arguments, 1);
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, ...this.arguments2d());
  }
}

interface Counting {
  /** Whether padding counts, as zeros; true by default, as in PyTorch (Keras never counts it). */
  countIncludePad?: boolean;
}

const avgPoolOptions: OptionTable<AvgPool2dOptions> = { ...poolOptions, countIncludePad: flag };

/** The window of an {@link AvgPool1d}, and whether padding counts. */
export type AvgPool1dOptions = MaxPool1dOptions & Counting;

/**
 * The mean of each window of a signal.
 *
 * Shape: input [batch, channels, length], output [batch, channels, length'] with length' as for {@link Conv1d}.
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but signals.
 * @example new AvgPool1d({ kernelSize: 3, stride: 1, padding: "same" }); // a moving average
 */
export class AvgPool1d extends Pool<number, AvgPool1dOptions["padding"]> {
  readonly countIncludePad: boolean;

  constructor(options: AvgPool1dOptions = {}) {
    super(options, 1, avgPoolOptions);
    refuseSurplus("AvgPool1d", arguments, 1);
    this.countIncludePad = options.countIncludePad ?? true;
  }

  forward(x: Tensor): Tensor {
    const [size, options] = this.arguments1d();
    return avgPool1d(x, size, { ...options, countIncludePad: this.countIncludePad });
  }
}

/** The window of an {@link AvgPool2d}, and whether padding counts. */
export type AvgPool2dOptions = MaxPool2dOptions & Counting;

/**
 * The mean of each window of an image.
 *
 * Shape: input [batch, channels, height, width], output [batch, channels, height', width'] as for {@link Conv2d}.
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but images.
 * @example new AvgPool2d({ kernelSize: 2 });
 */
export class AvgPool2d extends Pool<Pair, Padding> {
  readonly countIncludePad: boolean;

  constructor(options: AvgPool2dOptions = {}) {
    super(options, 2, avgPoolOptions);
    refuseSurplus("AvgPool2d", arguments, 1);
    this.countIncludePad = options.countIncludePad ?? true;
  }

  forward(x: Tensor): Tensor {
    const [size, options] = this.arguments2d();
    return avgPool2d(x, size, { ...options, countIncludePad: this.countIncludePad });
  }
}

/** The size that an {@link AdaptiveAvgPool2d} brings images to. */
export interface AdaptiveAvgPool2dOptions extends LayerOptions {
  /** The output's height and width. */
  outputSize: Pair;
}

const adaptiveOptions: OptionTable<AdaptiveAvgPool2dOptions> = { outputSize: unchecked };

/**
 * The mean over as many pieces of nearly equal size as the output has pixels, so that images of any size become one.
 *
 * Shape: input [batch, channels, height, width], output [batch, channels, ...outputSize].
 *
 * @throws OptionError for an output size below 1; ShapeError for anything but images.
 * @example new AdaptiveAvgPool2d([4, 4]);
 */
export class AdaptiveAvgPool2d extends Layer {
  readonly outputSize: readonly number[];

  constructor(outputSize: Pair | AdaptiveAvgPool2dOptions, options?: LayerOptions) {
    const own = withPositional<AdaptiveAvgPool2dOptions, "outputSize">(
      "AdaptiveAvgPool2d",
      "outputSize",
      outputSize as Pair,
      options,
    );
    super(own, adaptiveOptions);
    refuseSurplus("AdaptiveAvgPool2d", arguments, 2);
    this.outputSize = perAxis("AdaptiveAvgPool2d", "outputSize", own.outputSize, 2, 1);
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, 2, null);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [inputShape[0], inputShape[1], ...this.outputSize];
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, [this.outputSize[0], this.outputSize[1]]);
  }
}

/** How much larger an {@link UpSampling2d} makes images, and how it fills the gaps. */
export interface UpSampling2dOptions extends LayerOptions {
  /** How many times larger, or how many times higher and wider; whole numbers, 2 by default. */
  size?: Pair;
  /** "nearest" (the default) repeats pixels, "bilinear" draws lines between them. */
  interpolation?: "nearest" | "bilinear";
}

const upsamplingOptions: OptionTable<UpSampling2dOptions> = { size: unchecked, interpolation: unchecked };

/**
 * Images larger by whole factors.
 *
 * Shape: input [batch, channels, height, width], output [batch, channels, height · size, width · size].
 *
 * @throws OptionError for another interpolation and sizes below 1; ShapeError for anything but images.
 * @example new UpSampling2d({ size: 2, interpolation: "bilinear" });
 */
export class UpSampling2d extends Layer {
  readonly size: readonly number[];
  readonly interpolation: "nearest" | "bilinear";

  constructor(options: UpSampling2dOptions = {}) {
    super(options, upsamplingOptions);
    refuseSurplus("UpSampling2d", arguments, 1);
    const where = "UpSampling2d";
    const { size = 2, interpolation = "nearest" } = options;
    if (interpolation !== "nearest" && interpolation !== "bilinear")
      throw new OptionError({
        where,
        expected: 'interpolation "nearest" or "bilinear"',
        got: describe(interpolation),
      });
    this.size = perAxis(where, "size", size, 2, 1);
    this.interpolation = interpolation;
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, 2, null);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    const [batch, channels, ...lengths] = inputShape;
    return [batch, channels, ...lengths.map((length, axis) => (length === null ? null : length * this.size[axis]))];
  }

  forward(x: Tensor): Tensor {
    return upsample2d(x, [this.size[0], this.size[1]], { mode: this.interpolation });
  }
}
