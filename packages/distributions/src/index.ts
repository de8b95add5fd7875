/**
 * Probability distributions as objects: log-probabilities, entropies, divergences, and samples that gradients go through.
 */
export { Bernoulli } from "./bernoulli.ts";
export { Categorical } from "./categorical.ts";
export { Distribution, type SampleOptions, type Support } from "./distribution.ts";
export { Empirical } from "./empirical.ts";
export type { LogitsOrProbs } from "./logits.ts";
export { Normal } from "./normal.ts";
