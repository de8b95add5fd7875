/**
 * Normalisation over groups of channels: for images in batches too small for batch normalisation.
 */

import { OptionError, ShapeError, sizeOf, type Tensor } from "@chainrule/core";
import { type BatchShape, formatBatchShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { Norm, type NormOptions, normOptions, standardized } from "./norm.ts";
import { count, type OptionTable } from "./options.ts";
import { alongAxis, checkAxis, knownLength } from "./shape.ts";

/** The groups of a {@link GroupNorm}, and its weights. */
export interface GroupNormOptions extends NormOptions {
  /** Into how many groups the channels are split; as many as channels is instance normalisation. */
  groups: number;
}

const groupNormOptions: OptionTable<GroupNormOptions> = { ...normOptions, groups: count };

/**
 * y = γ (x - mean) / √(var + eps) + β, with mean and (biased) variance of each example over a group of channels and all
 * places (Wu & He 2018). It does the same in training and in evaluation.
 *
 * Weights: `gamma`, `beta` [channels]. Shape: [batch, channels, ..], and the same comes out.
 *
 * @throws OptionError for groups that do not divide the channels; ShapeError for another number of channels.
 * @example new GroupNorm({ groups: 4 }).call(randn([2, 8, 5, 5])); // shape [2, 8, 5, 5]
 */
export class GroupNorm extends Norm {
  readonly groups: number;

  constructor(options: GroupNormOptions) {
    super(options, groupNormOptions);
    refuseSurplus("GroupNorm", arguments, 1);
    this.groups = options.groups;
    this.buildIfKnown();
  }

  override build(inputShape: BatchShape): void {
    this.addScaleAndShift([knownLength(inputShape, 1)]);
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

  forward(x: Tensor): Tensor {
    const grouped = x.reshape(x.shape[0], this.groups, sizeOf(x.shape.slice(1)) / this.groups);
    const centered = grouped.sub(grouped.mean(-1, { keepDims: true }));
    const variance = centered.square().mean(-1, { keepDims: true });
    let y = standardized(centered, variance, this.eps).reshape(x.shape);
    if (this.gamma) y = y.mul(alongAxis(this.gamma, x.rank, 1));
    return this.beta ? y.add(alongAxis(this.beta, x.rank, 1)) : y;
  }
}
