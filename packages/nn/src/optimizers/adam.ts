/**
 * Adam and its family: a running mean of the gradients over the running size of them.
 *
 * Both averages start at 0 and are therefore too small at first, by the factor 1 - βᵗ, which they are divided by.
 */
import { pow, scalar, type Tensor, zerosLike } from "@chainrule/core";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { average, descend, type Hyper, over, type Tensors, times, type UpdateRule } from "./rule.ts";

interface Moments extends Hyper {
  /** How slowly the mean and the size of the gradients forget; [0.9, 0.999] by default. */
  betas: readonly [number, number];
  /** Keeps the division finite; 1e-7 by default, as in Keras (PyTorch has 1e-8). */
  eps: number;
}

export interface AdamOptions extends Moments {
  /** Divides by the largest size so far, so that steps never grow again (Reddi, Kale & Kumar 2018). */
  amsgrad: boolean;
}

/** 1 - βᵗ: what is missing of an average that started at 0. */
function filled(beta: number, step: Tensor): Tensor {
  return pow(beta, step).neg().add(1);
}

/** The next mean m and size v of the gradients. */
function moments(gradient: Tensor, { m, v }: Tensors, { betas: [beta1, beta2] }: Moments) {
  return { m: average(m, gradient, beta1), v: average(v, gradient.square(), beta2) };
}

const adam: UpdateRule<AdamOptions> = {
  name: "Adam",
  defaults: { lr: 0.001, betas: [0.9, 0.999], eps: 1e-7, amsgrad: false, weightDecay: 0 },
  pure: true,
  slots: (weight, { amsgrad }) => ({
    m: zerosLike(weight),
    v: zerosLike(weight),
    ...(amsgrad && { largest: zerosLike(weight) }),
  }),
  scalars: (lr, step, { betas: [beta1, beta2] }) => ({
    rate: lr.div(filled(beta1, step)),
    root: filled(beta2, step).sqrt(),
  }),
  update: (weight, gradient, slots, { rate, root }, hyper) => {
    const next: Record<string, Tensor> = moments(gradient, slots, hyper);
    if (hyper.amsgrad) next.largest = slots.largest.maximum(next.v);
    const size = over((next.largest ?? next.v).sqrt(), root).add(hyper.eps);
    return { weight: descend(weight, next.m.div(size), rate), slots: next };
  },
};

/**
 * Adaptive moment estimation (Kingma & Ba 2015).
 *
 * m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², w ← w - lr · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + eps).
 * With `amsgrad`, the largest v so far in place of v.
 *
 * Defaults: lr 0.001, betas [0.9, 0.999], eps 1e-7 (Keras's; PyTorch's is 1e-8), amsgrad false, weightDecay 0 (added
 * to the gradient; see {@link AdamW}).
 *
 * @example new Adam(model, { lr: 3e-4 });
 */
export const Adam = defineOptimizer<AdamOptions>(adam);
export type Adam = Optimizer<AdamOptions>;

/**
 * Adam whose weight decay shrinks the weights directly, w ← (1 - lr · weightDecay) w, and is not divided by the size of
 * the gradients (Loshchilov & Hutter 2019).
 *
 * Defaults: as {@link Adam}, but weightDecay 0.01.
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

/**
 * Adam whose size is the largest gradient, slowly forgotten: the norm for p → ∞ (Kingma & Ba 2015, section 7).
 *
 * m as in Adam, u ← max(β₂ u, |g| + eps), w ← w - lr · (m / (1 - β₁ᵗ)) / u.
 *
 * Defaults: lr 0.002, betas [0.9, 0.999], eps 1e-7, weightDecay 0.
 *
 * @example new Adamax(model);
 */
export const Adamax = defineOptimizer<Moments>({
  name: "Adamax",
  defaults: { lr: 0.002, betas: [0.9, 0.999], eps: 1e-7, weightDecay: 0 },
  pure: true,
  slots: (weight) => ({ m: zerosLike(weight), u: zerosLike(weight) }),
  scalars: (lr, step, { betas: [beta1] }) => ({ rate: lr.div(filled(beta1, step)) }),
  update: (weight, gradient, slots, { rate }, { betas: [beta1, beta2], eps }) => {
    const m = average(slots.m, gradient, beta1);
    const u = slots.u.mul(beta2).maximum(gradient.abs().add(eps));
    return { weight: descend(weight, m.div(u), rate), slots: { m, u } };
  },
});
export type Adamax = Optimizer<Moments>;

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
 * Defaults: lr 0.002, betas [0.9, 0.999], eps 1e-7, momentumDecay 0.004, exactProduct true, weightDecay 0.
 *
 * @example new NAdam(model);
 */
export const NAdam = defineOptimizer<NAdamOptions>({
  name: "NAdam",
  defaults: { lr: 0.002, betas: [0.9, 0.999], eps: 1e-7, momentumDecay: 0.004, exactProduct: true, weightDecay: 0 },
  pure: true,
  slots: (weight) => ({ m: zerosLike(weight), v: zerosLike(weight), product: scalar(1, "float64") }),
  scalars: (lr, step, { betas: [beta1, beta2], momentumDecay }) => {
    const momentumAt = (t: Tensor) => pow(0.96, t.mul(momentumDecay)).mul(-0.5).add(1).mul(beta1);
    return { lr, now: momentumAt(step), next: momentumAt(step.add(1)), root: filled(beta2, step).sqrt() };
  },
  update: (weight, gradient, slots, { lr, now, next, root }, hyper) => {
    const { m, v } = moments(gradient, slots, hyper);
    const product = slots.product.mul(now);
    const ofGradient = now.neg().add(1).div(product.neg().add(1));
    const withNext = hyper.exactProduct ? product.mul(next) : product.mul(now).mul(next);
    const ofMean = next.div(withNext.neg().add(1));
    const size = over(v.sqrt(), root).add(hyper.eps);
    const direction = times(gradient, ofGradient).add(times(m, ofMean)).div(size);
    return { weight: descend(weight, direction, lr), slots: { m, v, product } };
  },
});
export type NAdam = Optimizer<NAdamOptions>;
