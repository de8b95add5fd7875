/**
 * Gradient descent, plain and with momentum: where all the others start from.
 */
import { OptionError, scalar, type Tensor, where, zerosLike } from "@chainrule/core";
import { defineOptimizer } from "./define-optimizer.ts";
import type { Optimizer } from "./optimizer.ts";
import { descend, type Hyperparameters, scaledBy } from "./rule.ts";

/** The hyperparameters of {@link SGD}. */
export interface SGDOptions extends Hyperparameters {
  /** How much of the last step's velocity is kept; 0 by default. */
  momentum: number;
  /** How much of each gradient but the first is held back from the velocity; 0 by default. */
  dampening: number;
  /** Takes the gradient as it will be one step of momentum further on (Nesterov 1983). */
  nesterov: boolean;
}

/** Momentum: what is kept of the velocity, and the new direction. */
export function velocityAfter(velocity: Tensor, direction: Tensor, momentum: number): Tensor {
  return velocity.mul(momentum).add(direction);
}

/**
 * Stochastic gradient descent.
 *
 * w ← w - lr · g; with momentum v ← momentum · v + (1 - dampening) · g and w ← w - lr · v; with Nesterov's
 * w ← w - lr · (g + momentum · v).
 *
 * Defaults: lr 0.01, momentum 0, dampening 0, nesterov false, weightDecay 0. The formulas are PyTorch's, where the
 * first gradient enters the velocity undampened; without dampening they are Keras's too, as long as lr stays the same:
 * Keras has lr within the velocity. By the name "sgd": the same defaults.
 *
 * @example new SGD(model, { lr: 0.1, momentum: 0.9, nesterov: true });
 */
export const SGD = defineOptimizer<SGDOptions>({
  name: "SGD",
  defaults: { lr: 0.01, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },
  pure: true,
  check: ({ nesterov, momentum, dampening }) => {
    if (nesterov && (momentum === 0 || dampening !== 0))
      throw new OptionError({
        where: "SGD",
        expected: "a momentum above 0 and no dampening, for nesterov",
        got: `momentum ${momentum} and dampening ${dampening}`,
      });
  },
  slots: (weight, { momentum }) => ({ ...(momentum !== 0 && { velocity: zerosLike(weight) }) }),
  scalars: (lr, step, { dampening }) => ({
    lr,
    ...(dampening !== 0 && {
      gradientFactor: where(step.equal(1), scalar(1, "float64"), scalar(1 - dampening, "float64")),
    }),
  }),
  update: (weight, gradient, { velocity }, { lr, gradientFactor }, { momentum, dampening, nesterov }) => {
    if (momentum === 0) return { weight: descend(weight, gradient, lr) };
    const v = velocityAfter(velocity, dampening === 0 ? gradient : scaledBy(gradient, gradientFactor), momentum);
    const direction = nesterov ? velocityAfter(v, gradient, momentum) : v;
    return { weight: descend(weight, direction, lr), slots: { velocity: v } };
  },
});
export type SGD = Optimizer<SGDOptions>;
