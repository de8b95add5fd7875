/**
 * Adam and its family: a moving average of the gradients (first moment) over the root of one of their squares (second
 * moment).
 *
 * Both averages start at 0 and are therefore too small at first, by the factor 1 - βᵗ: the bias correction divides by it.
 */
import { pow, scalar, type Tensor, zerosLike } from "@chainrule/core";
import { atLeastZero } from "../number-checks.ts";
import { defineOptimizer } from "./define-optimizer.ts";
import type { Optimizer } from "./optimizer.ts";
import type { EpsPlacement } from "./options.ts";
import {
  descend,
  dividedBy,
  type Hyperparameters,
  movingAverage,
  scaledBy,
  type Tensors,
  type UpdateRule,
} from "./rule.ts";

interface Moments extends Hyperparameters {
  /** How slowly the first and the second moment of the gradients decay; [0.9, 0.999] by default. */
  betas: readonly [number, number];
  /** Keeps the division finite; 1e-7 by default, as in Keras (PyTorch has 1e-8). */
  eps: number;
}

/** The hyperparameters of {@link Adam}. */
export interface AdamOptions extends Moments, EpsPlacement {
  /** Divides by the largest second moment so far, so that steps never grow again (Reddi, Kale & Kumar 2018). */
  amsgrad: boolean;
}

/** 1 - βᵗ: by how much a moving average that started at 0 is too small after t steps. */
function biasCorrection(beta: number, step: Tensor): Tensor {
  return pow(beta, step).neg().add(1);
}

/** The next estimates of the gradients' first moment m and second moment v. */
function nextMoments(gradient: Tensor, { m, v }: Tensors, { betas: [beta1, beta2] }: Moments) {
  return { m: movingAverage(m, gradient, beta1), v: movingAverage(v, gradient.square(), beta2) };
}

const adam: UpdateRule<AdamOptions> = {
  name: "Adam",
  defaults: { lr: 0.001, betas: [0.9, 0.999], eps: 1e-7, epsPlacement: "pytorch", amsgrad: false, weightDecay: 0 },
  pure: true,
  slots: (weight, { amsgrad }) => ({
    m: zerosLike(weight),
    v: zerosLike(weight),
    ...(amsgrad && { maxV: zerosLike(weight) }),
  }),
  // m / (√v / c + eps) is c m / (√v + c eps): the correction of the root goes into the rate, so that of all that is done
  // for each number one division is left, which takes processors longest.
  scalars: (lr, step, { betas: [beta1, beta2], eps, epsPlacement }) => {
    const sqrtCorrection = biasCorrection(beta2, step).sqrt();
    return {
      rate: lr.div(biasCorrection(beta1, step)).mul(sqrtCorrection),
      ...(epsPlacement === "pytorch" && { eps: sqrtCorrection.mul(eps) }),
    };
  },
  update: (weight, gradient, slots, { rate, eps }, hyper) => {
    const next: Record<string, Tensor> = nextMoments(gradient, slots, hyper);
    if (hyper.amsgrad) next.maxV = slots.maxV.maximum(next.v);
    const root = (next.maxV ?? next.v).sqrt();
    const denominator = root.add(eps ? eps.cast(root.dtype) : hyper.eps);
    return { weight: descend(weight, next.m.div(denominator), rate), slots: next };
  },
};

/**
 * Adaptive moment estimation (Kingma & Ba 2015).
 *
 * m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², w ← w - lr · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + eps).
 * With `amsgrad`, the largest v so far in place of v. With `epsPlacement: "keras"` the root is
 * (√v + eps) / √(1 - β₂ᵗ), the paper's "epsilon hat": eps counts for more in the first steps.
 *
 * Defaults: lr 0.001, betas [0.9, 0.999], eps 1e-7 (Keras's; PyTorch's is 1e-8), epsPlacement "pytorch" (the paper's
 * Algorithm 1), amsgrad false, weightDecay 0 (added to the gradient; see {@link AdamW}). By the name "adam" as in Keras:
 * epsPlacement "keras".
 *
 * @example new Adam(model, { lr: 3e-4 });
 */
export const Adam = defineOptimizer<AdamOptions>(adam);
export type Adam = Optimizer<AdamOptions>;

/**
 * Adam whose weight decay shrinks the weights directly, w ← (1 - lr · weightDecay) w, and is not divided by the root of
 * the second moment (Loshchilov & Hutter 2019).
 *
 * All weights shrink, biases too, as in PyTorch and Keras; to except some, make groups of parameters.
 *
 * Defaults: as {@link Adam}, but weightDecay 0.01, as in PyTorch. By the name "adamw" as in Keras: weightDecay 0.004,
 * epsPlacement "keras".
 *
 * @example new AdamW(model, { lr: 3e-4, weightDecay: 0.1 });
 */
export const AdamW = defineOptimizer<AdamOptions>({
  ...adam,
  name: "AdamW",
  defaults: { ...adam.defaults, weightDecay: 0.01 },
  decoupledDecay: true,
  pure: true,
});
export type AdamW = Optimizer<AdamOptions>;

/** The hyperparameters of {@link Adamax}. */
export interface AdamaxOptions extends Moments, EpsPlacement {}

/**
 * Adam that divides by an infinity norm of the gradients, with decay, in place of the second moment (Kingma & Ba 2015, section 7).
 *
 * m as in Adam, u ← max(β₂ u, |g| + eps), w ← w - lr · (m / (1 - β₁ᵗ)) / u. With `epsPlacement: "keras"`
 * u ← max(β₂ u, |g|), and u + eps below the fraction.
 *
 * Defaults: lr 0.002, betas [0.9, 0.999], eps 1e-7, epsPlacement "pytorch", weightDecay 0. By the name "adamax" as in
 * Keras: lr 0.001, epsPlacement "keras".
 *
 * @example new Adamax(model);
 */
export const Adamax = defineOptimizer<AdamaxOptions>({
  name: "Adamax",
  defaults: { lr: 0.002, betas: [0.9, 0.999], eps: 1e-7, epsPlacement: "pytorch", weightDecay: 0 },
  pure: true,
  slots: (weight) => ({ m: zerosLike(weight), u: zerosLike(weight) }),
  scalars: (lr, step, { betas: [beta1] }) => ({ rate: lr.div(biasCorrection(beta1, step)) }),
  update: (weight, gradient, slots, { rate }, { betas: [beta1, beta2], eps, epsPlacement }) => {
    const m = movingAverage(slots.m, gradient, beta1);
    const size = gradient.abs();
    const u = slots.u.mul(beta2).maximum(epsPlacement === "keras" ? size : size.add(eps));
    const denominator = epsPlacement === "keras" ? u.add(eps) : u;
    return { weight: descend(weight, m.div(denominator), rate), slots: { m, u } };
  },
});
export type Adamax = Optimizer<AdamaxOptions>;

/** The hyperparameters of {@link NAdam}. */
export interface NAdamOptions extends Moments {
  /** How fast the momentum comes up to β₁; 0.004 by default. */
  momentumDecay: number;
  /** False for PyTorch 1.13's numbers, with one μₜ too many in the product; true by default. */
  exactProduct: boolean;
}

/**
 * Adam with Nesterov's look ahead (Dozat 2016).
 *
 * μₜ = β₁ (1 - 0.96^(t · momentumDecay) / 2), m and v as in Adam,
 * w ← w - lr · ((1 - μₜ) g / (1 - Πμ) + μₜ₊₁ m / (1 - μₜ₊₁ Πμ)) / (√(v / (1 - β₂ᵗ)) + eps), where Πμ = μ₁ ⋯ μₜ.
 *
 * PyTorch up to 1.13 multiplied Πμ, which has μₜ already, by it once more (mended in 2.0 by pull request 92699):
 * `exactProduct: false` gives those numbers.
 *
 * Defaults: lr 0.002, betas [0.9, 0.999], eps 1e-7, momentumDecay 0.004, exactProduct true, weightDecay 0, as in PyTorch
 * but for its eps of 1e-8. By the name "nadam" as in Keras: lr 0.001, momentumDecay 1.
 *
 * @example new NAdam(model);
 */
export const NAdam = defineOptimizer<NAdamOptions>({
  name: "NAdam",
  defaults: { lr: 0.002, betas: [0.9, 0.999], eps: 1e-7, momentumDecay: 0.004, exactProduct: true, weightDecay: 0 },
  ranges: { momentumDecay: atLeastZero },
  pure: true,
  slots: (weight) => ({ m: zerosLike(weight), v: zerosLike(weight), muProduct: scalar(1, "float64") }),
  scalars: (lr, step, { betas: [beta1, beta2], momentumDecay }) => {
    const muAt = (t: Tensor) => pow(0.96, t.mul(momentumDecay)).mul(-0.5).add(1).mul(beta1);
    return { lr, mu: muAt(step), nextMu: muAt(step.add(1)), sqrtCorrection: biasCorrection(beta2, step).sqrt() };
  },
  update: (weight, gradient, slots, { lr, mu, nextMu, sqrtCorrection }, hyper) => {
    const { m, v } = nextMoments(gradient, slots, hyper);
    const muProduct = slots.muProduct.mul(mu);
    const gradientFactor = mu.neg().add(1).div(muProduct.neg().add(1));
    const nextProduct = hyper.exactProduct ? muProduct.mul(nextMu) : muProduct.mul(mu).mul(nextMu);
    const momentFactor = nextMu.div(nextProduct.neg().add(1));
    const denominator = dividedBy(v.sqrt(), sqrtCorrection).add(hyper.eps);
    const direction = scaledBy(gradient, gradientFactor).add(scaledBy(m, momentFactor)).div(denominator);
    return { weight: descend(weight, direction, lr), slots: { m, v, muProduct } };
  },
});
export type NAdam = Optimizer<NAdamOptions>;
