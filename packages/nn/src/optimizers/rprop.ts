/**
 * Rprop: a step for each number, which grows while its gradient keeps its sign and shrinks when that turns.
 */
import { fullLike, ValueError, where, zerosLike } from "@chainrule/core";
import { describe, listInWords } from "@chainrule/core/internal";
import { isFiniteNumber } from "../number-checks.ts";
import { defineOptimizer } from "./define-optimizer.ts";
import { nameOptimizers } from "./named.ts";
import type { Optimizer } from "./optimizer.ts";
import type { Hyperparameters } from "./rule.ts";

/** The hyperparameters of {@link Rprop}. */
export interface RpropOptions extends Hyperparameters {
  /** What a step is multiplied by when the gradient's sign turns, and when it stays; [0.5, 1.2] by default. */
  etas: readonly [number, number];
  /** The smallest and the largest step; [1e-6, 50] by default. */
  stepSizes: readonly [number, number];
}

/**
 * Resilient backpropagation: only the gradients' signs count (Riedmiller & Braun 1993). For full batches: signs of small ones turn by
 * chance.
 *
 * With η = η⁺ where g has the sign of the last gradient, η⁻ where it has the other, and 1 where one of them is 0:
 * s ← clip(η s, stepSizes), g ← 0 where its sign turned, w ← w - s · sign(g). The first s is lr (of a
 * schedule, its first), which counts for nothing after that.
 *
 * Defaults, in PyTorch the same: lr 0.01, etas [0.5, 1.2], stepSizes [1e-6, 50], weightDecay 0. Keras has none.
 *
 * @throws ValueError for factors that are not on either side of 1, and for limits out of order.
 * @example new Rprop(model, { lr: 0.01 });
 */
export const Rprop = defineOptimizer<RpropOptions>({
  name: "Rprop",
  defaults: { lr: 0.01, etas: [0.5, 1.2], stepSizes: [1e-6, 50], weightDecay: 0 },
  pure: true,
  check: ({ etas, stepSizes }) => {
    const isPair = (x: unknown) => Array.isArray(x) && x.length === 2 && x.every(isFiniteNumber);
    if (!isPair(etas) || !(etas[0] > 0 && etas[0] < 1 && etas[1] > 1))
      throw new ValueError({ where: "Rprop, etas", expected: "a factor below 1, and one above", got: inWords(etas) });
    if (!isPair(stepSizes) || !(stepSizes[0] >= 0 && stepSizes[0] <= stepSizes[1]))
      throw new ValueError({
        where: "Rprop, stepSizes",
        expected: "the smallest step, of at least 0, and the largest",
        got: inWords(stepSizes),
      });
  },
  slots: (weight, { lr }) => ({
    previous: zerosLike(weight),
    size: fullLike(weight, typeof lr === "number" ? lr : lr(0)),
  }),
  update: (weight, gradient, { previous, size }, _scalars, { etas: [shrink, grow], stepSizes: [least, most] }) => {
    const agreement = gradient.mul(previous.sign());
    const hasTurned = agreement.less(0);
    const scaled = where(hasTurned, size.mul(shrink), where(agreement.greater(0), size.mul(grow), size));
    const next = { previous: where(hasTurned, 0, gradient), size: scaled.clamp(least, most) };
    return { weight: weight.sub(next.size.mul(next.previous.sign())), slots: next };
  },
});
export type Rprop = Optimizer<RpropOptions>;

const inWords = (x: unknown) => (Array.isArray(x) ? listInWords(x) : describe(x));

nameOptimizers({ rprop: () => new Rprop() });
