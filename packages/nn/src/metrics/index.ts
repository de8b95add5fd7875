/**
 * Metrics: numbers that describe predictions, as functions, over batches, and by name.
 *
 * The prediction comes first and the target second, as for losses; scikit-learn has them the other way round.
 */
export { Accuracy, accuracy, type ThresholdOption, TopKAccuracy, topKAccuracy } from "./accuracy.ts";
export { type MetricContext, metricByName, metricNames } from "./by-name.ts";
export {
  type ConfusionMatrix,
  type ConfusionOptions,
  confusionMatrix,
  type FormatConfusionOptions,
  formatConfusionMatrix,
  Matthews,
  matthews,
} from "./confusion.ts";
export {
  type AverageOptions,
  type Averaging,
  F1,
  FBeta,
  f1,
  fBeta,
  Precision,
  precision,
  Recall,
  recall,
} from "./f-score.ts";
export { MeanMetric, Metric, type SampleWeights } from "./metric.ts";
export { Brier, brier, LogLoss, logLoss } from "./probability.ts";
export { AveragePrecision, averagePrecision, RocAuc, rocAuc } from "./ranking.ts";
export {
  MeanAbsoluteError,
  MeanSquaredError,
  meanAbsoluteError,
  meanSquaredError,
  R2,
  r2,
} from "./regression.ts";
