/**
 * Distributions with what their draws have to follow: one row or more for each.
 */
import { scalar, tensor } from "@chainrule/core";
import {
  Bernoulli,
  Beta,
  Categorical,
  type Distribution,
  Empirical,
  Gamma,
  MixtureSameFamily,
  Normal,
  Poisson,
} from "../src/index.ts";

type DType = "float32" | "float64";

/** A distribution of numbers, and its law: a distribution function, its deciles, or the probabilities of 0, 1, …. */
export interface Law {
  readonly name: string;
  readonly make: (dtype: DType) => Distribution;
  readonly cdf?: (x: number) => number;
  readonly deciles?: readonly number[];
  readonly probabilities?: readonly number[];
}

const deciles = {
  /** By scipy.stats 1.17.1. */
  normal: [-1.2815516, -0.8416212, -0.5244005, -0.2533471, 0, 0.2533471, 0.5244005, 0.8416212, 1.2815516],
  gammaOf03: [0.000323725, 0.00327034, 0.0127267, 0.0337398, 0.0731311, 0.141253, 0.256565, 0.460074, 0.884811],
  gammaOf25: [0.805154, 1.17127, 1.49995, 1.82775, 2.17573, 2.56593, 3.03221, 3.64464, 4.61818],
  betaOf25: [0.0925953, 0.139881, 0.181803, 0.222584, 0.26445, 0.309444, 0.360358, 0.422448, 0.510316],
};

function poisson(rate: number): number[] {
  const found = [Math.exp(-rate)];
  for (let k = 1; k < 12 * rate + 20; k++) found.push((found[k - 1] * rate) / k);
  return found;
}

const twoGammas = (dtype: DType) => new Gamma(tensor([1, 1], { dtype }), [1, 0.25]);

export const laws: readonly Law[] = [
  {
    name: "MixtureSameFamily of exponentials",
    make: (dtype) => new MixtureSameFamily(new Categorical({ probs: [0.25, 0.75] }), twoGammas(dtype)),
    cdf: (x) => 1 - 0.25 * Math.exp(-x) - 0.75 * Math.exp(-x / 4),
  },
  {
    name: "MixtureSameFamily of counts",
    make: (dtype) =>
      new MixtureSameFamily(new Categorical({ probs: [0.5, 0.5] }), new Poisson(tensor([0, 4], { dtype }))),
    probabilities: poisson(4).map((p, k) => p / 2 + (k === 0 ? 0.5 : 0)),
  },
  {
    name: "Gamma(0.3, 2)",
    make: (dtype) => new Gamma(scalar(0.3, dtype), 2),
    deciles: deciles.gammaOf03.map((x) => x / 2),
  },
  { name: "Gamma(2.5, 1)", make: (dtype) => new Gamma(scalar(2.5, dtype), 1), deciles: deciles.gammaOf25 },
  { name: "Gamma(1, 3)", make: (dtype) => new Gamma(scalar(1, dtype), 3), cdf: (x) => 1 - Math.exp(-3 * x) },
  {
    name: "Beta(1/2, 1/2)",
    make: (dtype) => new Beta(scalar(0.5, dtype), 0.5),
    cdf: (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)),
  },
  { name: "Beta(2, 5)", make: (dtype) => new Beta(scalar(2, dtype), 5), deciles: deciles.betaOf25 },
  { name: "Poisson(3.5)", make: (dtype) => new Poisson(scalar(3.5, dtype)), probabilities: poisson(3.5) },
  { name: "Poisson(30)", make: (dtype) => new Poisson(scalar(30, dtype)), probabilities: poisson(30) },
  { name: "Poisson(0)", make: (dtype) => new Poisson(scalar(0, dtype)), probabilities: [1] },
  {
    name: "Normal(3, 2)",
    make: (dtype) => new Normal(scalar(3, dtype), 2),
    deciles: deciles.normal.map((z) => 3 + 2 * z),
  },
  { name: "Bernoulli(0.3)", make: (dtype) => new Bernoulli({ probs: scalar(0.3, dtype) }), probabilities: [0.7, 0.3] },
  { name: "Bernoulli(1)", make: (dtype) => new Bernoulli({ probs: scalar(1, dtype) }), probabilities: [0, 1] },
  {
    name: "Bernoulli of logit 2",
    make: (dtype) => new Bernoulli({ logits: scalar(2, dtype) }),
    probabilities: [0.11920292202211755, 0.8807970779778823],
  },
  {
    name: "Categorical(3 : 0 : 1)",
    make: (dtype) => new Categorical({ probs: tensor([3, 0, 1], { dtype }) }),
    probabilities: [0.75, 0, 0.25],
  },
  {
    name: "Categorical of logits",
    make: (dtype) => new Categorical({ logits: tensor([0, Math.log(2), Math.log(5), -Infinity], { dtype }) }),
    probabilities: [0.125, 0.25, 0.625, 0],
  },
  {
    name: "Empirical",
    make: (dtype) => new Empirical(tensor([0, 2, 2, 1], { dtype })),
    probabilities: [0.25, 0.25, 0.5],
  },
];
