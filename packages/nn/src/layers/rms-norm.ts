/**
 * Normalisation by size alone: numbers scaled to mean square 1, without being shifted.
 */

import type { Parameter, Tensor } from "@chainrule/core";
import type { InitializerLike } from "../initializers/by-name.ts";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { epsilon, flag, initializer, type LayerOptions, type OptionTable } from "./options.ts";
import { checkAxis, knownLength } from "./shape.ts";

/** The scale of an {@link RMSNorm}, and what keeps it finite. */
export interface RMSNormOptions extends LayerOptions {
  /** Added to the mean square, to keep the division finite; 1e-6 by default. */
  eps?: number;
  /** Whether to learn a scale, `gamma`; true by default. */
  scale?: boolean;
  /** "ones" by default. */
  gammaInitializer?: InitializerLike;
}

const rmsNormOptions: OptionTable<RMSNormOptions> = {
  eps: epsilon,
  scale: flag,
  gammaInitializer: initializer,
};

/**
 * y = γ x / √(mean(x²) + eps) along the last axis (Zhang & Sennrich 2019): a layer normalisation that leaves the mean
 * alone, as recent language models have it.
 *
 * Weights: `gamma` [features]. Shape: [batch, .., features], and the same comes out.
 *
 * @throws OptionError for unknown options; ShapeError for inputs of another number of features.
 * @example new RMSNorm().call([[3, 4]]); // [[0.8485, 1.1314]]
 */
export class RMSNorm extends Layer {
  /** The scales, [features], or null; there once the layer is built. */
  gamma: Parameter | null = null;
  readonly eps: number;
  readonly #options: RMSNormOptions;

  constructor(options: RMSNormOptions = {}) {
    super(options, rmsNormOptions);
    refuseSurplus("RMSNorm", arguments, 1);
    this.eps = options.eps ?? 1e-6;
    this.#options = options;
    this.buildIfKnown();
  }

  override build(inputShape: BatchShape): void {
    const { scale = true, gammaInitializer = "ones" } = this.#options;
    if (scale) this.gamma = this.addWeight([knownLength(inputShape, -1)], gammaInitializer);
  }

  override checkInput(inputShape: BatchShape): void {
    checkAxis(inputShape, -1, this.gamma?.size ?? this.inputShape?.at(-1) ?? null);
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
    const y = x.mul(x.square().mean(-1, { keepDims: true }).add(this.eps).rsqrt());
    return this.gamma ? y.mul(this.gamma) : y;
  }
}
