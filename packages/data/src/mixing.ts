/**
 * Batches in which samples are mixed with others, and their targets in proportion: what generalises better than more of the
 * same.
 */
import {
  arange,
  asTensor,
  DataError,
  type Generator,
  isFloat,
  OptionError,
  rand,
  randBeta,
  randperm,
  type Tensor,
  type TensorLike,
  where,
} from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { generatorOf, type RandomOptions, randomOptionKeys } from "./random-options.ts";

/** How much {@link mixup} and {@link cutmix} mix. */
export interface MixingOptions extends RandomOptions {
  /** Shares are drawn from Beta(alpha, alpha): near 0 samples stay much as they are, at 1 all shares are alike. */
  alpha?: number;
}

interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly alpha: number;
  readonly generator: Generator;
}

/** @throws DataError for samples and targets that cannot be mixed; OptionError for an alpha that is not above 0. */
function read(name: string, given: TensorLike, targets: TensorLike, options: MixingOptions, standard: number): Batch {
  checkOptions(name, options, ["alpha", ...randomOptionKeys]);
  const { alpha = standard } = options;
  if (!(Number.isFinite(alpha) && alpha > 0))
    throw new OptionError({ where: name, expected: "alpha as a number above 0", got: describe(alpha) });
  const [x, y] = [asTensor(given, `${name}, x`), asTensor(targets, `${name}, y`)];
  if (x.rank === 0 || y.rank === 0 || x.shape[0] !== y.shape[0] || x.shape[0] === 0)
    throw new DataError({
      where: name,
      expected: "at least one sample, and a target for each",
      got: `x of shape [${x.shape}] and y of shape [${y.shape}]`,
    });
  if (!isFloat(y.dtype))
    throw new DataError({
      where: name,
      expected: "targets that can be mixed, such as rows of probabilities",
      got: `${y.dtype}, as labels are`,
      hint: "Of labels make rows with toCategorical(labels).",
    });
  return { x: isFloat(x.dtype) ? x : x.cast("float32"), y, alpha, generator: generatorOf(name, options) };
}

/** A share for each sample, shaped to broadcast against `like`. */
const along = (share: Tensor, like: Tensor) =>
  share.reshape([share.size, ...new Array<number>(like.rank - 1).fill(1)]).cast(like.dtype);

const blend = (a: Tensor, b: Tensor, share: Tensor) => a.mul(along(share, a)).add(b.mul(along(share.neg().add(1), a)));

/**
 * Each sample mixed with another one of the batch, λ x + (1 - λ) x', and so are their targets, with λ ~ Beta(alpha, alpha) for
 * each sample (Zhang et al. 2018).
 *
 * Shape: x [n, ..], y [n, ..] of floats; the same come out.
 *
 * @param options `alpha` is 0.2 by default.
 * @throws DataError for labels, which cannot be mixed; OptionError for an alpha that is not above 0.
 * @example
 * const [x, y] = mixup(randn([8, 1, 28, 28]), toCategorical([0, 1, 2, 0, 1, 2, 0, 1]), { seed: 1 });
 * x.shape; // [8, 1, 28, 28]
 */
export function mixup(x: TensorLike, y: TensorLike, options: MixingOptions = {}): [x: Tensor, y: Tensor] {
  const batch = read("mixup", x, y, options, 0.2);
  const n = batch.x.shape[0];
  const { alpha, generator } = batch;
  const others = randperm(n, { generator });
  const share = randBeta(alpha, alpha, [n], { generator, dtype: "float64" });
  return [blend(batch.x, batch.x.gather(others), share), blend(batch.y, batch.y.gather(others), share)];
}

/**
 * Each image with a box of another one of the batch in it, and targets in proportion to the areas (Yun et al. 2019). The box
 * has √(1 - λ) of the height and the width, with λ ~ Beta(alpha, alpha), and its centre stands anywhere; what sticks out is
 * cut off.
 *
 * Shape: x [n, channels, height, width], y [n, ..] of floats; the same come out.
 *
 * @param options `alpha` is 1 by default.
 * @throws DataError for anything but images, and for labels; OptionError for an alpha that is not above 0.
 * @example
 * const [x, y] = cutmix(randn([4, 3, 16, 16]), toCategorical([0, 1, 2, 0]), { seed: 1 });
 * y.sum(1); // [1, 1, 1, 1]
 */
export function cutmix(x: TensorLike, y: TensorLike, options: MixingOptions = {}): [x: Tensor, y: Tensor] {
  const batch = read("cutmix", x, y, options, 1);
  if (batch.x.rank !== 4)
    throw new DataError({
      where: "cutmix",
      expected: "images, [n, channels, height, width]",
      got: `x of shape [${batch.x.shape}]`,
    });
  const [n, , height, width] = batch.x.shape;
  const { alpha, generator } = batch;
  const others = randperm(n, { generator });
  const side = randBeta(alpha, alpha, [n, 1, 1, 1], { generator, dtype: "float64" }).neg().add(1).sqrt();
  /** Which places of an axis are in the box. */
  const inside = (length: number, shape: readonly number[]) => {
    const centre = rand([n, 1, 1, 1], { high: length, generator, dtype: "float64" }).floor();
    const half = side.mul(length / 2);
    const at = arange(0, length, 1, { dtype: "float64" }).reshape(shape);
    return at.greaterEqual(centre.sub(half)).logicalAnd(at.less(centre.add(half)));
  };
  const box = inside(height, [1, 1, height, 1]).logicalAnd(inside(width, [1, 1, 1, width]));
  const kept = box.cast("float64").mean([1, 2, 3]).neg().add(1);
  return [where(box, batch.x.gather(others), batch.x), blend(batch.y, batch.y.gather(others), kept)];
}
