/**
 * Lion: steps of one size, in the direction of a sign.
 */
import { zerosLike } from "@chainrule/core";
import { defineOptimizer } from "./define-optimizer.ts";
import { nameOptimizers } from "./named.ts";
import type { Optimizer } from "./optimizer.ts";
import { descend, type Hyperparameters, movingAverage } from "./rule.ts";

/** The hyperparameters of {@link Lion}. */
export interface LionOptions extends Hyperparameters {
  /** The share of the momentum in the direction, and how slowly the momentum decays; [0.9, 0.99] by default. */
  betas: readonly [number, number];
}

/**
 * Evolved sign momentum (Chen et al. 2023).
 *
 * w ← (1 - lr · weightDecay) w - lr · sign(β₁ m + (1 - β₁) g), then m ← β₂ m + (1 - β₂) g.
 *
 * Defaults: lr 1e-4 (3 to 10 times less than Adam's), betas [0.9, 0.99], weightDecay 0 (decoupled). By the name "lion" as
 * in Keras: lr 0.001.
 *
 * @example new Lion(model, { lr: 1e-4, weightDecay: 0.1 });
 */
export const Lion = defineOptimizer<LionOptions>({
  name: "Lion",
  defaults: { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0 },
  decoupledDecay: true,
  pure: true,
  slots: (weight) => ({ m: zerosLike(weight) }),
  update: (weight, gradient, { m }, { lr }, { betas: [beta1, beta2] }) => ({
    weight: descend(weight, movingAverage(m, gradient, beta1).sign(), lr),
    slots: { m: movingAverage(m, gradient, beta2) },
  }),
});
export type Lion = Optimizer<LionOptions>;

nameOptimizers({ lion: () => new Lion({ lr: 0.001 }) });
