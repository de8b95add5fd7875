/**
 * Losses on how much two regions overlap: dice and Tversky, for segmentation.
 */
import { type Axes, sub, type Tensor } from "@chainrule/core";
import { defineLoss } from "../definition/define-loss.ts";
import { axesOf } from "../inputs/left-out.ts";

/** 1 - (TP + s) / (TP + α FP + β FN + s) along the axes, with products of probabilities for the counts. */
export function tverskyLoss(p: Tensor, y: Tensor, alpha: number, beta: number, axis: Axes, smooth: number): Tensor {
  const truePositives = y.mul(p).sum(axis);
  const falsePositives = sub(1, y).mul(p).sum(axis).mul(alpha);
  const falseNegatives = y.mul(sub(1, p)).sum(axis).mul(beta);
  return sub(1, truePositives.add(smooth).div(truePositives.add(falsePositives).add(falseNegatives).add(smooth)));
}

interface OverlapOptions {
  axis?: Axes;
  smooth?: number;
}

/**
 * Dice loss, ℓ = 1 - 2 Σ y p / (Σ y + Σ p): 0 where two regions are the same, 1 where they have nothing in common.
 *
 * Shape: predictions and targets the same; losses: without the axes. By default, as in Keras, that is one loss for the
 * whole batch; `axis: [1, 2, 3]` makes one for each image.
 *
 * @param prediction probabilities. @param target 0 or 1, or anything between.
 * @param options `axis`; `smooth`, by default 1e-7, is added to TP above and below, so that nothing against nothing is 0.
 * @throws ShapeError where shapes differ; ValueError for what is no probability.
 *
 * Source: Milletari et al., "V-Net", 2016; Keras's `dice`, where nothing against nothing is 1.
 *
 * @example
 * dice([1, 1, 0, 0], [1, 0, 1, 0]); // 0.5
 */
export const dice = defineLoss<OverlapOptions>(
  "dice",
  (p, y, { axis = null, smooth = 1e-7 }) => tverskyLoss(p, y, 0.5, 0.5, axis, smooth),
  {
    options: ["axis", "smooth"],
    inputs: { prediction: "probability", target: "probability" },
    reduces: ({ axis = null }, rank) => axesOf(axis, rank),
    whole: true,
  },
);

interface TverskyOptions extends OverlapOptions {
  alpha?: number;
  beta?: number;
}

/**
 * Tversky loss, ℓ = 1 - TP / (TP + α FP + β FN): dice with a price of its own for what is too much and too little.
 *
 * TP = Σ y p, FP = Σ (1 - y) p, FN = Σ y (1 - p). α = β = 1/2 is {@link dice}, α = β = 1 the Jaccard index.
 *
 * Shape: predictions and targets the same; losses: without the axes, by default one for the whole batch.
 *
 * @param options `alpha` and `beta`, by default 0.5 each; `axis` and `smooth` as for dice.
 * @throws ShapeError where shapes differ; ValueError for what is no probability.
 *
 * Source: Salehi et al., "Tversky loss function for image segmentation", 2017; Keras's `tversky`.
 *
 * @example
 * tversky([1, 1, 0, 0], [1, 0, 1, 0], { alpha: 1, beta: 1 }); // 1 - 1/3 = 0.6667
 */
export const tversky = defineLoss<TverskyOptions>(
  "tversky",
  (p, y, { alpha = 0.5, beta = 0.5, axis = null, smooth = 1e-7 }) => tverskyLoss(p, y, alpha, beta, axis, smooth),
  {
    options: ["alpha", "beta", "axis", "smooth"],
    reduces: ({ axis = null }, rank) => axesOf(axis, rank),
    inputs: { prediction: "probability", target: "probability" },
    whole: true,
  },
);
