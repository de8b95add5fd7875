/**
 * Dropout: noise in training against relying on any one input.
 */

import { bernoulli, Generator, OptionError, type Tensor } from "@chainrule/core";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { dropoutRate, type LayerOptions, type OptionTable, unchecked, withPositional } from "./options.ts";

/** How much a {@link Dropout} drops, and by which random numbers. */
export interface DropoutOptions extends LayerOptions {
  /** The share of inputs that are set to 0, from 0 up to but not including 1. */
  rate: number;
  /** A seed for a generator of the layer's own. */
  seed?: number | string;
}

const dropoutOptions: OptionTable<DropoutOptions> = { rate: dropoutRate, seed: unchecked };

/**
 * Sets each input to 0 with probability `rate`, and divides the others by 1 - rate, so that sums stay the same on
 * average (Srivastava et al. 2014). In evaluation nothing changes.
 *
 * Shape: any, and the same comes out.
 *
 * @throws ValueError for a rate outside [0, 1).
 * @example new Dropout(0.5);
 */
export class Dropout extends Layer {
  readonly rate: number;

  constructor(rate: number | DropoutOptions, options?: Omit<DropoutOptions, "rate">) {
    const own = withPositional<DropoutOptions, "rate">("Dropout", "rate", rate, options);
    super(own, dropoutOptions);
    refuseSurplus("Dropout", arguments, 2);
    if (own.seed !== undefined && own.generator !== undefined)
      throw new OptionError({ where: "Dropout", expected: "either a seed or a generator", got: "both" });
    this.rate = own.rate;
    if (own.seed !== undefined) this.generator = new Generator(own.seed);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    return inputShape;
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    const kept = bernoulli(1 - this.rate, x.shape, { dtype: x.dtype, generator: this.generator });
    return x.mul(kept.div(1 - this.rate));
  }
}
