/**
 * Further measures: conditional entropy, mixtures, Bregman divergences, and one unit in another.
 */
import {
  asTensor,
  grad,
  normalizeAxis,
  OptionError,
  ShapeError,
  Tensor,
  type TensorLike,
  where,
} from "@chainrule/core";
import { checkOptions, describe, formatShape, isFunction, sameShape } from "@chainrule/core/internal";
import { xLogX } from "../numerics/stable.ts";
import {
  asFloats,
  type BaseOption,
  checkDistribution,
  convertToBase,
  type InformationOptions,
  marginalXLogX,
} from "./measures.ts";

/**
 * Conditional entropy of a joint table, H(Y | X) = -Σ p(x, y) log p(y | x) = H(X, Y) - H(X): how surprising Y still is on average to
 * one who knows X. 0 where X determines Y, H(Y) where the two are independent.
 *
 * Shape: joint [.., X, Y], whose last two axes sum to 1 together; result: without them.
 *
 * @param options `given`, what is known: the "rows" X (the default) or the "columns" Y; `base`: nats by default, 2 for
 *   bits; `normalize`, so that a table of counts will do.
 * @throws ShapeError for a table without two axes; ValueError for negative probabilities and sums other than 1.
 *
 * Source: Shannon 1948.
 *
 * @example
 * information.conditionalEntropy([[0.25, 0.25], [0, 0.5]], { base: 2 }); // half of the time 1 bit: 0.5
 */
export function conditionalEntropy(
  joint: TensorLike,
  options: BaseOption & Pick<InformationOptions, "normalize"> & { given?: "rows" | "columns" } = {},
): Tensor {
  const name = "information.conditionalEntropy";
  checkOptions(name, options, ["base", "normalize", "given"]);
  const { given = "rows", base, normalize } = options;
  if (given !== "rows" && given !== "columns")
    throw new OptionError({ where: name, expected: 'given as "rows" or "columns"', got: describe(given) });
  const [table] = asFloats(joint);
  if (table.rank < 2)
    throw new ShapeError({ where: name, expected: "a joint table, [X, Y]", got: formatShape(table.shape) });
  const p = checkDistribution(name, "a joint table", table, [-2, -1], normalize);
  const nats = marginalXLogX(p, given === "rows" ? -1 : -2).sub(xLogX(p).sum([-2, -1]));
  return convertToBase(name, nats, base);
}

/**
 * The mixture of distributions, m = Σ_k w_k p_k: what is drawn where first one of them is drawn, and then from it.
 *
 * Cross-entropy is linear in what is true, H(m, q) = Σ_k w_k H(p_k, q); entropy is not: H(m) = Σ_k w_k [H(p_k) + KL(p_k ‖ m)].
 * `explainMixture` shows it.
 *
 * Shape: components [.., K, n], weights [.., K]; result [.., n].
 *
 * @param weights w, which sum to 1.
 * @throws ShapeError where the two do not fit; ValueError for negative probabilities and sums other than 1.
 *
 * @example
 * information.mixture([[1, 0], [0.5, 0.5]], [0.5, 0.5]); // [0.75, 0.25]
 */
export function mixture(components: TensorLike, weights: TensorLike): Tensor {
  const name = "information.mixture";
  const [parts, shares] = asFloats(components, weights);
  if (parts.rank < 2 || !sameShape(shares.shape, parts.shape.slice(0, -1)))
    throw new ShapeError({
      where: name,
      expected: "components [.., K, n] and a weight for each, [.., K]",
      got: `components ${formatShape(parts.shape)} and weights ${formatShape(shares.shape)}`,
    });
  const checked = checkDistribution(name, "each component", parts, parts.rank - 1);
  const w = checkDistribution(name, "weights", shares, shares.rank - 1);
  return checked.mul(w.unsqueeze(-1)).sum(-2);
}

/**
 * An amount of information in another unit: x log(from) / log(to).
 *
 * Shape: any.
 *
 * @param options the bases of the logarithms, `from` and `to`; each e, for nats, by default; 2 is bits, 10 hartleys.
 * @throws OptionError for a base that is not above 0, or is 1.
 *
 * @example
 * information.convert(1, { from: 2 }); // a bit is log 2 = 0.6931 nats
 * information.convert(1, { to: 2 }); // a nat is 1.4427 bits
 */
export function convert(x: TensorLike, options: { from?: number; to?: number } = {}): Tensor {
  const name = "information.convert";
  checkOptions(name, options, ["from", "to"]);
  const { from = Math.E, to = Math.E } = options;
  const [amount] = asFloats(asTensor(x, name));
  for (const base of [from, to]) convertToBase(name, amount.detach(), base);
  return from === to ? amount : amount.mul(Math.log(from) / Math.log(to));
}

type Generator = (x: Tensor, axis: number) => Tensor;

/** Of which convex function a Bregman divergence is. */
export interface BregmanOptions {
  /**
   * `"entropy"`, Σ x log x (the default); `"squares"`, Σ x²; `"logarithm"`, -Σ log x; or a convex function F of a tensor and the
   * axis, which it reduces.
   */
  generator?: "entropy" | "squares" | "logarithm" | Generator;
  /** Along which axis the numbers of one vector lie; by default the last. */
  axis?: number;
}

/** The convex functions by name. */
export const generators: Readonly<Record<string, Generator>> = {
  entropy: (x, axis) => xLogX(x).sum(axis),
  squares: (x, axis) => x.square().sum(axis),
  logarithm: (x, axis) => x.log().sum(axis).neg(),
};

/** The convex function of the options. @throws OptionError for what is none. */
export function generatorOf(name: string, generator: BregmanOptions["generator"] = "entropy"): Generator {
  const found =
    typeof generator === "string" && Object.hasOwn(generators, generator) ? generators[generator] : generator;
  if (found !== generator) return found as Generator;
  if (isFunction(found)) return checked(name, found as Generator);
  throw new OptionError({
    where: name,
    expected: `a generator: ${Object.keys(generators).join(", ")}, or a function of a tensor and an axis`,
    got: describe(generator),
  });
}

/** A function of one's own, of which each result is looked at. */
function checked(where: string, generator: Generator): Generator {
  return (x, axis) => {
    const result = generator(x, axis);
    const shape = x.shape.filter((_, i) => i !== axis);
    if (result instanceof Tensor && sameShape(result.shape, shape)) return result;
    throw new OptionError({
      where,
      expected: `a generator that adds up along its axis, here to shape ${formatShape(shape)}`,
      got: result instanceof Tensor ? `one that returns shape ${formatShape(result.shape)}` : describe(result),
      hint: "Write (x, axis) => x.square().sum(axis).",
    });
  };
}

/**
 * Bregman divergence, D_F(p, q) = F(p) - F(q) - ∇F(q)·(p - q): how far F at p lies above its tangent at q. Never below 0, and 0
 * where p is q.
 *
 * The squared error and the Kullback-Leibler divergence are two of the same kind, of F = Σ x² and F = Σ x log x; -Σ log x gives
 * Itakura and Saito's distance. Of all numbers q, the mean of the p has the least mean divergence from them, whatever F is:
 * that is why a model that minimises one learns a conditional mean.
 *
 * Shape: p and q [.., n, ..]; result: without the axis. They need not sum to 1.
 *
 * @param options `generator` F; `axis`, by default the last.
 * @throws ShapeError where shapes differ; OptionError for a generator that is none.
 *
 * Source: Bregman 1967; Banerjee et al., "Clustering with Bregman Divergences", JMLR 2005.
 *
 * @example
 * information.bregman([0.6, 0.4], [0.5, 0.5]); // KL: 0.0201
 * information.bregman([1, 2], [0, 4], { generator: "squares" }); // 1 + 4 = 5
 */
export function bregman(p: TensorLike, q: TensorLike, options: BregmanOptions = {}): Tensor {
  const name = "information.bregman";
  checkOptions(name, options, ["generator", "axis"]);
  const generator = generatorOf(name, options.generator);
  const [first, second] = asFloats(p, q);
  if (first.rank === 0 || !sameShape(first.shape, second.shape))
    throw new ShapeError({
      where: name,
      expected: "p and q of the same shape, vectors along an axis",
      got: `${formatShape(first.shape)} and ${formatShape(second.shape)}`,
    });
  const axis = normalizeAxis(name, options.axis ?? -1, first.rank);
  const slope = grad((x: Tensor) => generator(x, axis).sum())(second);
  // Where they are the same nothing is added, infinite as the slope may be: Σ x log x has one of -Infinity at 0.
  const isSame = first.equal(second).logicalAnd(slope.isInfinite());
  const along = where(isSame, 0, first.sub(second)).mul(where(isSame, 0, slope));
  return generator(first, axis).sub(generator(second, axis)).sub(along.sum(axis));
}
