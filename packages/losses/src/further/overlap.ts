/**
 * Further losses on how much regions overlap: generalised dice of many classes, and focal Tversky.
 */
import { type Axes, normalizeAxis, OptionError, ShapeError, sub, where } from "@chainrule/core";
import { describe, formatShape } from "@chainrule/core/internal";
import { defineLoss } from "../definition/define-loss.ts";
import { tverskyLoss } from "../families/overlap.ts";
import { axesOf } from "../inputs/left-out.ts";
import { checkSameShape } from "../inputs/shapes.ts";
import { powFromZero } from "../numerics/stable.ts";

interface GeneralizedDiceOptions {
  axis?: number;
  smooth?: number;
}

/**
 * Generalised dice loss, ℓ = 1 - 2 Σ_c w_c Σ y p / Σ_c w_c Σ (y + p) with w_c = 1/(Σ y)²: small regions count as much as large ones.
 * A class that a sample does not have counts as much as its smallest one.
 *
 * Shape: predictions and targets [N, .., C, ..] alike; losses [N].
 *
 * @param prediction probabilities. @param target 0 or 1, or anything between.
 * @param options `axis` of the classes, by default the last; `smooth`, by default 1e-7, is added above and below.
 * @throws ShapeError where shapes differ, and for no axis of samples beside that of classes; ValueError for what is no
 *   probability.
 *
 * Source: Sudre et al., "Generalised Dice overlap as a deep learning loss function for highly unbalanced segmentations", 2017;
 * MONAI's `GeneralizedDiceLoss`.
 *
 * @example
 * generalizedDice([[[1, 0], [1, 0], [1, 0]]], [[[1, 0], [1, 0], [0, 1]]]); // 1 - 2 · 0.5 / (0.25 · 5 + 1) = 0.5556
 */
export const generalizedDice = defineLoss<GeneralizedDiceOptions>(
  "generalizedDice",
  (p, y, { axis = -1, smooth = 1e-7 }) => {
    const classes = normalizeAxis("generalizedDice", axis, p.rank);
    const places = p.shape.flatMap((_, i) => (i === 0 || i === classes ? [] : [i]));
    const perClass = (x: typeof p) => (places.length > 0 ? x.sum(places) : x);
    const count = perClass(y);
    const weights = where(count.greater(0), where(count.greater(0), count, 1).square().reciprocal(), 0);
    const w = where(count.greater(0), weights, weights.max(1, { keepDims: true })).detach();
    const both = w.mul(perClass(y.mul(p))).sum(1);
    const all = w.mul(perClass(y.add(p))).sum(1);
    return sub(1, both.mul(2).add(smooth).div(all.add(smooth)));
  },
  {
    options: ["axis", "smooth"],
    aliases: ["generalized_dice", "generalized_dice_loss"],
    inputs: { prediction: "probability", target: "probability" },
    reduces: (_, rank) => Array.from({ length: Math.max(0, rank - 1) }, (_, i) => i + 1),
    check: (name, [p, y], { axis = -1 }) => {
      checkSameShape(name, "target", y, p, "prediction");
      if (p.rank < 2 || normalizeAxis(name, axis, p.rank) === 0)
        throw new ShapeError({
          where: name,
          expected: "samples along the first axis and classes along another one, [N, .., C]",
          got: `${formatShape(p.shape)} with classes along axis ${axis}`,
        });
    },
  },
);

interface FocalTverskyOptions {
  alpha?: number;
  beta?: number;
  gamma?: number;
  axis?: Axes;
  smooth?: number;
}

/**
 * Focal Tversky loss, ℓ = (1 - TP / (TP + α FP + β FN))^(1/γ): {@link tversky} in which regions that are found badly count more.
 *
 * Shape: predictions and targets the same; losses: without the axes, by default one for the whole batch.
 *
 * @param options `alpha`, the price of what is too much, by default 0.3; `beta`, of what is missing, by default 0.7 (the
 *   paper has the two the other way round); `gamma` γ above 0, by default 4/3; `axis` and `smooth` as for {@link dice}.
 * @throws OptionError for a gamma that is not above 0; ShapeError where shapes differ; ValueError for what is no probability.
 *
 * Source: Abraham & Khan, "A Novel Focal Tversky Loss Function with Improved Attention U-Net for Lesion Segmentation", 2019.
 *
 * @example
 * focalTversky([1, 1, 0, 0], [1, 0, 1, 0], { gamma: 1 }); // 1 - 1/2 = 0.5
 */
export const focalTversky = defineLoss<FocalTverskyOptions>(
  "focalTversky",
  (p, y, { alpha = 0.3, beta = 0.7, gamma = 4 / 3, axis = null, smooth = 1e-7 }) => {
    if (!(gamma > 0 && Number.isFinite(gamma)))
      throw new OptionError({ where: "focalTversky", expected: "a finite gamma above 0", got: describe(gamma) });
    return powFromZero(tverskyLoss(p, y, alpha, beta, axis, smooth), 1 / gamma);
  },
  {
    options: ["alpha", "beta", "gamma", "axis", "smooth"],
    aliases: ["focal_tversky", "focal_tversky_loss"],
    inputs: { prediction: "probability", target: "probability" },
    reduces: ({ axis = null }, rank) => axesOf(axis, rank),
    whole: true,
  },
);
