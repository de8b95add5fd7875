/**
 * Normalisation of each channel of each example by itself: what style transfer and image generators use.
 */

import { ShapeError, type Tensor } from "@chainrule/core";
import { type BatchShape, formatBatchShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { Norm, type NormOptions, normOptions, standardized } from "./norm.ts";
import { requireOptions } from "./options.ts";
import { alongAxis, checkAxis, knownLength } from "./shape.ts";

/** The weights of an {@link InstanceNorm}; as in PyTorch, `scale` and `center` are false by default. */
export interface InstanceNormOptions extends NormOptions {}

/**
 * y = γ (x - mean) / √(var + eps) + β, with mean and (biased) variance of each channel of each example over all places
 * (Ulyanov, Vedaldi & Lempitsky 2016). It does the same in training and in evaluation.
 *
 * Weights: with `scale` `gamma`, with `center` `beta` [channels]. Shape: [batch, channels, ..], and the same comes out.
 *
 * @throws OptionError for unknown options; ShapeError for inputs without places, and for another number of channels.
 * @example new InstanceNorm({ scale: true, center: true }).call(randn([2, 8, 5, 5])); // shape [2, 8, 5, 5]
 */
export class InstanceNorm extends Norm {
  constructor(options: InstanceNormOptions = {}) {
    requireOptions("InstanceNorm", options, normOptions);
    super({ scale: false, center: false, ...options }, normOptions);
    refuseSurplus("InstanceNorm", arguments, 1);
    this.buildIfKnown();
  }

  override build(inputShape: BatchShape): void {
    this.addScaleAndShift([knownLength(inputShape, 1)]);
  }

  override checkInput(inputShape: BatchShape): void {
    if (inputShape.length < 3)
      throw new ShapeError({
        where: "input",
        expected: "shape [batch, channels, ..] with at least one axis of places",
        got: formatBatchShape(inputShape),
      });
    checkAxis(inputShape, 1, (this.gamma ?? this.beta)?.size ?? this.inputShape?.[1] ?? null);
  }

  forward(x: Tensor): Tensor {
    const places = x.shape.slice(2).map((_, i) => i + 2);
    const centered = x.sub(x.mean(places, { keepDims: true }));
    let y = standardized(centered, centered.square().mean(places, { keepDims: true }), this.eps);
    if (this.gamma) y = y.mul(alongAxis(this.gamma, x.rank, 1));
    return this.beta ? y.add(alongAxis(this.beta, x.rank, 1)) : y;
  }
}
