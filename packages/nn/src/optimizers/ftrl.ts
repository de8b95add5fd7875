/**
 * FTRL: each weight is what would have been best for the straightened losses so far, which an l1 penalty makes exactly 0.
 */
import { fullLike, type Tensor, zerosLike } from "@chainrule/core";
import { atLeastZero, isFiniteNumber } from "../number-checks.ts";
import { defineOptimizer } from "./define-optimizer.ts";
import { nameOptimizers } from "./named.ts";
import type { Optimizer } from "./optimizer.ts";
import { dividedBy, type Hyperparameters } from "./rule.ts";

/** The hyperparameters of {@link Ftrl}. */
export interface FtrlOptions extends Hyperparameters {
  /** How the rate shrinks with the sum of squared gradients, at most 0; -0.5 by default, by its root. */
  lrPower: number;
  /** What the sum of squares starts from; 0.1 by default. */
  initialAccumulator: number;
  /** Of |w|, in the problem that is solved; 0 by default. */
  l1: number;
  /** Of w², in the problem that is solved; 0 by default. */
  l2: number;
  /** Of w², added to the gradient alone; 0 by default. */
  l2Shrinkage: number;
  /** The paper's β, which lowers the rate of the first steps; 0 by default. */
  beta: number;
}

/**
 * Follow the regularized leader, for sparse weights (McMahan et al. 2013).
 *
 * s' = s + g², p = -lrPower, z ← z + g + 2 l2Shrinkage w - (s'ᵖ - sᵖ) w / lr,
 * w ← (clip(z, -l1, l1) - z) / ((s'ᵖ + beta) / lr + 2 l2), s ← s'.
 *
 * The weights' first values count for little: the first step goes where the problem's solution is.
 *
 * Defaults, in Keras the same: lr 0.001, lrPower -0.5, initialAccumulator 0.1, l1 0, l2 0, l2Shrinkage 0, beta 0,
 * weightDecay 0 (decoupled). PyTorch has none.
 *
 * @example new Ftrl(model, { lr: 0.1, l1: 0.01 });
 */
export const Ftrl = defineOptimizer<FtrlOptions>({
  name: "Ftrl",
  defaults: {
    lr: 0.001,
    lrPower: -0.5,
    initialAccumulator: 0.1,
    l1: 0,
    l2: 0,
    l2Shrinkage: 0,
    beta: 0,
    weightDecay: 0,
  },
  ranges: {
    lrPower: { expected: "a number of at most 0", holds: (x) => isFiniteNumber(x) && x <= 0 },
    initialAccumulator: atLeastZero,
    l1: atLeastZero,
    l2: atLeastZero,
    l2Shrinkage: atLeastZero,
    beta: atLeastZero,
  },
  decoupledDecay: true,
  pure: true,
  slots: (weight, { initialAccumulator }) => ({ sum: fullLike(weight, initialAccumulator), z: zerosLike(weight) }),
  update: (weight, gradient, slots, { lr }, { lrPower, l1, l2, l2Shrinkage, beta }) => {
    const power = (x: Tensor) => (lrPower === -0.5 ? x.sqrt() : x.pow(-lrPower));
    const sum = slots.sum.add(gradient.square());
    const slope = l2Shrinkage === 0 ? gradient : gradient.add(weight.mul(2 * l2Shrinkage));
    const pull = dividedBy(power(sum).sub(power(slots.sum)), lr).mul(weight);
    const z = slots.z.add(slope).sub(pull);
    const curvature = dividedBy(power(sum).add(beta), lr).add(2 * l2);
    return { weight: z.clamp(-l1, l1).sub(z).div(curvature), slots: { sum, z } };
  },
});
export type Ftrl = Optimizer<FtrlOptions>;

nameOptimizers({ ftrl: () => new Ftrl() });
