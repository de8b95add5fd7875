/**
 * Information measures on known distributions: surprise, its averages, and what two distributions share.
 *
 * For training there are losses of the same families (crossEntropy, klDivergence, jensenShannon), which take the
 * prediction first and stay finite whatever the model says. Here p comes first, and what is infinite is infinite.
 */
import {
  asTensor,
  getDefaultDType,
  isFloat,
  normalizeAxis,
  OptionError,
  ShapeError,
  sub,
  Tensor,
  type TensorLike,
  ValueError,
  where,
} from "@chainrule/core";
import { checkOptions, describe, formatShape, sameShape } from "@chainrule/core/internal";
import { nearOne } from "../inputs/class-targets.ts";
import { domains, type NumberTest } from "../inputs/domains.ts";
import { asFloat } from "../inputs/tensors.ts";
import { checkEach } from "../inputs/values.ts";
import { xLogX } from "../numerics/stable.ts";

export interface BaseOption {
  /** The base of the logarithm: e for nats (the default), 2 for bits, 10 for hartleys. */
  base?: number;
}

/** In which unit information is measured, and how the distributions lie in the tensor. */
export interface InformationOptions extends BaseOption {
  /** Along which axis the probabilities of one distribution lie; by default the last. */
  axis?: number;
  /** Divide by the sums first, so that counts or weights become distributions. */
  normalize?: boolean;
}

/** How far the probabilities of a distribution may be from summing to 1. */
const sumTolerance = 1e-6;

/** Nats in another unit. */
export function convertToBase(name: string, nats: Tensor, base = Math.E): Tensor {
  if (typeof base !== "number" || !(base > 0) || base === 1 || base === Number.POSITIVE_INFINITY)
    throw new OptionError({
      where: name,
      expected: "a base above 0 other than 1",
      got: describe(base),
      hint: "Leave it out for nats; 2 is bits.",
    });
  return base === Math.E ? nats : nats.div(Math.log(base));
}

/** The distributions of one call as floats of one dtype: that of the first tensor among them. */
export function asFloats(...inputs: TensorLike[]): Tensor[] {
  const known = inputs.find((x): x is Tensor => x instanceof Tensor && isFloat(x.dtype));
  return inputs.map((x) => asFloat(x, known?.dtype ?? getDefaultDType()));
}

/** Throws for the first negative (or NaN) probability. */
function checkNotNegative(name: string, role: string, p: Tensor): void {
  const expected = `${role} without negative probabilities`;
  checkEach(
    p.detach(),
    domains.nonNegative,
    (x, place) => new ValueError({ where: name, expected, got: `${x} at ${place}` }),
  );
}

/** Throws for the first distribution that does not sum to 1. */
function checkSums(name: string, role: string, sums: Tensor): void {
  const refuse = (sum: number, place: string) =>
    new ValueError({
      where: name,
      expected: `${role} that sums to 1 (within ${sumTolerance})`,
      got: `a sum of ${sum}${sums.rank > 0 ? ` at ${place}` : ""}`,
      hint: "With normalize: true, counts and weights are divided by their sum first.",
    });
  checkEach(sums, nearOne(sumTolerance), refuse);
}

const finiteAboveZero: NumberTest = {
  contains: (sum) => sum > 0 && sum < Number.POSITIVE_INFINITY,
  holds: (sums) => sums.greater(0).logicalAnd(sums.isFinite()),
};

const atMostOne: NumberTest = { contains: (x) => x <= 1, holds: (x) => x.lessEqual(1) };

/** A checked distribution along the axes, divided by its sum where that is asked for. */
export function checkDistribution(
  name: string,
  role: string,
  p: Tensor,
  axes: number | number[],
  normalize = false,
): Tensor {
  checkNotNegative(name, role, p);
  const sums = p.sum(axes, { keepDims: true });
  const shown = sums.detach().sum(axes);
  if (!normalize) {
    checkSums(name, role, shown);
    return p;
  }
  const expected = `${role} with a finite sum above 0`;
  checkEach(shown, finiteAboveZero, (sum) => new ValueError({ where: name, expected, got: `${sum}` }));
  return p.div(sums);
}

/** One or two distributions of one shape, checked, and their axis. */
function checkDistributions(name: string, given: Record<string, TensorLike>, options: InformationOptions) {
  checkOptions(name, options, ["axis", "base", "normalize"]);
  const tensors = asFloats(...Object.values(given));
  const [first] = tensors;
  for (const x of tensors)
    if (!sameShape(x.shape, first.shape))
      throw new ShapeError({
        where: name,
        expected: `${Object.keys(given).join(" and ")} of the same shape`,
        got: tensors.map(({ shape }) => formatShape(shape)).join(" and "),
        hint: "Both say how probable the same events are; a distribution is never broadcast against another.",
      });
  if (first.rank === 0)
    throw new ShapeError({ where: name, expected: "the probabilities of several events", got: "a single number" });
  const axis = normalizeAxis(name, options.axis ?? -1, first.rank);
  const roles = Object.keys(given);
  return { axis, checked: tensors.map((x, i) => checkDistribution(name, roles[i], x, axis, options.normalize)) };
}

/** -p log q, which is 0 where p is 0 and Infinity where only q is. */
function crossEntropyTerms(p: Tensor, q: Tensor): Tensor {
  const never = p.equal(0).logicalAnd(q.equal(0));
  return sub(0, p.mul(where(never, 1, q).log()));
}

/**
 * How surprising an event of probability p is, -log p: 0 for the certain, Infinity for the impossible.
 *
 * Shape: any; each probability stands for itself.
 *
 * @param options `base`: nats by default, 2 for bits.
 * @throws ValueError for numbers outside [0, 1].
 *
 * Source: Shannon, "A Mathematical Theory of Communication", 1948.
 *
 * @example
 * information.surprisal(1 / 8, { base: 2 }); // 3 bits
 */
export function surprisal(p: TensorLike, options: BaseOption = {}): Tensor {
  const name = "information.surprisal";
  checkOptions(name, options, ["base"]);
  const [x] = asFloats(asTensor(p, name));
  checkNotNegative(name, "p", x);
  const expected = "probabilities up to 1";
  checkEach(x.detach(), atMostOne, (value) => new ValueError({ where: name, expected, got: `${value}` }));
  return convertToBase(name, sub(0, x.log()), options.base);
}

/**
 * Entropy, H(p) = -Σ p log p with 0 log 0 = 0: the surprise that p has on average, and the least that any code for it
 * needs. 0 where p is certain, log n where all n events are equally probable.
 *
 * Its derivative at p = 0 is Infinity, as it is in truth.
 *
 * Shape: p [.., n, ..]; result: without the axis.
 *
 * @param options `base`: nats by default, 2 for bits; `axis`, by default the last; `normalize`.
 * @throws ValueError for negative probabilities and sums other than 1.
 *
 * Source: Shannon 1948.
 *
 * @example
 * information.entropy([0.6, 0.4]); // 0.6730 nats
 * information.entropy([0.5, 0.5], { base: 2 }); // 1 bit
 */
export function entropy(p: TensorLike, options: InformationOptions = {}): Tensor {
  const { axis, checked } = checkDistributions("information.entropy", { p }, options);
  return convertToBase("information.entropy", sub(0, xLogX(checked[0]).sum(axis)), options.base);
}

/**
 * Cross-entropy, H(p, q) = -Σ p log q: the surprise on average of one who expects q where p is true.
 *
 * The minus sign belongs to it. H(p, q) = H(p) + KL(p ‖ q), so it is smallest where q = p, and there it is H(p), which
 * is 0 only where p is certain. Infinity where q is 0 and p is not; events that p never has cost nothing.
 *
 * Shape: p and q [.., n, ..]; result: without the axis.
 *
 * @param p what is true. @param q what is expected.
 * @param options `base`: nats by default, 2 for bits; `axis`, by default the last; `normalize`.
 * @throws ShapeError where shapes differ; ValueError for negative probabilities and sums other than 1.
 *
 * @example
 * information.crossEntropy([0.6, 0.4], [0.5, 0.5]); // log 2 = 0.6931 nats
 */
export function crossEntropy(p: TensorLike, q: TensorLike, options: InformationOptions = {}): Tensor {
  const { axis, checked } = checkDistributions("information.crossEntropy", { p, q }, options);
  return convertToBase("information.crossEntropy", crossEntropyTerms(checked[0], checked[1]).sum(axis), options.base);
}

/**
 * Kullback-Leibler divergence, KL(p ‖ q) = Σ p log(p / q) ≥ 0: what expecting q costs above expecting p, which is true.
 *
 * 0 only where q = p; not symmetric; Infinity where q is 0 and p is not. For training there is the loss `klDivergence`,
 * which takes the prediction q first.
 *
 * Shape: p and q [.., n, ..]; result: without the axis.
 *
 * @param options `base`: nats by default, 2 for bits; `axis`, by default the last; `normalize`.
 * @throws ShapeError where shapes differ; ValueError for negative probabilities and sums other than 1.
 *
 * Source: Kullback & Leibler, "On Information and Sufficiency", 1951.
 *
 * @example
 * information.klDivergence([0.6, 0.4], [0.5, 0.5]); // 0.0201 nats
 */
export function klDivergence(p: TensorLike, q: TensorLike, options: InformationOptions = {}): Tensor {
  const { axis, checked } = checkDistributions("information.klDivergence", { p, q }, options);
  const terms = xLogX(checked[0]).add(crossEntropyTerms(checked[0], checked[1]));
  return convertToBase("information.klDivergence", terms.sum(axis), options.base);
}

/**
 * Jensen-Shannon divergence, [KL(p ‖ m) + KL(q ‖ m)] / 2 with m = (p + q) / 2: symmetric, never infinite, at most log 2
 * (1 bit). Its root is a distance.
 *
 * Shape: p and q [.., n, ..]; result: without the axis.
 *
 * @param options `base`: nats by default, 2 for bits; `axis`, by default the last; `normalize`.
 * @throws ShapeError where shapes differ; ValueError for negative probabilities and sums other than 1.
 *
 * Source: Lin, "Divergence Measures Based on the Shannon Entropy", 1991.
 *
 * @example
 * information.jensenShannon([1, 0], [0, 1], { base: 2 }); // 1 bit
 */
export function jensenShannon(p: TensorLike, q: TensorLike, options: InformationOptions = {}): Tensor {
  const { axis, checked } = checkDistributions("information.jensenShannon", { p, q }, options);
  const [a, b] = checked;
  const terms = xLogX(a)
    .add(xLogX(b))
    .div(2)
    .sub(xLogX(a.add(b).div(2)));
  return convertToBase("information.jensenShannon", terms.sum(axis), options.base);
}

/** Σ p log p of what is left of a table without an axis: less the marginal entropy. */
export function marginalXLogX(table: Tensor, axis: number): Tensor {
  const sums = table.sum(axis);
  // An empty row or column has no derivative of its own; log 1 in its place makes it 0 and not ∞ - ∞.
  return xLogX(where(sums.equal(0), 1, sums)).sum(-1);
}

/**
 * Mutual information of a joint table, I(X; Y) = Σ p(x, y) log[p(x, y) / (p(x) p(y))]: what one tells about the other.
 *
 * 0 where X and Y are independent, H(X) where Y determines X. Events of probability 0 add nothing.
 *
 * Shape: joint [.., X, Y], whose last two axes sum to 1 together; result: without them.
 *
 * @param options `base`: nats by default, 2 for bits; `normalize`, so that a table of counts will do.
 * @throws ShapeError for a table without two axes; ValueError for negative probabilities and sums other than 1.
 *
 * Source: Shannon 1948.
 *
 * @example
 * information.mutualInformation([[0.5, 0], [0, 0.5]], { base: 2 }); // 1 bit
 */
export function mutualInformation(
  joint: TensorLike,
  options: BaseOption & Pick<InformationOptions, "normalize"> = {},
): Tensor {
  const name = "information.mutualInformation";
  checkOptions(name, options, ["base", "normalize"]);
  const [table] = asFloats(joint);
  if (table.rank < 2)
    throw new ShapeError({ where: name, expected: "a joint table, [X, Y]", got: formatShape(table.shape) });
  const p = checkDistribution(name, "a joint table", table, [-2, -1], options.normalize);
  const nats = xLogX(p).sum([-2, -1]).sub(marginalXLogX(p, -1)).sub(marginalXLogX(p, -2));
  return convertToBase(name, nats, options.base);
}

/**
 * Perplexity, e^H(p): among how many equally probable events the surprise would be the same. Given q too, e^H(p, q),
 * which is what language models are measured by.
 *
 * Shape: p (and q) [.., n, ..]; result: without the axis.
 *
 * @param options `axis`, by default the last; `normalize`. The base makes no difference: 2^(bits) = e^(nats).
 * @throws ShapeError where shapes differ; ValueError for negative probabilities and sums other than 1.
 *
 * @example
 * information.perplexity([0.25, 0.25, 0.25, 0.25]); // 4
 */
export function perplexity(p: TensorLike, q: TensorLike = p, options: Omit<InformationOptions, "base"> = {}): Tensor {
  const name = "information.perplexity";
  checkOptions(name, options, ["axis", "normalize"]);
  const { axis, checked } = checkDistributions(name, q === p ? { p } : { p, q }, options);
  const [first, second] = checked;
  return (second ? crossEntropyTerms(first, second) : sub(0, xLogX(first))).sum(axis).exp();
}
