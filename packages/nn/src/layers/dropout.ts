/**
 * Dropout: noise in training against relying on any one input.
 */

import { bernoulli, Generator, OptionError, type Tensor } from "@chainrule/core";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import {
  dropoutRate,
  type LayerOptions,
  type OptionTable,
  type OwnOptions,
  unchecked,
  withPositional,
} from "./options.ts";

/** By which random numbers a layer goes in training. */
export interface RandomLayerOptions extends LayerOptions {
  /** A seed for a generator of the layer's own. */
  seed?: number | string;
}

/** What {@link RandomLayerOptions} may be. */
export const randomOptions: OptionTable<RandomLayerOptions> = { seed: unchecked };

/** Base of layers that draw random numbers, and leave the shape as it is. */
export abstract class RandomLayer extends Layer {
  constructor(options: RandomLayerOptions, own: OwnOptions) {
    super(options, own);
    if (options.seed === undefined) return;
    if (options.generator !== undefined)
      throw new OptionError({ where: new.target.name, expected: "either a seed or a generator", got: "both" });
    this.generator = new Generator(options.seed);
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape;
  }
}

/** How much a {@link Dropout} drops, and by which random numbers. */
export interface DropoutOptions extends RandomLayerOptions {
  /** The share of inputs that are set to 0, from 0 up to but not including 1. */
  rate: number;
}

/** What {@link DropoutOptions} may be. */
export const dropoutOptions: OptionTable<DropoutOptions> = { ...randomOptions, rate: dropoutRate };

/**
 * Sets each input to 0 with probability `rate`, and divides the others by 1 - rate, so that sums stay the same on
 * average (Srivastava et al. 2014). In evaluation nothing changes.
 *
 * Shape: any, and the same comes out.
 *
 * @throws ValueError for a rate outside [0, 1).
 * @example new Dropout(0.5);
 */
export class Dropout extends RandomLayer {
  readonly rate: number;

  constructor(rate: number | DropoutOptions, options?: Omit<DropoutOptions, "rate">) {
    const own = withPositional<DropoutOptions, "rate">("Dropout", "rate", rate, options);
    super(own, dropoutOptions);
    refuseSurplus("Dropout", arguments, 2);
    this.rate = own.rate;
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    const kept = bernoulli(1 - this.rate, x.shape, { dtype: x.dtype, generator: this.generator });
    return x.mul(kept.div(1 - this.rate));
  }
}
