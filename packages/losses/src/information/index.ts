/**
 * The namespace `information`: measures of known distributions, in the mathematics' order of arguments (p first).
 */
export { bregman, conditionalEntropy, convert, mixture } from "./further.ts";
export {
  crossEntropy,
  entropy,
  jensenShannon,
  klDivergence,
  mutualInformation,
  perplexity,
  surprisal,
} from "./measures.ts";
