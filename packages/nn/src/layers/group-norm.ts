/**
 * Normalisation over groups of channels: for images in batches too small for batch normalisation.
 */
import { describe, OptionError, type Parameter, ShapeError, sizeOf, type Tensor, ValueError } from "@chainrule/core";
import type { InitializerLike } from "../initializers/by-name.ts";
import { type BatchShape, formatBatchShape } from "../module/batch-shape.ts";
import { checkCount, Layer, type LayerOptions } from "./layer.ts";
import { alongAxis, checkAxis, knownLength } from "./shape.ts";

/** The groups of a {@link GroupNorm}, and its weights. */
export interface GroupNormOptions extends LayerOptions {
  /** Into how many groups the channels are split; as many as channels is instance normalisation. */
  groups: number;
  /** Added to the variance, to keep the division finite; 1e-5 by default, as in PyTorch (Keras has 1e-3). */
  eps?: number;
  /** Whether to learn a shift, `beta`; true by default. */
  center?: boolean;
  /** Whether to learn a scale, `gamma`; true by default. */
  scale?: boolean;
  /** "ones" by default. */
  gammaInitializer?: InitializerLike;
  /** "zeros" by default. */
  betaInitializer?: InitializerLike;
}

/**
 * y = γ (x - mean) / √(var + eps) + β, with mean and (biased) variance of each example over a group of channels and all
 * places (Wu & He 2018). It does the same in training and in evaluation.
 *
 * Weights: `gamma`, `beta` [channels]. Shape: [batch, channels, ..], and the same comes out.
 *
 * @throws OptionError for groups that do not divide the channels; ShapeError for another number of channels.
 * @example new GroupNorm({ groups: 4 }).call(randn([2, 8, 5, 5])); // shape [2, 8, 5, 5]
 */
export class GroupNorm extends Layer {
  readonly groups: number;
  readonly eps: number;
  /** The scales, [channels], or null; there once the layer is built. */
  gamma: Parameter | null = null;
  /** The shifts, [channels], or null; there once the layer is built. */
  beta: Parameter | null = null;
  readonly #options: GroupNormOptions;

  constructor(options: GroupNormOptions) {
    super(options, ["groups", "eps", "center", "scale", "gammaInitializer", "betaInitializer"]);
    const { groups, eps = 1e-5 } = options;
    checkCount("GroupNorm", "groups", groups);
    if (!(eps >= 0)) throw new ValueError({ where: "GroupNorm", expected: "eps of at least 0", got: describe(eps) });
    this.groups = groups;
    this.eps = eps;
    this.#options = options;
    this.buildIfKnown();
  }

  override build(inputShape: BatchShape): void {
    const { scale = true, center = true, gammaInitializer = "ones", betaInitializer = "zeros" } = this.#options;
    const channels = knownLength(inputShape, 1);
    if (scale) this.gamma = this.addWeight([channels], gammaInitializer);
    if (center) this.beta = this.addWeight([channels], betaInitializer);
  }

  override checkInput(inputShape: BatchShape): void {
    if (inputShape.length < 2)
      throw new ShapeError({
        where: "input",
        expected: "shape [batch, channels, ..]",
        got: formatBatchShape(inputShape),
      });
    checkAxis(inputShape, 1, (this.gamma ?? this.beta)?.size ?? this.inputShape?.[1] ?? null);
    const channels = inputShape[1];
    if (channels !== null && channels % this.groups !== 0)
      throw new OptionError({
        where: "groups",
        expected: `a number that divides the ${channels} channels`,
        got: `${this.groups}`,
      });
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    this.checkInput(inputShape);
    return inputShape;
  }

  forward(x: Tensor): Tensor {
    const grouped = x.reshape(x.shape[0], this.groups, sizeOf(x.shape.slice(1)) / this.groups);
    const centered = grouped.sub(grouped.mean(-1, { keepDims: true }));
    const variance = centered.square().mean(-1, { keepDims: true });
    let y = centered.mul(variance.add(this.eps).rsqrt()).reshape(x.shape);
    if (this.gamma) y = y.mul(alongAxis(this.gamma, x.rank, 1));
    return this.beta ? y.add(alongAxis(this.beta, x.rank, 1)) : y;
  }
}
