/**
 * Global pooling: a whole signal, sequence or image becomes one number for each channel.
 */

import { OptionError, type Tensor, type TensorLike, where } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { asMask } from "./masks.ts";
import { type LayerOptions, type OptionTable, unchecked } from "./options.ts";
import { checkSpatial } from "./sliding.ts";
import { LayerWithOptions } from "./with-options.ts";

/** Where a pooling over whole signals finds the channels. */
export interface GlobalPool1dOptions extends LayerOptions {
  /** "channels_first" (the default) for [batch, channels, length], "channels_last" for [batch, time, features]. */
  dataFormat?: "channels_first" | "channels_last";
}

/** What a call of a pooling over whole signals takes beside its input. */
export interface GlobalPoolCall {
  /** Which places are there, [batch, length] of truth values; the others do not count. */
  mask?: TensorLike;
}

const globalPoolOptions: OptionTable<GlobalPool1dOptions> = { dataFormat: unchecked };
const callOptions = optionNames<GlobalPoolCall>({ mask: true });

/** What both poolings over signals share. */
abstract class GlobalPool1d extends LayerWithOptions<GlobalPoolCall> {
  /** The axis of the length. */
  protected readonly axis: 1 | 2;

  constructor(options: GlobalPool1dOptions = {}) {
    super(options, globalPoolOptions, callOptions);
    refuseSurplus(new.target.name, arguments, 1);
    const { dataFormat = "channels_first" } = options;
    if (dataFormat !== "channels_first" && dataFormat !== "channels_last")
      throw new OptionError({
        where: new.target.name,
        expected: 'dataFormat "channels_first" or "channels_last"',
        got: describe(dataFormat),
      });
    this.axis = dataFormat === "channels_first" ? 2 : 1;
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, 1, null);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape.toSpliced(this.axis, 1);
  }

  protected override get maskOptions() {
    return { mask: "" };
  }

  /** It has been taken. */
  override computeMask(): null {
    return null;
  }

  /** The mask, shaped to broadcast against `x`; null where there is none. */
  protected maskFor(x: Tensor, { mask }: GlobalPoolCall): Tensor | null {
    return mask === undefined ? null : asMask("mask", mask, [x.shape[0], x.shape[this.axis]]).unsqueeze(3 - this.axis);
  }
}

/**
 * The mean along the length, of those places that the mask says are there; 0 where none is.
 *
 * Shape: input [batch, channels, length] (or with "channels_last" [batch, time, features]), mask [batch, length]; output
 * [batch, channels].
 *
 * @throws OptionError for another data format; ShapeError for anything but signals.
 *
 * @example
 * const pool = new GlobalAvgPool1d({ dataFormat: "channels_last" });
 * pool.call(randn([2, 5, 16]), { mask: paddingMask([[3, 1, 4, 1, 5], [9, 2, 0, 0, 0]]) }); // shape [2, 16]
 */
export class GlobalAvgPool1d extends GlobalPool1d {
  compute(x: Tensor, call: GlobalPoolCall): { output: Tensor } {
    const mask = this.maskFor(x, call);
    if (!mask) return { output: x.mean(this.axis) };
    const count = mask.cast(x.dtype).sum(this.axis).maximum(1);
    return { output: where(mask, x, 0).sum(this.axis).div(count) };
  }
}

/**
 * The largest along the length, of those places that the mask says are there; 0 where none is.
 *
 * Shape: as for {@link GlobalAvgPool1d}.
 *
 * @throws OptionError for another data format; ShapeError for anything but signals.
 * @example new GlobalMaxPool1d().call(randn([2, 16, 5])); // shape [2, 16]
 */
export class GlobalMaxPool1d extends GlobalPool1d {
  compute(x: Tensor, call: GlobalPoolCall): { output: Tensor } {
    const mask = this.maskFor(x, call);
    if (!mask) return { output: x.max(this.axis) };
    const largest = where(mask, x, Number.NEGATIVE_INFINITY).max(this.axis);
    return { output: where(mask.any(this.axis), largest, 0) };
  }
}

/** What both poolings over images share. */
abstract class GlobalPool2d extends Layer {
  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, 2, null);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape.slice(0, 2);
  }
}

/**
 * The mean of each channel of an image.
 *
 * Shape: input [batch, channels, height, width], output [batch, channels].
 *
 * @throws ShapeError for anything but images.
 * @example new GlobalAvgPool2d().call(randn([2, 16, 7, 7])); // shape [2, 16]
 */
export class GlobalAvgPool2d extends GlobalPool2d {
  forward(x: Tensor): Tensor {
    return x.mean([2, 3]);
  }
}

/**
 * The largest number of each channel of an image.
 *
 * Shape: input [batch, channels, height, width], output [batch, channels].
 *
 * @throws ShapeError for anything but images.
 * @example new GlobalMaxPool2d().call(randn([2, 16, 7, 7])); // shape [2, 16]
 */
export class GlobalMaxPool2d extends GlobalPool2d {
  forward(x: Tensor): Tensor {
    return x.max([2, 3]);
  }
}
