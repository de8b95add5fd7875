/**
 * The namespace `metrics`: every metric as a function of predictions and targets, `metrics.accuracy(prediction, target)`.
 *
 * The prediction comes first and the target second, as for losses; scikit-learn has them the other way round.
 */
export { accuracy, topKAccuracy } from "./accuracy.ts";
export { balancedAccuracy, cohenKappa, iou, meanIoU } from "./agreement.ts";
export { calibrationCurve, expectedCalibrationError } from "./calibration.ts";
export { confusionMatrix, formatConfusionMatrix, matthews } from "./confusion.ts";
export { explainedVariance, pearson, rootMeanSquaredError, spearman } from "./correlation.ts";
export { falseNegatives, falsePositives, specificity, trueNegatives, truePositives } from "./counts.ts";
export { precisionRecallCurve, rocCurve } from "./curves.ts";
export { f1, fBeta, precision, recall } from "./f-score.ts";
export { exactMatch, hammingLoss } from "./multi-label.ts";
export {
  precisionAtRecall,
  recallAtPrecision,
  sensitivityAtSpecificity,
  specificityAtSensitivity,
} from "./operating-points.ts";
export { brier, logLoss } from "./probability.ts";
export { averagePrecision, rocAuc } from "./ranking.ts";
export { cosineSimilarity, meanAbsoluteError, meanSquaredError, r2 } from "./regression.ts";
export { classificationReport } from "./report.ts";
