/**
 * Further divergences of the targets from the predictions: Rényi's, Tsallis's, α- and f-divergences, and the distance that
 * probability has to be moved along a line.
 */
import { normalizeAxis, OptionError, ShapeError, sub, type Tensor, tensor, where } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { defineLoss } from "../definition/define-loss.ts";
import { alignToAxis } from "../families/class-losses.ts";
import { clipStraightThrough, epsilon } from "../numerics/stable.ts";

interface AlphaOptions {
  alpha?: number;
  axis?: number;
}

function checkAlpha(where: string, alpha: unknown, isAny = false): void {
  if (Number.isFinite(alpha) && (isAny || (alpha as number) > 0)) return;
  throw new OptionError({ where, expected: isAny ? "a finite alpha" : "a finite alpha above 0", got: describe(alpha) });
}

/** log(q / p), with q cut to 1e-7, as in `klDivergence`, and p to the same where it is below; and whether p is above 0. */
function logRatio(q: Tensor, p: Tensor): Tensor {
  const safe = where(p.greater(epsilon), p, epsilon);
  return clipStraightThrough(q, epsilon).log().sub(safe.log());
}

/** Σ p [(q/p)^(1 - α) - 1], which keeps its digits where α is near 1. */
function powersLessOne(q: Tensor, p: Tensor, alpha: number, axis: number): Tensor {
  const powers = logRatio(q, p)
    .mul(1 - alpha)
    .expm1();
  return where(p.equal(0), 0, p.mul(where(p.equal(0), 0, powers))).sum(axis);
}

/** Σ p log(p/q). */
function relativeEntropy(q: Tensor, p: Tensor, axis: number): Tensor {
  return p.mul(logRatio(q, p)).sum(axis).neg();
}

/**
 * Rényi divergence of the targets from the predictions, ℓ = log(Σ p^α q^(1 - α)) / (α - 1), with p the target and q the
 * prediction: for α = 1 the Kullback-Leibler divergence, for α = 1/2 twice Bhattacharyya's distance.
 *
 * Shape: predictions and targets [.., C, ..]; losses: without the class axis.
 *
 * @param prediction q: probabilities, cut to 1e-7. @param target p: probabilities that sum to 1.
 * @param options `alpha` above 0, by default 1/2; `axis`, by default the last.
 * @throws OptionError for another alpha; ShapeError where shapes differ; ValueError for what is no distribution.
 *
 * Source: Rényi, "On Measures of Entropy and Information", 1961.
 *
 * @example
 * renyiDivergence([[0.5, 0.5]], [[1, 0]]); // -2 log √(1/2) = 0.6931
 */
export const renyiDivergence = defineLoss<AlphaOptions>(
  "renyiDivergence",
  (q, p, { alpha = 0.5, axis = -1 }) => {
    checkAlpha("renyiDivergence", alpha);
    if (alpha === 1) return relativeEntropy(q, p, axis);
    if (Math.abs(alpha - 1) < 0.1)
      return powersLessOne(q, p, alpha, axis)
        .log1p()
        .div(alpha - 1);
    // Far from 1 the powers may be larger than any number.
    const logs = logRatio(q, p)
      .mul(1 - alpha)
      .add(where(p.equal(0), 1, p).log());
    return where(p.equal(0), Number.NEGATIVE_INFINITY, logs)
      .logSumExp(axis)
      .div(alpha - 1);
  },
  {
    options: ["alpha", "axis"],
    aliases: ["renyi_divergence", "renyi"],
    inputs: { prediction: "probability", target: "distribution" },
  },
);

/**
 * Tsallis divergence of the targets from the predictions, ℓ = (Σ p^α q^(1 - α) - 1) / (α - 1), with p the target and q the
 * prediction: for α = 1 the Kullback-Leibler divergence.
 *
 * Shape: predictions and targets [.., C, ..]; losses: without the class axis.
 *
 * @param prediction q: probabilities, cut to 1e-7. @param target p: probabilities that sum to 1.
 * @param options `alpha` above 0, by default 1/2; `axis`, by default the last.
 * @throws OptionError for another alpha; ShapeError where shapes differ; ValueError for what is no distribution.
 *
 * Source: Tsallis, "Generalized entropy-based criterion for consistent testing", 1998.
 *
 * @example
 * tsallisDivergence([[0.5, 0.5]], [[1, 0]], { alpha: 2 }); // 1/0.5 - 1 = 1
 */
export const tsallisDivergence = defineLoss<AlphaOptions>(
  "tsallisDivergence",
  (q, p, { alpha = 0.5, axis = -1 }) => {
    checkAlpha("tsallisDivergence", alpha);
    return alpha === 1 ? relativeEntropy(q, p, axis) : powersLessOne(q, p, alpha, axis).div(alpha - 1);
  },
  {
    options: ["alpha", "axis"],
    aliases: ["tsallis_divergence", "tsallis"],
    inputs: { prediction: "probability", target: "distribution" },
  },
);

/**
 * α-divergence of the targets from the predictions, ℓ = Σ [p^α q^(1 - α) - α p + (α - 1) q] / (α (α - 1)), with p the target and q
 * the prediction: KL(p ‖ q) for α = 1, KL(q ‖ p) for α = 0, four times the squared Hellinger distance for α = 1/2, half of
 * Pearson's χ² for α = 2.
 *
 * Never below 0, of numbers that do not sum to 1 as well. The larger α, the more q covers all that p has; the smaller, the
 * more it keeps to one of its peaks.
 *
 * Shape: predictions and targets [.., C, ..]; losses: without the class axis.
 *
 * @param prediction q: probabilities, cut to 1e-7. @param target p: probabilities that sum to 1, cut likewise where α ≤ 1/2.
 * @param options `alpha`, any number, by default 1/2; `axis`, by default the last.
 * @throws OptionError for another alpha; ShapeError where shapes differ; ValueError for what is no distribution.
 *
 * Source: Amari 1985; Cichocki & Amari, "Families of Alpha- Beta- and Gamma-Divergences", 2010; Minka 2005.
 *
 * @example
 * alphaDivergence([[0.5, 0.5]], [[0.9, 0.1]], { alpha: 2 }); // (0.4²/0.5 + 0.4²/0.5) / 2 = 0.32
 */
export const alphaDivergence = defineLoss<AlphaOptions>(
  "alphaDivergence",
  (q, p, { alpha = 0.5, axis = -1 }) => {
    checkAlpha("alphaDivergence", alpha, true);
    const safe = clipStraightThrough(q, epsilon);
    const log = logRatio(q, p);
    // D_α(p ‖ q) = D_(1 - α)(q ‖ p): that of the two is taken whose α is at least 1/2, which divides by no small number.
    const swapped = alpha < 0.5;
    const [a, first, second] = swapped ? [1 - alpha, safe, where(p.greater(epsilon), p, epsilon)] : [alpha, p, safe];
    const ratio = swapped ? log.neg() : log;
    const powers =
      a === 1
        ? ratio.neg()
        : ratio
            .mul(1 - a)
            .expm1()
            .div(a - 1);
    const terms = where(first.equal(0), 0, first.mul(where(first.equal(0), 0, powers)));
    return terms.sub(first).add(second).sum(axis).div(a);
  },
  {
    options: ["alpha", "axis"],
    aliases: ["alpha_divergence"],
    inputs: { prediction: "probability", target: "distribution" },
  },
);

const safely = (t: Tensor, f: (t: Tensor) => Tensor) => f(where(t.equal(0), 1, t));

/** t log t, and 0 at 0. */
const timesOwnLog = (t: Tensor) => t.mul(safely(t, (x) => x.log()));

/** f of t = p/q, by name; convex, 0 at 1. */
const generators = {
  kl: timesOwnLog,
  reverseKl: (t) => t.clamp(epsilon).log().neg(),
  jensenShannon: (t) =>
    timesOwnLog(t)
      .sub(t.add(1).mul(t.add(1).div(2).log()))
      .div(2),
  hellinger: (t) =>
    where(
      t.equal(0),
      0,
      safely(t, (x) => x.sqrt()),
    )
      .sub(1)
      .square()
      .div(2),
  pearson: (t) => t.sub(1).square(),
  neyman: (t) => t.sub(1).square().div(t.clamp(epsilon)),
  totalVariation: (t) => t.sub(1).abs().div(2),
} satisfies Record<string, (t: Tensor) => Tensor>;

interface FOptions {
  f?: keyof typeof generators | ((ratio: Tensor) => Tensor);
  axis?: number;
}

/**
 * f-divergence of the targets from the predictions, ℓ = Σ q f(p/q), with p the target, q the prediction and f convex with
 * f(1) = 0: all of Kullback-Leibler, Jensen-Shannon, Hellinger, χ² and total variation by their f.
 *
 * By name: "kl" t log t, "reverseKl" -log t, "jensenShannon", "hellinger" (√t - 1)²/2, "pearson" (t - 1)², "neyman" (t - 1)²/t,
 * "totalVariation" |t - 1|/2.
 *
 * Shape: predictions and targets [.., C, ..]; losses: without the class axis.
 *
 * @param prediction q: probabilities, cut to 1e-7. @param target p: probabilities that sum to 1.
 * @param options `f`, a name (by default "kl") or a function of a tensor of ratios t ≥ 0; `axis`, by default the last.
 * @throws OptionError for an f that is neither; ShapeError where shapes differ; ValueError for what is no distribution.
 *
 * Source: Csiszár 1963; Ali & Silvey 1966.
 *
 * @example
 * fDivergence([[0.5, 0.5]], [[0.9, 0.1]], { f: "totalVariation" }); // 0.4
 * fDivergence([[0.5, 0.5]], [[0.9, 0.1]], { f: (t) => t.sub(1).square() }); // Pearson's χ²: 0.64
 */
export const fDivergence = defineLoss<FOptions>(
  "fDivergence",
  (q, p, { f = "kl", axis = -1 }) => {
    const generator = typeof f === "string" && Object.hasOwn(generators, f) ? generators[f] : f;
    if (typeof generator !== "function")
      throw new OptionError({
        where: "fDivergence",
        expected: `f as a function of ratios, or a name: ${Object.keys(generators).join(", ")}`,
        got: describe(f),
      });
    const safe = clipStraightThrough(q, epsilon);
    return safe.mul(generator(p.div(safe))).sum(axis);
  },
  {
    options: ["f", "axis"],
    aliases: ["f_divergence"],
    inputs: { prediction: "probability", target: "distribution" },
  },
);

interface WassersteinOptions {
  positions?: readonly number[];
  samples?: boolean;
  axis?: number;
}

/**
 * Wasserstein distance of order 1 along a line (earth mover's distance): how far probability has to be moved on average to make
 * the one distribution the other, ℓ = Σᵢ |P(x ≤ xᵢ) - Q(x ≤ xᵢ)| (xᵢ₊₁ - xᵢ). Classes that are near each other cost less.
 *
 * With `samples` both are samples of a distribution, in any order: ℓ is the mean distance between the two when sorted.
 *
 * Shape: predictions and targets [.., C, ..]; losses: without the class axis.
 *
 * @param prediction probabilities; with `samples` numbers. @param target the same.
 * @param options `positions` x of the classes, ascending, by default 0, 1, 2, …; `samples`; `axis`, by default the last.
 * @throws OptionError for positions that do not ascend; ShapeError for another number of them, and where shapes differ;
 *   ValueError for what is no distribution.
 *
 * Source: Vallender 1974; SciPy's `wasserstein_distance`.
 *
 * @example
 * wasserstein([[1, 0, 0]], [[0, 0, 1]]); // 2: one to the right, and one more
 * wasserstein([[3, 1]], [[2, 5]], { samples: true }); // (|1 - 2| + |3 - 5|) / 2 = 1.5
 */
export const wasserstein = defineLoss<WassersteinOptions>(
  "wasserstein",
  (prediction, target, { positions, samples = false, axis = -1 }) => {
    const where = "wasserstein";
    const along = normalizeAxis(where, axis, prediction.rank);
    const classes = prediction.shape[along];
    if (samples) {
      if (positions !== undefined)
        throw new OptionError({ where, expected: "no positions for samples, which are positions", got: "both" });
      return prediction.sort(along).sub(target.sort(along)).abs().mean(along);
    }
    if (positions !== undefined && positions.length !== classes)
      throw new ShapeError({ where, expected: `${classes} positions, one for each class`, got: `${positions.length}` });
    const places = positions ?? Array.from({ length: classes }, (_, i) => i);
    const gaps = places.map((place, i) => (i + 1 < classes ? places[i + 1] - place : 0));
    if (!gaps.every((gap, i) => Number.isFinite(gap) && (gap > 0 || i + 1 === classes)))
      throw new OptionError({ where, expected: "finite positions that ascend", got: `[${places.join(", ")}]` });
    const distances = alignToAxis(tensor(gaps, { dtype: prediction.dtype }), prediction.rank, along);
    return sub(prediction, target).cumsum(along).abs().mul(distances).sum(along);
  },
  {
    options: ["positions", "samples", "axis"],
    aliases: ["wasserstein_distance", "earth_movers_distance", "emd"],
    inputs: {
      prediction: ({ samples }) => (samples ? "real" : "probability"),
      target: ({ samples }) => (samples ? "real" : "distribution"),
    },
  },
);
