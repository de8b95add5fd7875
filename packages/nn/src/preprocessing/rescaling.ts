/**
 * Numbers brought into another range by what is known beforehand: pixels from 0 to 255, say.
 */

import type { Tensor } from "@chainrule/core";
import { Layer } from "../layers/layer.ts";
import { type LayerOptions, type OptionCheck, type OptionTable, optional, withPositional } from "../layers/options.ts";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { checkRange, finite } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";

/** What a {@link Rescaling} multiplies by, and what it adds. */
export interface RescalingOptions extends LayerOptions {
  scale: number;
  /** 0 by default. */
  offset?: number;
}

const number: OptionCheck = (where, name, value) => checkRange(where, name, value, finite);

const rescalingOptions: OptionTable<RescalingOptions> = { scale: number, offset: optional(number) };

/**
 * y = scale · x + offset.
 *
 * Shape: any, and the same comes out.
 *
 * @throws ValueError for a scale or an offset that is no finite number.
 * @example new Rescaling(1 / 127.5, { offset: -1 }).call([[0, 255]]); // [[-1, 1]]
 */
export class Rescaling extends Layer {
  readonly scale: number;
  readonly offset: number;

  constructor(scale: number | RescalingOptions, options?: Omit<RescalingOptions, "scale">) {
    const own = withPositional<RescalingOptions, "scale">("Rescaling", "scale", scale, options);
    super(own, rescalingOptions);
    refuseSurplus("Rescaling", arguments, 2);
    this.scale = own.scale;
    this.offset = own.offset ?? 0;
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    return inputShape;
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    const y = x.mul(this.scale);
    return this.offset === 0 ? y : y.add(this.offset);
  }
}
