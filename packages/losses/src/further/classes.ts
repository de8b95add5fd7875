/**
 * Further losses over classes and labels: cross-entropy that is bent for wrong labels, rare labels and easy samples.
 */
import { OptionError, sub, type Tensor, where } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { defineLoss } from "../definition/define-loss.ts";
import { asDistribution, costOfTarget, reduceOverClasses, selectTarget } from "../families/class-losses.ts";
import { type FromLogits, logitsOrProbabilities, logOfClasses } from "../families/cross-entropy.ts";
import { type ClassOptions, isLabels } from "../inputs/class-targets.ts";
import { clipStraightThrough, epsilon, powFromZero } from "../numerics/stable.ts";

function checkAtLeast(where: string, name: string, value: unknown, least: number, most = Number.MAX_VALUE): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  const range = most === Number.MAX_VALUE ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new OptionError({ where, expected: `${name} ${range}`, got: describe(value) });
}

interface PolyOptions extends ClassOptions {
  epsilon?: number;
}

/**
 * Poly-1 cross-entropy, ℓ = -log p_y + ε (1 - p_y) with p = softmax(x): cross-entropy as a sum of powers of 1 - p_y, the first of
 * which counts ε more.
 *
 * Shape: predictions [.., C, ..], targets labels or probabilities; losses: without the class axis.
 *
 * @param prediction logits: any numbers, no softmax before.
 * @param options `epsilon`, by default 2; `axis`, `classWeight`, `labelSmoothing`, `ignoreIndex` as {@link crossEntropy}.
 * @throws OptionError for an epsilon that is no finite number; ShapeError and ValueError as {@link crossEntropy}.
 *
 * Source: Leng et al., "PolyLoss", ICLR 2022; optax's `poly_loss_cross_entropy`.
 *
 * @example
 * polyCrossEntropy([[0, 0]], [0], { epsilon: 1 }); // log 2 + 1/2 = 1.1931
 */
export const polyCrossEntropy = defineLoss<PolyOptions>(
  "polyCrossEntropy",
  (prediction, target, { epsilon: more = 2, ...options }) => {
    if (!Number.isFinite(more))
      throw new OptionError({ where: "polyCrossEntropy", expected: "a finite epsilon", got: describe(more) });
    const logP = prediction.logSoftmax(options.axis);
    return reduceOverClasses(sub(0, logP).sub(logP.expm1().mul(more)), target, options);
  },
  {
    options: ["epsilon", "axis", "classWeight", "labelSmoothing", "ignoreIndex"],
    aliases: ["poly_loss_cross_entropy", "poly1_cross_entropy", "poly_loss"],
    inputs: { prediction: "logit", target: "labelOrDistribution" },
  },
);

interface SymmetricOptions extends FromLogits {
  alpha?: number;
  beta?: number;
  clip?: number;
  axis?: number;
}

/**
 * Symmetric cross-entropy, ℓ = α H(y, p) + β H(p, y): cross-entropy, and the same with the roles exchanged, which wrong labels
 * cannot make large. In the second, y is taken as at least `clip`: for a label it is -log(clip) (1 - p_y).
 *
 * Shape: predictions [.., C, ..], targets labels or probabilities; losses: without the class axis.
 *
 * @param options `alpha`, by default 0.1; `beta`, by default 1; `clip`, by default 1e-4, as in the authors' code;
 *   `fromLogits`; `axis`, by default the last.
 * @throws OptionError for weights below 0 and a clip outside (0, 1); ShapeError and ValueError as {@link crossEntropy}.
 *
 * Source: Wang et al., "Symmetric Cross Entropy for Robust Learning with Noisy Labels", ICCV 2019.
 *
 * @example
 * symmetricCrossEntropy([[0.25, 0.75]], [1]); // 0.1 · 0.2877 + 0.25 · 9.2103 = 2.3314
 */
export const symmetricCrossEntropy = defineLoss<SymmetricOptions>(
  "symmetricCrossEntropy",
  (prediction, target, { alpha = 0.1, beta = 1, clip = 1e-4, fromLogits = false, axis = -1 }) => {
    const where = "symmetricCrossEntropy";
    checkAtLeast(where, "alpha", alpha, 0);
    checkAtLeast(where, "beta", beta, 0);
    if (!(clip > 0 && clip < 1))
      throw new OptionError({ where, expected: "clip above 0 and below 1", got: describe(clip) });
    const logP = logOfClasses(prediction, fromLogits, axis);
    const forward = costOfTarget(logP, target, axis, (x) => x.neg());
    const backward = isLabels(target)
      ? selectTarget(logP, target, axis).expm1().mul(Math.log(clip))
      : logP.exp().mul(target.clamp(clip).log()).sum(axis).neg();
    return forward.mul(alpha).add(backward.mul(beta));
  },
  {
    options: ["alpha", "beta", "clip", "fromLogits", "axis"],
    aliases: ["symmetric_cross_entropy"],
    inputs: { prediction: logitsOrProbabilities, target: "labelOrDistribution" },
  },
);

interface AsymmetricOptions extends FromLogits {
  gammaNegative?: number;
  gammaPositive?: number;
  clip?: number;
}

/** What is wrong to the power γ, times the cost; where that is infinite the slope of the other factor is 0, not NaN. */
function focused(cost: Tensor, wrong: Tensor, gamma: number): Tensor {
  return powFromZero(where(cost.isInfinite(), wrong.detach(), wrong), gamma).mul(cost);
}

/**
 * Asymmetric loss for many labels, ℓ = -y (1 - p)^γ₊ log p - (1 - y) q^γ₋ log(1 - q) with q = max(0, p - clip): focal loss that
 * forgets the many labels that do not hold sooner than the few that do, and those below `clip` altogether.
 *
 * Shape: predictions, targets and losses the same.
 *
 * @param options `gammaNegative` γ₋, by default 4; `gammaPositive` γ₊, by default 1; `clip`, by default 0.05; `fromLogits`.
 * @throws OptionError for a γ below 0 and a clip outside [0, 1); ShapeError where shapes differ; ValueError for
 *   probabilities or targets outside [0, 1].
 *
 * Source: Ridnik et al., "Asymmetric Loss For Multi-Label Classification", ICCV 2021. The authors' code can leave the
 * derivative of the powers out; here it is in.
 *
 * @example
 * asymmetric([0.9, 0.04], [1, 0]); // (0.1 · 0.1054 + 0) / 2 = 0.005268
 */
export const asymmetric = defineLoss<AsymmetricOptions>(
  "asymmetric",
  (prediction, y, { gammaNegative = 4, gammaPositive = 1, clip = 0.05, fromLogits = false }) => {
    checkAtLeast("asymmetric", "gammaNegative", gammaNegative, 0);
    checkAtLeast("asymmetric", "gammaPositive", gammaPositive, 0);
    if (!(clip >= 0 && clip < 1))
      throw new OptionError({ where: "asymmetric", expected: "clip from 0 to below 1", got: describe(clip) });
    const given = fromLogits ? prediction : clipStraightThrough(prediction, epsilon, 1 - epsilon);
    // What does not count, of one that holds or one that does not, is made harmless: it may be infinite.
    const [yes, no] = [0, 1].map((other) => where(y.equal(other), fromLogits ? 0 : 0.5, given));
    const costOfYes = fromLogits ? yes.neg().softplus() : yes.log().neg();
    const missed = fromLogits ? yes.neg().sigmoid() : sub(1, yes);
    const right = fromLogits ? no.neg().sigmoid() : sub(1, no);
    const kept = right.add(clip).minimum(1);
    const plain = fromLogits ? no.softplus() : no.neg().log1p().neg();
    const costOfNo = clip > 0 ? kept.log().neg() : plain;
    const wrong = clip > 0 ? sub(1, kept) : sub(1, right);
    return y.mul(focused(costOfYes, missed, gammaPositive)).add(sub(1, y).mul(focused(costOfNo, wrong, gammaNegative)));
  },
  {
    options: ["gammaNegative", "gammaPositive", "clip", "fromLogits"],
    aliases: ["asymmetric_loss"],
    inputs: { prediction: logitsOrProbabilities, target: "probability" },
  },
);

interface BiTemperedOptions {
  t1?: number;
  t2?: number;
  axis?: number;
}

/** Newton's steps to the normaliser: 7 were the most that any of thousands of rows took to the last digit. */
const steps = 10;

/**
 * log of the tempered softmax, log exp_t(x - λ) with exp_t(x) = (1 + (1 - t) x)^(1/(1 - t)), and λ such that it sums to 1.
 *
 * With S = Σ exp_t(x - λ), S^(1 - t) is concave in λ and all but straight: its root at 1 is approached from below. The last
 * two steps change no digit; they are differentiated, the first for the first derivative and both for the second.
 */
function logTemperedSoftmax(x: Tensor, t: number, axis: number): Tensor {
  if (t === 1) return x.logSoftmax(axis);
  const below = x.detach().max(axis, { keepDims: true }).sub(x);
  const base = (gap: Tensor, lambda: Tensor) =>
    gap
      .add(lambda)
      .mul(t - 1)
      .add(1);
  const sums = (gap: Tensor, lambda: Tensor) => {
    const u = base(gap, lambda);
    const of = (power: number) => u.pow(-power / (t - 1)).sum(axis, { keepDims: true });
    return { sum: of(1), slope: of(t) };
  };
  const fixed = below.detach();
  let lambda = fixed.min(axis, { keepDims: true });
  for (let i = 0; i < steps; i++) {
    const { sum, slope } = sums(fixed, lambda);
    lambda = lambda.add(
      sum
        .pow(t)
        .sub(sum)
        .div(slope.mul(t - 1)),
    );
  }
  for (let i = 0; i < 2; i++) {
    const { sum, slope } = sums(below, lambda);
    lambda = lambda.add(sum.sub(1).div(slope));
  }
  return below
    .add(lambda)
    .mul(t - 1)
    .log1p()
    .div(1 - t);
}

/**
 * Bi-tempered logistic loss, ℓ = Σ_c [y_c (log_t₁ y_c - log_t₁ p_c) - (y_c^(2 - t₁) - p_c^(2 - t₁)) / (2 - t₁)]: below 1, t₁ bounds
 * what one sample can cost; above 1, t₂ gives p = softmax_t₂(x) heavy tails. t₁ = t₂ = 1 is cross-entropy, less H(y).
 *
 * Shape: predictions [.., C, ..], targets labels or probabilities; losses: without the class axis.
 *
 * @param prediction scores: any numbers, no softmax before.
 * @param options `t1` from 0 to 1, by default 0.8; `t2` of 1 or more, by default 1.2; `axis`, by default the last.
 * @throws OptionError for other temperatures; ShapeError, and ValueError for labels that are no class.
 *
 * Source: Amid et al., "Robust Bi-Tempered Logistic Loss Based on Bregman Divergences", NeurIPS 2019.
 *
 * @example
 * biTempered([[2, 1, 0]], [0]); // 0.3401
 */
export const biTempered = defineLoss<BiTemperedOptions>(
  "biTempered",
  (prediction, target, { t1 = 0.8, t2 = 1.2, axis = -1 }) => {
    checkAtLeast("biTempered", "t1", t1, 0, 1);
    checkAtLeast("biTempered", "t2", t2, 1);
    const logP = logTemperedSoftmax(prediction, t2, axis);
    const y = asDistribution(target, prediction, axis);
    const logOf = (log: Tensor) =>
      t1 === 1
        ? log
        : log
            .mul(1 - t1)
            .expm1()
            .div(1 - t1);
    const logY = where(y.equal(0), 1, y).log();
    const powers = where(y.equal(0), 0, logY.mul(2 - t1).exp());
    const distance = costOfTarget(logP, target, axis, (x) => logOf(x).neg());
    const ofTarget = y.mul(logOf(logY)).sum(axis);
    const bregman = logP
      .mul(2 - t1)
      .exp()
      .sub(powers)
      .sum(axis)
      .div(2 - t1);
    return distance.add(ofTarget).add(bregman);
  },
  {
    options: ["t1", "t2", "axis"],
    aliases: ["bi_tempered_logistic_loss", "bi_tempered_logistic"],
    inputs: { prediction: "real", target: "labelOrDistribution" },
  },
);
