/**
 * Further losses on differences: PyTorch's smooth L1, quantiles, and optax's half squared error.
 */
import { OptionError, ShapeError, sub, tensor, where } from "@chainrule/core";
import { describe, formatShape, sameShape } from "@chainrule/core/internal";
import { defineLoss } from "../definition/define-loss.ts";
import type { NoOptions } from "../definition/loss.ts";
import { checkSameShape } from "../inputs/shapes.ts";

interface SmoothL1Options {
  beta?: number;
}

/**
 * Smooth L1 loss: ℓ = e²/(2β) for |e| < β, else |e| - β/2, with e = prediction - target. It is {@link huber} with δ = β,
 * divided by β: its slope far out is 1, whatever β is.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param options `beta` β of 0 or more, by default 1; with 0 it is the absolute error.
 * @throws ShapeError where shapes differ; OptionError for a beta below 0.
 *
 * Source: Girshick, "Fast R-CNN", ICCV 2015; PyTorch's `smooth_l1_loss`.
 *
 * @example
 * smoothL1([0.5, 3], [0, 0]); // (0.125 + 2.5) / 2 = 1.3125
 * smoothL1([0.5, 3], [0, 0], { beta: 0.5 }); // (0.25 + 2.75) / 2 = 1.5
 */
export const smoothL1 = defineLoss<SmoothL1Options>(
  "smoothL1",
  (prediction, target, { beta = 1 }) => {
    if (!(beta >= 0 && beta < Number.POSITIVE_INFINITY))
      throw new OptionError({ where: "smoothL1", expected: "a finite beta of 0 or more", got: describe(beta) });
    const error = prediction.sub(target).abs();
    if (beta === 0) return error;
    const near = error.less(beta);
    // The square of a huge error would overflow, and so would its slope, which counts for nothing there.
    return where(
      near,
      where(near, error, 0)
        .square()
        .div(2 * beta),
      error.sub(beta / 2),
    );
  },
  { options: ["beta"], aliases: ["smooth_l1", "smooth_l1_loss"] },
);

interface QuantileOptions {
  q?: number | readonly number[];
}

/**
 * Quantile (pinball) loss, ℓ = max(q e, (q - 1) e) with e = target - prediction: its best constant is the q-quantile of the
 * targets, and q = 1/2 is half the absolute error, whose best constant is the median.
 *
 * With a list of quantiles the last axis of the predictions has one number for each: a model with `units: 3` learns a
 * median and the band around it. A target then is one number, [.., 1], or one for each.
 *
 * Shape: predictions, targets and losses the same; with k quantiles predictions and losses [.., k], targets [.., 1] or
 * [.., k].
 *
 * @param options `q` above 0 and below 1, by default 0.5, or a list of such numbers.
 * @throws ShapeError where shapes do not fit; OptionError for a q outside (0, 1).
 *
 * Source: Koenker & Bassett, "Regression Quantiles", 1978; scikit-learn's `mean_pinball_loss`.
 *
 * @example
 * quantile([1, 2], [3, 1], { q: 0.9 }); // (0.9 · 2 + 0.1 · 1) / 2 = 0.95
 * quantile([[1, 2, 3]], [[2]], { q: [0.1, 0.5, 0.9] }); // (0.1 + 0 + 0.1) / 3 = 0.0667
 */
export const quantile = defineLoss<QuantileOptions>(
  "quantile",
  (prediction, target, { q = 0.5 }) => {
    const error = target.sub(prediction);
    if (typeof q === "number") return error.mul(q).maximum(error.mul(q - 1));
    const shares = tensor([...q], { dtype: prediction.dtype });
    return error.mul(shares).maximum(error.mul(sub(shares, 1)));
  },
  {
    options: ["q"],
    aliases: ["quantile_loss", "pinball", "pinball_loss", "mean_pinball_loss"],
    check: (name, [prediction, target], { q = 0.5 }) => {
      const list = typeof q === "number" ? [q] : q;
      if (!Array.isArray(list) || list.length === 0 || !list.every((x) => x > 0 && x < 1))
        throw new OptionError({
          where: name,
          expected: "q above 0 and below 1, or a list of such numbers",
          got: Array.isArray(q) ? `[${q.join(", ")}]` : describe(q),
        });
      if (typeof q === "number") return checkSameShape(name, "target", target, prediction, "prediction");
      const rest = prediction.shape.slice(0, -1);
      const fits = sameShape(target.shape, [...rest, 1]) || sameShape(target.shape, prediction.shape);
      if (prediction.shape.at(-1) !== list.length || !fits)
        throw new ShapeError({
          where: name,
          expected: `predictions [.., ${list.length}], one for each quantile, and targets [.., 1] or [.., ${list.length}]`,
          got: `predictions ${formatShape(prediction.shape)} and targets ${formatShape(target.shape)}`,
        });
    },
  },
);

/**
 * Half the squared error, ℓ = (prediction - target)²/2, whose derivative is the error itself.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @throws ShapeError where shapes differ.
 *
 * Source: optax's `l2_loss`. The regulariser is `l2`.
 *
 * @example
 * l2Loss([1, 2], [1, 4]); // 1
 */
export const l2Loss = defineLoss<NoOptions>("l2Loss", (prediction, target) => prediction.sub(target).square().div(2), {
  options: [],
  aliases: ["l2_loss", "l2"],
});
