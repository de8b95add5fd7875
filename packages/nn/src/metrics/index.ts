/**
 * Metrics: numbers that describe predictions, as functions (the namespace `metrics`), over batches, and by name.
 */
export { Accuracy, type ThresholdOption, TopKAccuracy } from "./accuracy.ts";
export { BalancedAccuracy, CohenKappa, IoU, type KappaOptions, MeanIoU } from "./agreement.ts";
export { type CalibrationBin, type CalibrationOptions, ExpectedCalibrationError } from "./calibration.ts";
export { type ConfusionMatrix, type ConfusionOptions, type FormatConfusionOptions, Matthews } from "./confusion.ts";
export { ExplainedVariance, Pearson, RootMeanSquaredError, Spearman } from "./correlation.ts";
export { FalseNegatives, FalsePositives, Specificity, TrueNegatives, TruePositives } from "./counts.ts";
export type { CurveOptions, PrecisionRecallCurve, RocCurve } from "./curves.ts";
export { type AverageOptions, type Averaging, F1, FBeta, Precision, Recall } from "./f-score.ts";
export type { MetricFunction } from "./function-metric.ts";
export * as metrics from "./functions.ts";
export { Mean, type MeanOptions } from "./mean.ts";
export { MeanMetric, Metric, type SampleWeights } from "./metric.ts";
export { ExactMatch, HammingLoss } from "./multi-label.ts";
export type { MetricName } from "./named.ts";
export {
  PrecisionAtRecall,
  RecallAtPrecision,
  SensitivityAtSpecificity,
  SpecificityAtSensitivity,
} from "./operating-points.ts";
export { Brier, LogLoss } from "./probability.ts";
export { AveragePrecision, RocAuc } from "./ranking.ts";
export { CosineSimilarity, MeanAbsoluteError, MeanSquaredError, R2 } from "./regression.ts";
export type { ReportOptions } from "./report.ts";
