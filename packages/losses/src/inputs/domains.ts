/**
 * What numbers a loss takes: probabilities, logits, labels …; how to know them, and where they end.
 */
import type { Tensor } from "@chainrule/core";

/** Which numbers are right: of one number, and of a tensor's, in tensor operations. The two must agree. */
export interface NumberTest {
  readonly contains: (x: number) => boolean;
  readonly holds: (x: Tensor) => Tensor;
}

/** One kind of numbers. */
export interface DomainRule extends NumberTest {
  /** Completes "expected predictions …". */
  readonly description: string;
  readonly hint?: string;
  /** What takes the place of a number that does not count; null for what always does. */
  readonly neutral: number | null;
  /** Where `checkLoss` looks whether value and gradient stay finite. */
  readonly extremes: readonly number[];
  /** A standard normal number brought into the domain: where `checkLoss` takes its samples from. */
  readonly sample: (z: number) => number;
}

/** Sums and averages of probabilities in float32 end up this far outside [0, 1]. */
const rounding = 1e-6;

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const isNumber = (x: number) => !Number.isNaN(x);

const real: DomainRule = {
  description: "that are numbers",
  contains: isNumber,
  holds: (x) => x.isNaN().logicalNot(),
  // Any function that takes probabilities or positive numbers takes it too.
  neutral: 0.5,
  extremes: [-1e3, 0, 1e3],
  sample: (z) => z,
};
const probability: DomainRule = {
  description: "that are probabilities, from 0 to 1",
  contains: (x) => x >= -rounding && x <= 1 + rounding,
  holds: (x) => x.greaterEqual(-rounding).logicalAnd(x.lessEqual(1 + rounding)),
  hint: "If these are logits, pass fromLogits: true or the loss's form for logits; else end the model in a sigmoid or softmax.",
  neutral: 0.5,
  extremes: [0, 1],
  sample: sigmoid,
};

/** Every kind of numbers that a loss may declare. */
export const domains = {
  /** Any number. */
  real,
  /** Any number, which a sigmoid or softmax makes a probability of. */
  logit: { ...real, sample: (z) => 2 * z },
  /** From 0 to 1. */
  probability,
  /** The logarithm of a probability: 0 or less. */
  logProbability: {
    description: "that are log-probabilities, 0 or less",
    contains: (x) => x <= rounding,
    holds: (x) => x.lessEqual(rounding),
    hint: "If these are logits, take their logSoftmax(-1) first, or use crossEntropy, which does.",
    neutral: -1,
    extremes: [-1e3, 0],
    sample: (z) => Math.log(sigmoid(z)),
  },
  /** The logarithm of a rate or variance; beyond ±80 its exponential leaves float32. */
  logarithm: { ...real, extremes: [-80, 0, 80] },
  /** Above 0. */
  positive: {
    description: "above 0",
    contains: (x) => x > 0,
    holds: (x) => x.greater(0),
    neutral: 1,
    extremes: [1e-6, 1e3],
    sample: (z) => Math.exp(z / 2),
  },
  /** 0 or more: rates, counts, variances. */
  nonNegative: {
    description: "of 0 or more",
    contains: (x) => x >= 0,
    holds: (x) => x.greaterEqual(0),
    hint: "Let the model end in softplus or exponential, whose results are never negative.",
    neutral: 1,
    extremes: [0, 1e3],
    sample: Math.abs,
  },
  /** The two sides of a decision: -1 and 1, or 0 and 1. */
  sign: {
    description: "that are -1 or 1 (0 stands for -1)",
    contains: (x) => x === 1 || x === 0 || x === -1,
    holds: (x) => x.abs().equal(1).logicalOr(x.equal(0)),
    neutral: 1,
    extremes: [-1, 0, 1],
    sample: (z) => (z < 0 ? -1 : 1),
  },
  /** Yes or no, 1 or 0. */
  truth: {
    description: "that are 0 or 1",
    contains: (x) => x === 0 || x === 1,
    holds: (x) => x.equal(0).logicalOr(x.equal(1)),
    neutral: 1,
    extremes: [0, 1],
    sample: (z) => (z < 0 ? 0 : 1),
  },
  /** Labels in a row, with padding; the loss itself checks them. */
  sequence: { ...real, neutral: null, extremes: [] },
  /** Class indices, one axis less than the predictions. */
  label: { ...real, extremes: [] },
  /** A probability for each class, summing to 1 along the class axis. */
  distribution: { ...probability, hint: undefined, extremes: [] },
  /** Either of the two: the shape tells which. */
  labelOrDistribution: { ...real, extremes: [] },
} satisfies Record<string, DomainRule>;

/** The name of a kind of numbers. */
export type Domain = keyof typeof domains;

/** Whether targets of this kind name classes, so that their shape depends on the class axis. */
export function isClassDomain(domain: Domain): boolean {
  return domain === "label" || domain === "distribution" || domain === "labelOrDistribution";
}
