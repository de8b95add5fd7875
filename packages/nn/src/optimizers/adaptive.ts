/**
 * Gradient descent with a rate of its own for every number, from the size of its past gradients.
 *
 * Adagrad adds up their squares; RMSprop averages them; Adadelta also averages its own steps.
 */
import { fullLike, zerosLike } from "@chainrule/core";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { average, descend, type Hyper } from "./rule.ts";
import { velocityAfter } from "./sgd.ts";

export interface AdagradOptions extends Hyper {
  /** What the sum of squares starts from; 0 by default. */
  initialAccumulator: number;
  /** Keeps the division finite; 1e-10 by default. */
  eps: number;
}

/**
 * Steps that shrink with the sum of all squared gradients so far (Duchi, Hazan & Singer 2011).
 *
 * s ← s + g², w ← w - lr · g / (√s + eps).
 *
 * Defaults: lr 0.01, initialAccumulator 0, eps 1e-10, weightDecay 0, as in PyTorch.
 *
 * @example new Adagrad(model, { lr: 0.1 });
 */
export const Adagrad = defineOptimizer<AdagradOptions>({
  name: "Adagrad",
  defaults: { lr: 0.01, initialAccumulator: 0, eps: 1e-10, weightDecay: 0 },
  pure: true,
  slots: (weight, { initialAccumulator }) => ({ sum: fullLike(weight, initialAccumulator) }),
  update: (weight, gradient, slots, { lr }, { eps }) => {
    const sum = slots.sum.add(gradient.square());
    return { weight: descend(weight, gradient.div(sum.sqrt().add(eps)), lr), slots: { sum } };
  },
});
export type Adagrad = Optimizer<AdagradOptions>;

export interface RMSpropOptions extends Hyper {
  /** How slowly the average forgets; 0.99 by default (Keras calls it rho, 0.9). */
  alpha: number;
  /** Keeps the division finite; 1e-8 by default. */
  eps: number;
  /** How much of the last step's velocity is kept; 0 by default. */
  momentum: number;
  /** Divides by the spread of the gradients instead of their size. */
  centered: boolean;
}

/**
 * Steps divided by the running size of the gradients (Tieleman & Hinton 2012).
 *
 * s ← α s + (1 - α) g², d = g / (√s + eps), w ← w - lr · d; with momentum v ← momentum · v + d, w ← w - lr · v.
 * Centered (Graves 2013): a ← α a + (1 - α) g, and √(s - a²) in place of √s.
 *
 * Defaults: lr 0.01, alpha 0.99, eps 1e-8, momentum 0, centered false, weightDecay 0, as in PyTorch.
 *
 * @example new RMSprop(model, { lr: 0.001, momentum: 0.9 });
 */
export const RMSprop = defineOptimizer<RMSpropOptions>({
  name: "RMSprop",
  defaults: { lr: 0.01, alpha: 0.99, eps: 1e-8, momentum: 0, centered: false, weightDecay: 0 },
  pure: true,
  slots: (weight, { momentum, centered }) => ({
    square: zerosLike(weight),
    ...(centered && { mean: zerosLike(weight) }),
    ...(momentum !== 0 && { velocity: zerosLike(weight) }),
  }),
  update: (weight, gradient, slots, { lr }, { alpha, eps, momentum, centered }) => {
    const square = average(slots.square, gradient.square(), alpha);
    const next: Record<string, typeof square> = { square };
    let spread = square;
    if (centered) {
      next.mean = average(slots.mean, gradient, alpha);
      // Rounding can carry the difference below 0 where all gradients are alike.
      spread = square.sub(next.mean.square()).maximum(0);
    }
    let direction = gradient.div(spread.sqrt().add(eps));
    if (momentum !== 0) direction = next.velocity = velocityAfter(slots.velocity, direction, momentum);
    return { weight: descend(weight, direction, lr), slots: next };
  },
});
export type RMSprop = Optimizer<RMSpropOptions>;

export interface AdadeltaOptions extends Hyper {
  /** How slowly both averages forget; 0.9 by default. */
  rho: number;
  /** Keeps the division finite, and sets the size of the first steps; 1e-6 by default. */
  eps: number;
}

/**
 * Steps as large as past steps, relative to past gradients, so that no rate need be chosen (Zeiler 2012).
 *
 * s ← ρ s + (1 - ρ) g², d = g √(u + eps) / √(s + eps), u ← ρ u + (1 - ρ) d², w ← w - lr · d.
 *
 * Defaults: lr 1, rho 0.9, eps 1e-6, weightDecay 0, as in PyTorch and the paper.
 *
 * @example new Adadelta(model);
 */
export const Adadelta = defineOptimizer<AdadeltaOptions>({
  name: "Adadelta",
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 },
  pure: true,
  slots: (weight) => ({ square: zerosLike(weight), steps: zerosLike(weight) }),
  update: (weight, gradient, slots, { lr }, { rho, eps }) => {
    const square = average(slots.square, gradient.square(), rho);
    const direction = gradient.mul(slots.steps.add(eps).sqrt().div(square.add(eps).sqrt()));
    const steps = average(slots.steps, direction.square(), rho);
    return { weight: descend(weight, direction, lr), slots: { square, steps } };
  },
});
export type Adadelta = Optimizer<AdadeltaOptions>;
