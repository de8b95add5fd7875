/**
 * Transposed convolutions as layers: each place paints a small kernel onto a larger signal or image.
 */

import { convTranspose2d, OptionError, type Pair, type Tensor } from "@chainrule/core";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { type ConvOptions, Convolution, convOptions, pairOf } from "./convolution.ts";
import { type OptionTable, unchecked } from "./options.ts";
import { perAxis, reachOf } from "./sliding.ts";

/** What both share; `Size` is how each spells lengths. */
interface TransposeOptions<Size extends Pair> extends ConvOptions<Size, Size | "same" | "valid"> {
  /** Places added at the end of each axis, where the stride leaves the size open; 0 by default. */
  outputPadding?: Size;
}

const transposeOptions: OptionTable<TransposeOptions<Pair>> = { ...convOptions, outputPadding: unchecked };

/** What both do; lengths and their order are worked out here. */
abstract class TransposedConvolution<Size extends Pair> extends Convolution<Size, Size | "same" | "valid"> {
  protected readonly outputPadding: readonly number[];

  constructor(options: TransposeOptions<Size>, axes: number) {
    super(options, axes, transposeOptions);
    const where = new.target.name;
    const { padding } = this.window;
    const sides = typeof padding === "string" ? [] : padding;
    if (sides.some(([before, after]) => before !== after))
      throw new OptionError({ where, expected: "the same padding on opposite sides", got: JSON.stringify(padding) });
    this.outputPadding = perAxis(where, "outputPadding", options.outputPadding ?? 0, axes, 0);
    if (padding === "same" && options.outputPadding !== undefined)
      throw new OptionError({ where, expected: 'no outputPadding with padding "same"', got: "both" });
    const { stride, dilation } = this.window;
    if (this.outputPadding.some((n, axis) => n >= Math.max(stride[axis], dilation[axis])))
      throw new OptionError({
        where,
        expected: "an outputPadding below the stride or the dilation",
        got: `${JSON.stringify(options.outputPadding)}`,
      });
    this.buildIfKnown();
  }

  protected override features(channels: number): [number, number] {
    return [channels, this.filters / this.groups];
  }

  protected override get channels(): number {
    return this.kernel.shape[0];
  }

  /** What the formula's padding and outputPadding are along each axis; "same" finds them from the stride. */
  protected crop(): { padding: readonly number[]; extra: readonly number[] } {
    const { padding, stride } = this.window;
    const none = stride.map(() => 0);
    if (padding !== "same")
      return { padding: padding === "valid" ? none : padding.map(([side]) => side), extra: this.outputPadding };
    const over = reachOf(this.window).map((reach, axis) => reach - stride[axis]);
    return { padding: none, extra: over.map((n) => Math.max(0, -n)) };
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    const { padding, extra } = this.crop();
    const reach = reachOf(this.window);
    const lengths = inputShape.slice(2).map((length, axis) => {
      if (length === null) return null;
      const stride = this.window.stride[axis];
      if (this.window.padding === "same") return length * stride;
      return (length - 1) * stride - 2 * padding[axis] + reach[axis] + extra[axis];
    });
    return [inputShape[0], this.filters, ...lengths];
  }

  protected convolve(x: Tensor, bias: Tensor | undefined): Tensor {
    const { padding, extra } = this.crop();
    const { stride, dilation } = this.window;
    // A signal is an image of height 1.
    const isSignal = stride.length === 1;
    const image = (given: Tensor) => (isSignal ? given.unsqueeze(2) : given);
    const pair = (lengths: readonly number[], rest: number) => pairOf(isSignal ? [rest, lengths[0]] : lengths);
    const y = convTranspose2d(image(x), image(this.kernel), {
      stride: pair(stride, 1),
      dilation: pair(dilation, 1),
      padding: pair(padding, 0),
      outputPadding: pair(extra, 0),
      groups: this.groups,
      bias,
    });
    const result = isSignal ? y.squeeze(2) : y;
    if (this.window.padding !== "same") return result;
    // What a convolution with padding "same" would have added before and after is cut off again, as it would have it.
    const cut = stride.map((step, axis) => {
      const length = x.shape[axis + 2] * step;
      const before = Math.floor((result.shape[axis + 2] - length) / 2);
      return [before, before + length] as const;
    });
    return result.slice(":", ":", ...cut);
  }
}

/** The window, the channels and the weights of a {@link ConvTranspose1d}. */
export type ConvTranspose1dOptions = TransposeOptions<number>;

/**
 * The transposed convolution of signals: each place paints the kernel, weighted, onto a longer signal.
 *
 * Weights: `kernel` [channels, filters / groups, kernelSize], `bias` [filters]: PyTorch's layout.
 *
 * Shape: input [batch, channels, length], output [batch, filters, length'] with
 * length' = (length - 1) stride - 2 padding + dilation (kernelSize - 1) + outputPadding + 1. With padding "same",
 * length' = length · stride: the reverse of a {@link Conv1d} with padding "same".
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but signals with the
 *   channels it was made for.
 *
 * @example
 * const layer = new ConvTranspose1d({ filters: 8, kernelSize: 4, stride: 2, padding: "same" });
 * layer.call(randn([1, 16, 25])); // shape [1, 8, 50]
 */
export class ConvTranspose1d extends TransposedConvolution<number> {
  constructor(options: ConvTranspose1dOptions) {
    super(options, 1);
    refuseSurplus("ConvTranspose1d", arguments, 1);
  }
}

/** The window, the channels and the weights of a {@link ConvTranspose2d}. */
export type ConvTranspose2dOptions = TransposeOptions<Pair>;

/**
 * The transposed convolution of images: each pixel paints the kernel, weighted, onto a larger image.
 *
 * Weights: `kernel` [channels, filters / groups, height, width], `bias` [filters]: PyTorch's layout.
 *
 * Shape: input [batch, channels, height, width], output [batch, filters, height', width'] with
 * height' = (height - 1) stride - 2 padding + dilation (kernel height - 1) + outputPadding + 1. With padding "same",
 * height' = height · stride: the reverse of a {@link Conv2d} with padding "same".
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but images with the
 *   channels it was made for.
 *
 * @example
 * const layer = new ConvTranspose2d({ filters: 8, kernelSize: 3, stride: 2, padding: "same" });
 * layer.call(randn([1, 16, 7, 7])); // shape [1, 8, 14, 14]
 */
export class ConvTranspose2d extends TransposedConvolution<Pair> {
  constructor(options: ConvTranspose2dOptions) {
    super(options, 2);
    refuseSurplus("ConvTranspose2d", arguments, 1);
  }
}
