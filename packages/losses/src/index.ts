/**
 * Losses, information measures, and the means to define and check new losses.
 */
export { binaryCrossEntropy, binaryCrossEntropyWithLogits } from "./binary.ts";
export { checkLoss, type LossCheckOptions, type LossReport } from "./check.ts";
export type { ClassOptions } from "./classes.ts";
export {
  categoricalCrossEntropy,
  crossEntropy,
  generalizedCrossEntropy,
  nll,
  sparseCategoricalCrossEntropy,
} from "./cross-entropy.ts";
export { ctc } from "./ctc.ts";
export {
  defineLoss,
  type Loss,
  type LossSample,
  type LossSettings,
  type NoOptions,
  type NumberOptions,
  type OptionsOf,
  type PredictionAndTarget,
} from "./define.ts";
export { gaussianKl, jensenShannon, klDivergence } from "./divergence.ts";
export type { Domain } from "./domains.ts";
export {
  type CrossEntropyExplanation,
  type EventShare,
  explainCrossEntropy,
  type InformationAmount,
} from "./explain.ts";
export { binaryFocal, categoricalFocal } from "./focal.ts";
export {
  crossEntropyOf,
  entropy,
  type InformationOptions,
  jensenShannonOf,
  klDivergenceOf,
  mutualInformation,
  perplexity,
  surprisal,
} from "./information.ts";
export { gaussianNll, poisson, poissonNll } from "./likelihood.ts";
export { categoricalHinge, contrastive, hinge, squaredHinge, triplet } from "./margin.ts";
export { dice, tversky } from "./overlap.ts";
export { LossCheckError } from "./properties.ts";
export type { LossOptions, PerElement, Reduction } from "./reduce.ts";
export { lossByName, lossNames } from "./registry.ts";
export { huber, logCosh, mae, mape, mse, msle } from "./regression.ts";
export { cosineSimilarity, infoNCE } from "./similarity.ts";

import { protectLosses } from "./registry.ts";

protectLosses();
