/**
 * Gradient descent with a rate of its own for every number, from the size of its past gradients.
 *
 * Adagrad adds up their squares; RMSprop averages them; Adadelta also averages its own steps.
 */
import { fullLike, type Tensor, zerosLike } from "@chainrule/core";
import { atLeastZero, zeroToOne } from "../number-checks.ts";
import { defineOptimizer } from "./define-optimizer.ts";
import type { Optimizer } from "./optimizer.ts";
import type { EpsPlacement } from "./options.ts";
import { descend, type Hyperparameters, movingAverage } from "./rule.ts";
import { velocityAfter } from "./sgd.ts";

interface RootOptions extends Hyperparameters, EpsPlacement {
  /** Keeps the division finite. */
  eps: number;
}

/** √s + eps, or Keras's √(s + eps). */
function rootPlusEps(squares: Tensor, { eps, epsPlacement }: RootOptions): Tensor {
  return epsPlacement === "keras" ? squares.add(eps).sqrt() : squares.sqrt().add(eps);
}

/** The hyperparameters of {@link Adagrad}. */
export interface AdagradOptions extends RootOptions {
  /** What the sum of squares starts from; 0 by default. */
  initialAccumulator: number;
  /** How fast the rate shrinks with the number of steps besides; 0 by default. */
  lrDecay: number;
  /** Keeps the division finite; 1e-10 by default. */
  eps: number;
}

/**
 * Steps that shrink with the sum of all squared gradients so far (Duchi, Hazan & Singer 2011).
 *
 * s ← s + g², w ← w - lr / (1 + (t - 1) lrDecay) · g / (√s + eps); with `epsPlacement: "keras"` √(s + eps).
 *
 * Defaults: lr 0.01, lrDecay 0, initialAccumulator 0, eps 1e-10, epsPlacement "pytorch", weightDecay 0, as in PyTorch. By the name
 * "adagrad" as in Keras: lr 0.001, initialAccumulator 0.1, eps 1e-7, epsPlacement "keras".
 *
 * @example new Adagrad(model, { lr: 0.1 });
 */
export const Adagrad = defineOptimizer<AdagradOptions>({
  name: "Adagrad",
  defaults: { lr: 0.01, lrDecay: 0, initialAccumulator: 0, eps: 1e-10, epsPlacement: "pytorch", weightDecay: 0 },
  ranges: { initialAccumulator: atLeastZero, lrDecay: atLeastZero },
  pure: true,
  slots: (weight, { initialAccumulator }) => ({ sum: fullLike(weight, initialAccumulator) }),
  scalars: (lr, step, { lrDecay }) => ({ lr: lrDecay === 0 ? lr : lr.div(step.sub(1).mul(lrDecay).add(1)) }),
  update: (weight, gradient, slots, { lr }, hyper) => {
    const sum = slots.sum.add(gradient.square());
    return { weight: descend(weight, gradient.div(rootPlusEps(sum, hyper)), lr), slots: { sum } };
  },
});
export type Adagrad = Optimizer<AdagradOptions>;

/** The hyperparameters of {@link RMSprop}. */
export interface RMSpropOptions extends RootOptions {
  /** How slowly the average of squares decays; 0.99 by default (Keras calls it rho, 0.9). */
  alpha: number;
  /** Keeps the division finite; 1e-8 by default. */
  eps: number;
  /** How much of the last step's velocity is kept; 0 by default. */
  momentum: number;
  /** Divides by the standard deviation of the gradients instead of their root mean square. */
  centered: boolean;
}

/**
 * Steps divided by the running root mean square of the gradients (Tieleman & Hinton 2012).
 *
 * s ← α s + (1 - α) g², d = g / (√s + eps), w ← w - lr · d; with momentum v ← momentum · v + d, w ← w - lr · v.
 * Centered (Graves 2013): a ← α a + (1 - α) g, and s - a² in place of s. With `epsPlacement: "keras"` d = g / √(s + eps).
 *
 * Defaults: lr 0.01, alpha 0.99, eps 1e-8, epsPlacement "pytorch", momentum 0, centered false, weightDecay 0, as in
 * PyTorch. By the name "rmsprop" as in Keras: lr 0.001, alpha 0.9, eps 1e-7, epsPlacement "keras".
 *
 * @example new RMSprop(model, { lr: 0.001, momentum: 0.9 });
 */
export const RMSprop = defineOptimizer<RMSpropOptions>({
  name: "RMSprop",
  defaults: { lr: 0.01, alpha: 0.99, eps: 1e-8, epsPlacement: "pytorch", momentum: 0, centered: false, weightDecay: 0 },
  ranges: { alpha: zeroToOne },
  pure: true,
  slots: (weight, { momentum, centered }) => ({
    squareAvg: zerosLike(weight),
    ...(centered && { gradAvg: zerosLike(weight) }),
    ...(momentum !== 0 && { velocity: zerosLike(weight) }),
  }),
  update: (weight, gradient, slots, { lr }, hyper) => {
    const { alpha, momentum, centered } = hyper;
    const squareAvg = movingAverage(slots.squareAvg, gradient.square(), alpha);
    const next: Record<string, typeof squareAvg> = { squareAvg };
    let variance = squareAvg;
    if (centered) {
      next.gradAvg = movingAverage(slots.gradAvg, gradient, alpha);
      // Rounding can carry the difference below 0 where all gradients are alike.
      variance = squareAvg.sub(next.gradAvg.square()).maximum(0);
    }
    let direction = gradient.div(rootPlusEps(variance, hyper));
    if (momentum !== 0) direction = next.velocity = velocityAfter(slots.velocity, direction, momentum);
    return { weight: descend(weight, direction, lr), slots: next };
  },
});
export type RMSprop = Optimizer<RMSpropOptions>;

/** The hyperparameters of {@link Adadelta}. */
export interface AdadeltaOptions extends Hyperparameters {
  /** How slowly both averages decay; 0.9 by default. */
  rho: number;
  /** Keeps the division finite, and sets the size of the first steps; 1e-6 by default. */
  eps: number;
}

/**
 * Steps as large as past steps, relative to past gradients, so that no rate need be chosen (Zeiler 2012).
 *
 * s ← ρ s + (1 - ρ) g², d = g √(u + eps) / √(s + eps), u ← ρ u + (1 - ρ) d², w ← w - lr · d.
 *
 * Defaults: lr 1, rho 0.9, eps 1e-6, weightDecay 0, as in PyTorch. By the name "adadelta" as in Keras: lr 0.001,
 * rho 0.95, eps 1e-7, which is slow: Keras has the formula, not the rate, of the paper.
 *
 * @example new Adadelta(model);
 */
export const Adadelta = defineOptimizer<AdadeltaOptions>({
  name: "Adadelta",
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 },
  ranges: { rho: zeroToOne },
  pure: true,
  slots: (weight) => ({ squareAvg: zerosLike(weight), deltaAvg: zerosLike(weight) }),
  update: (weight, gradient, slots, { lr }, { rho, eps }) => {
    const squareAvg = movingAverage(slots.squareAvg, gradient.square(), rho);
    const direction = gradient.mul(slots.deltaAvg.add(eps).sqrt().div(squareAvg.add(eps).sqrt()));
    const deltaAvg = movingAverage(slots.deltaAvg, direction.square(), rho);
    return { weight: descend(weight, direction, lr), slots: { squareAvg, deltaAvg } };
  },
});
export type Adadelta = Optimizer<AdadeltaOptions>;
