/**
 * The table of metrics by name, which each module of metrics fills with its own: a bundle has those that it imports.
 */
import type { Metric } from "./metric.ts";

/** What a metric is told of the model when it is made from its name. */
export interface MetricContext {
  /** Set where each output is a decision of its own: 0.5 for probabilities, 0 for logits and hinge losses. */
  threshold?: number;
}

/** A name that finds a metric. */
export type MetricName =
  | "accuracy"
  | "acc"
  | "binary_accuracy"
  | "categorical_accuracy"
  | "sparse_categorical_accuracy"
  | "top_k_categorical_accuracy"
  | "sparse_top_k_categorical_accuracy"
  | "precision"
  | "recall"
  | "f1"
  | "f1_score"
  | "matthews"
  | "auc"
  | "roc_auc"
  | "average_precision"
  | "log_loss"
  | "brier"
  | "mse"
  | "mean_squared_error"
  | "mae"
  | "mean_absolute_error"
  | "cosine_similarity"
  | "r2"
  | "r2_score"
  | "rmse"
  | "root_mean_squared_error"
  | "explained_variance"
  | "pearson"
  | "spearman"
  | "exact_match"
  | "hamming_loss"
  | "expected_calibration_error"
  | "ece"
  | "true_positives"
  | "false_positives"
  | "true_negatives"
  | "false_negatives"
  | "specificity"
  | "iou"
  | "jaccard"
  | "mean_iou"
  | "balanced_accuracy"
  | "cohen_kappa";

type Named = Record<string, (context: MetricContext) => Metric>;

/** How the metric of a name is made. */
export const named: Named = {};

/** Gives metrics their names. */
export function nameMetrics(metrics: { readonly [Name in MetricName]?: Named[string] }): void {
  Object.assign(named, metrics);
}
