/**
 * Adafactor: an adaptive rate for each number of a matrix, remembered by its rows and columns.
 */
import { type Tensor, zerosLike } from "@chainrule/core";
import { aboveZero, atLeastZero } from "../number-checks.ts";
import { defineOptimizer } from "./define-optimizer.ts";
import { nameOptimizers } from "./named.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Hyperparameters, scaledBy } from "./rule.ts";

/** The hyperparameters of {@link Adafactor}. */
export interface AdafactorOptions extends Hyperparameters {
  /** How fast the average of squares comes to remember all steps; -0.8 by default. */
  beta2Decay: number;
  /** Added to squared gradients, to keep the division finite; 1e-30 by default. */
  eps: number;
  /** The least size that a weight is taken to have, by which its steps are scaled; 1e-3 by default. */
  minSize: number;
  /** The root mean square that a step has at most, before its scale; 1 by default. */
  clipThreshold: number;
}

/**
 * Adam's second moment from the means of its rows and columns alone: little memory for large matrices, and steps in
 * proportion to the weights (Shazeer & Stern 2018).
 *
 * β = 1 - t^beta2Decay; of matrices r ← β r + (1 - β) mean over columns of (g² + eps), c the same over rows, and
 * v = r cᵀ / mean(r); of vectors v ← β v + (1 - β) (g² + eps). u = g / √v, w ← w - max(minSize, rms(w)) min(lr, 1 / √t)
 * · u / max(1, rms(u) / clipThreshold). Matrices are the last two axes.
 *
 * Defaults, in Keras the same: lr 0.001, beta2Decay -0.8, eps 1e-30, minSize 1e-3 (Keras's epsilon_2), clipThreshold 1,
 * weightDecay 0 (decoupled). PyTorch has lr 0.01 and another eps.
 *
 * @example new Adafactor(model, { lr: 0.01 });
 */
export const Adafactor = defineOptimizer<AdafactorOptions>({
  name: "Adafactor",
  defaults: { lr: 0.001, beta2Decay: -0.8, eps: 1e-30, minSize: 1e-3, clipThreshold: 1, weightDecay: 0 },
  ranges: { minSize: atLeastZero, clipThreshold: aboveZero },
  decoupledDecay: true,
  pure: true,
  slots: (weight): Record<string, Tensor> =>
    weight.rank < 2
      ? { v: zerosLike(weight) }
      : { rows: zerosLike(weight.mean(-1)), columns: zerosLike(weight.mean(-2)) },
  scalars: (lr, step, { beta2Decay }) => ({ rate: lr.minimum(step.rsqrt()), fresh: step.pow(beta2Decay) }),
  update: (weight, gradient, slots, { rate, fresh }, { eps, minSize, clipThreshold }) => {
    const squares = gradient.square().add(eps);
    const average = (before: Tensor, now: Tensor) => before.add(scaledBy(now.sub(before), fresh));
    const next: Record<string, Tensor> =
      weight.rank < 2
        ? { v: average(slots.v, squares) }
        : { rows: average(slots.rows, squares.mean(-1)), columns: average(slots.columns, squares.mean(-2)) };
    const v =
      next.v ??
      next.rows
        .div(next.rows.mean(-1, { keepDims: true }))
        .unsqueeze(-1)
        .mul(next.columns.unsqueeze(-2));
    const direction = gradient.div(v.sqrt());
    const clipped = direction.div(rms(direction).div(clipThreshold).maximum(1));
    return { weight: weight.sub(scaledBy(clipped.mul(rms(weight).maximum(minSize)), rate)), slots: next };
  },
});
export type Adafactor = Optimizer<AdafactorOptions>;

/** The root mean square. */
function rms(x: Tensor): Tensor {
  return x.square().mean().sqrt();
}

nameOptimizers({ adafactor: () => new Adafactor() });
