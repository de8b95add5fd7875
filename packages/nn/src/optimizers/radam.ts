/**
 * RAdam: Adam that waits with its adaptive rates until it has seen enough gradients to trust them.
 */
import { pow, where, zerosLike } from "@chainrule/core";
import { defineOptimizer } from "./define-optimizer.ts";
import { nameOptimizers } from "./named.ts";
import type { Optimizer } from "./optimizer.ts";
import { descend, type Hyperparameters, movingAverage, scaledBy } from "./rule.ts";

/** The hyperparameters of {@link RAdam}. */
export interface RAdamOptions extends Hyperparameters {
  /** How slowly the first and the second moment of the gradients decay; [0.9, 0.999] by default. */
  betas: readonly [number, number];
  /** Keeps the division finite; 1e-8 by default. */
  eps: number;
}

/** From how many effective samples on the second moment is trusted, as PyTorch and optax have it. */
const enough = 5;

/**
 * Rectified Adam: a warm-up that follows from the variance of Adam's rates (Liu et al. 2020).
 *
 * m, v and m̂ = m / (1 - β₁ᵗ) as in Adam. With ρ∞ = 2 / (1 - β₂) - 1 and ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ), the number of gradients in
 * v, w ← w - lr · r · m̂ √(1 - β₂ᵗ) / (√v + eps), where r² = (ρ - 4) (ρ - 2) ρ∞ / ((ρ∞ - 4) (ρ∞ - 2) ρ); as long as ρ ≤ 5,
 * w ← w - lr · m̂.
 *
 * Defaults, in PyTorch the same: lr 0.001, betas [0.9, 0.999], eps 1e-8, weightDecay 0 (added to the gradient). Keras has none.
 *
 * @example new RAdam(model, { lr: 0.01 });
 */
export const RAdam = defineOptimizer<RAdamOptions>({
  name: "RAdam",
  defaults: { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 },
  pure: true,
  slots: (weight) => ({ m: zerosLike(weight), v: zerosLike(weight) }),
  scalars: (lr, step, { betas: [beta1, beta2] }) => {
    const most = 2 / (1 - beta2) - 1;
    const decayed = pow(beta2, step);
    const correction = decayed.neg().add(1);
    const length = step.mul(decayed).div(correction).mul(-2).add(most);
    const isEnough = length.greater(enough);
    // Below that the root is of what may be negative, and is not used.
    const trusted = length.maximum(enough);
    const share = trusted.sub(4).mul(trusted.sub(2)).mul(most);
    const rectification = share.div(trusted.mul((most - 4) * (most - 2))).sqrt();
    return { rate: lr.div(pow(beta1, step).neg().add(1)), isEnough, factor: rectification.mul(correction.sqrt()) };
  },
  update: (weight, gradient, slots, { rate, isEnough, factor }, { betas: [beta1, beta2], eps }) => {
    const m = movingAverage(slots.m, gradient, beta1);
    const v = movingAverage(slots.v, gradient.square(), beta2);
    const adapted = scaledBy(m, factor).div(v.sqrt().add(eps));
    return { weight: descend(weight, where(isEnough, adapted, m), rate), slots: { m, v } };
  },
});
export type RAdam = Optimizer<RAdamOptions>;

nameOptimizers({ radam: () => new RAdam() });
