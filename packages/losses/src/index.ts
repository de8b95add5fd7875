/**
 * Losses, information measures, and the means to define and check new losses.
 */
export { checkLoss, type LossCheckOptions, type LossReport } from "./check/check-loss.ts";
export { LossCheckError } from "./check/loss-check-error.ts";
export { combineLosses, type PartLike } from "./combination/combine-losses.ts";
export { type CombinedLoss, isCombinedLoss } from "./combination/combined-loss.ts";
export type { LossPart, PartFunction } from "./combination/part.ts";
export { defineLoss } from "./definition/define-loss.ts";
export type {
  Loss,
  LossFormula,
  LossSample,
  LossSettings,
  NoOptions,
  NumberOptions,
  OptionsOf,
  PredictionAndTarget,
} from "./definition/loss.ts";
export type { LossOptions, PerElement, Reduction } from "./definition/reduction.ts";
export { isBuiltInLoss, lossByName, lossNames } from "./definition/registry.ts";
export { binaryCrossEntropy, binaryCrossEntropyWithLogits } from "./families/binary-cross-entropy.ts";
export {
  categoricalCrossEntropy,
  crossEntropy,
  generalizedCrossEntropy,
  nll,
  sparseCategoricalCrossEntropy,
} from "./families/cross-entropy.ts";
export { ctc } from "./families/ctc.ts";
export { gaussianKl, jensenShannon, klDivergence } from "./families/divergence.ts";
export { binaryFocal, categoricalFocal } from "./families/focal.ts";
export { gaussianNll, poisson, poissonNll } from "./families/likelihood.ts";
export { categoricalHinge, contrastive, hinge, squaredHinge, triplet } from "./families/margin.ts";
export { dice, tversky } from "./families/overlap.ts";
export { huber, logCosh, mae, mape, mse, msle } from "./families/regression.ts";
export { cosineSimilarity, infoNCE } from "./families/similarity.ts";
export { asymmetric, biTempered, polyCrossEntropy, symmetricCrossEntropy } from "./further/classes.ts";
export { circle, ntXent } from "./further/contrast.ts";
export {
  alphaDivergence,
  fDivergence,
  renyiDivergence,
  tsallisDivergence,
  wasserstein,
} from "./further/divergence.ts";
export { type EntmaxOptions, entmax, sparsemax } from "./further/entmax.ts";
export { entmaxLoss, fenchelYoung, sparsemaxLoss } from "./further/fenchel-young.ts";
export {
  cosineEmbedding,
  hingeEmbedding,
  marginRanking,
  multiLabelMargin,
  multiLabelSoftMargin,
  multiMargin,
  perceptron,
  softMargin,
} from "./further/margin.ts";
export { focalTversky, generalizedDice } from "./further/overlap.ts";
export { listNet, rankingSoftmax } from "./further/ranking.ts";
export { l2Loss, quantile, smoothL1 } from "./further/regression.ts";
export { type EstimateOptions, estimateKlDivergence, estimateMutualInformation } from "./information/estimate.ts";
export { type CrossEntropyExplanation, explainCrossEntropy } from "./information/explain.ts";
export {
  type BregmanExplanation,
  explainBregman,
  explainMixture,
  explainMutualInformation,
  type MixtureExplanation,
  type MutualInformationExplanation,
} from "./information/explain-further.ts";
export type { BregmanOptions } from "./information/further.ts";
export * as information from "./information/index.ts";
export type { InformationOptions } from "./information/measures.ts";
export type { ClassOptions } from "./inputs/class-targets.ts";
export type { Domain } from "./inputs/domains.ts";
export * from "./names.ts";

import { protectLosses } from "./definition/registry.ts";

protectLosses();
