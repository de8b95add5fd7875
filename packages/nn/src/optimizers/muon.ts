/**
 * Muon: steps of matrices that are as long in every direction.
 */
import { type Parameter, type Tensor, zerosLike } from "@chainrule/core";
import { isEmbeddingTable } from "../embedding-tables.ts";
import { aboveZero } from "../number-checks.ts";
import { Adam } from "./adam.ts";
import { defineOptimizer } from "./define-optimizer.ts";
import { nameOptimizers } from "./named.ts";
import type { Optimizer } from "./optimizer.ts";
import { descend, type Hyperparameters } from "./rule.ts";

/** The hyperparameters of {@link Muon}. */
export interface MuonOptions extends Hyperparameters {
  /** How much of a matrix's momentum is kept; 0.95 by default. */
  momentum: number;
  /** Takes the gradient as it will be one step of momentum further on; true by default. */
  nesterov: boolean;
  /** How often the approximation of Newton and Schulz is repeated; 5 by default. */
  iterations: number;
  /** Of a step of a matrix, the root mean square of its numbers, by lr; 0.2 by default, as Adam's often is. */
  size: number;
  /** Of Adam, for weights that are no matrices; [0.9, 0.999] by default. */
  betas: readonly [number, number];
  /** Of Adam; 1e-7 by default. */
  eps: number;
}

/** Adam's hyperparameters, as Keras has it. */
const adamOf = (hyper: MuonOptions) => ({ ...hyper, amsgrad: false, epsPlacement: "keras" as const });

/**
 * Momentum made orthogonal (Jordan et al. 2024), with steps of Adam's size (Liu et al. 2025).
 *
 * Of a matrix [n, k] m ← momentum · m + g and w ← w - lr · size √max(n, k) · O, where O is nearly U Vᵀ of the singular
 * value decomposition of g + momentum · m (of m without `nesterov`): x ← 3.4445 x - 4.775 x xᵀ x + 2.0315 (x xᵀ)² x, from
 * x / |x|. All other weights, and tables of embeddings, are {@link Adam}'s.
 *
 * Defaults, in Keras the same: lr 0.001, momentum 0.95, nesterov true, iterations 5, size 0.2, betas [0.9, 0.999], eps 1e-7,
 * weightDecay 0.004 (decoupled). PyTorch's takes matrices alone, with weightDecay 0.1 and steps of another size.
 *
 * @example new Muon(model, { lr: 0.01 });
 */
export const Muon = defineOptimizer<MuonOptions>({
  name: "Muon",
  defaults: {
    lr: 0.001,
    momentum: 0.95,
    nesterov: true,
    iterations: 5,
    size: 0.2,
    betas: [0.9, 0.999],
    eps: 1e-7,
    weightDecay: 0.004,
  },
  ranges: {
    iterations: { expected: "a whole number of at least 1", holds: (x) => Number.isInteger(x) && (x as number) >= 1 },
    size: aboveZero,
  },
  decoupledDecay: true,
  pure: true,
  slots: (weight): Record<string, Tensor> => ({
    m: zerosLike(weight),
    ...(!isMatrix(weight) && { v: zerosLike(weight) }),
  }),
  scalars: (lr, step, hyper) => ({ lr, ...Adam.rule.scalars!(lr, step, adamOf(hyper)) }),
  update: (weight, gradient, slots, scalars, hyper) => {
    if (slots.v) return Adam.rule.update(weight, gradient, slots, scalars, adamOf(hyper));
    const m = slots.m.mul(hyper.momentum).add(gradient);
    const direction = orthogonalized(hyper.nesterov ? gradient.add(m.mul(hyper.momentum)) : m, hyper.iterations);
    const scale = hyper.size * Math.sqrt(Math.max(...weight.shape));
    return { weight: descend(weight, direction.mul(scale), scalars.lr), slots: { m } };
  },
});
export type Muon = Optimizer<MuonOptions>;

/** Whether it is a matrix that multiplies. */
function isMatrix(weight: Tensor): boolean {
  return weight.rank === 2 && !isEmbeddingTable(weight as Parameter);
}

/** Nearly the matrix with all its singular values made 1: between 0.7 and 1.2, after five iterations (Jordan et al. 2024). */
function orthogonalized(matrix: Tensor, iterations: number): Tensor {
  const isTall = matrix.shape[0] > matrix.shape[1];
  const wide = isTall ? matrix.T : matrix;
  let x = wide.div(wide.norm().add(1e-7));
  for (let i = 0; i < iterations; i++) {
    const square = x.matmul(x.T);
    x = x.mul(3.4445).add(square.mul(-4.775).add(square.matmul(square).mul(2.0315)).matmul(x));
  }
  return isTall ? x.T : x;
}

nameOptimizers({ muon: () => new Muon() });
