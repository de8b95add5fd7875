/**
 * The namespace `information`: measures of known distributions, in the mathematics' order of arguments (p first).
 */
export {
  crossEntropy,
  entropy,
  jensenShannon,
  klDivergence,
  mutualInformation,
  perplexity,
  surprisal,
} from "./measures.ts";
