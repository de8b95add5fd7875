/**
 * Metrics: numbers that describe predictions, as functions (the namespace `metrics`), over batches, and by name.
 */
export { Accuracy, type ThresholdOption, TopKAccuracy } from "./accuracy.ts";
export { type CalibrationBin, type CalibrationOptions, ExpectedCalibrationError } from "./calibration.ts";
export { type ConfusionMatrix, type ConfusionOptions, type FormatConfusionOptions, Matthews } from "./confusion.ts";
export type { CurveOptions, PrecisionRecallCurve, RocCurve } from "./curves.ts";
export { type AverageOptions, type Averaging, F1, FBeta, Precision, Recall } from "./f-score.ts";
export * as metrics from "./functions.ts";
export { MeanMetric, Metric, type SampleWeights } from "./metric.ts";
export { Brier, LogLoss } from "./probability.ts";
export { AveragePrecision, RocAuc } from "./ranking.ts";
export { CosineSimilarity, MeanAbsoluteError, MeanSquaredError, R2 } from "./regression.ts";
