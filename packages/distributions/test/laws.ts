/**
 * Distributions with what their draws have to follow: one row or more for each.
 */
import { scalar, tensor } from "@chainrule/core";
import { Bernoulli, Categorical, type Distribution, Empirical, Normal } from "../src/index.ts";

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
  /** Of the standard normal, by scipy.stats 1.17.1. */
  normal: [-1.2815516, -0.8416212, -0.5244005, -0.2533471, 0, 0.2533471, 0.5244005, 0.8416212, 1.2815516],
};

export const laws: readonly Law[] = [
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
