/**
 * Probability distributions as objects: log-probabilities, entropies, divergences, and samples that gradients go through.
 */

export { Bernoulli } from "./bernoulli.ts";
export { Beta } from "./beta.ts";
export { Categorical } from "./categorical.ts";
export { Dirichlet } from "./dirichlet.ts";
export { Distribution, type SampleOptions, type Support } from "./distribution.ts";
export { Empirical } from "./empirical.ts";
export { Gamma } from "./gamma.ts";
export type { LogitsOrProbs } from "./logits.ts";
export { MixtureSameFamily } from "./mixture-same-family.ts";
export { MultivariateNormal, type Spread } from "./multivariate-normal.ts";
export { Normal } from "./normal.ts";
export { Poisson } from "./poisson.ts";
