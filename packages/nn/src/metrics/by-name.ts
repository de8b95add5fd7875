/**
 * Metrics by the strings that `compile` takes: those that every model knows, and those that the program imports.
 */
import { lookUp } from "@chainrule/core/internal";
import { Accuracy, TopKAccuracy } from "./accuracy.ts";
import { Matthews } from "./confusion.ts";
import { F1, Precision, Recall } from "./f-score.ts";
import type { Metric } from "./metric.ts";
import { type MetricContext, named, nameMetrics } from "./named.ts";
import { Brier, LogLoss } from "./probability.ts";
import { AveragePrecision, RocAuc } from "./ranking.ts";
import { CosineSimilarity, MeanAbsoluteError, MeanSquaredError, R2 } from "./regression.ts";

nameMetrics({
  accuracy: (context) => new Accuracy(context),
  acc: (context) => new Accuracy(context),
  binary_accuracy: ({ threshold = 0.5 }) => new Accuracy({ threshold }),
  categorical_accuracy: () => new Accuracy(),
  sparse_categorical_accuracy: () => new Accuracy(),
  top_k_categorical_accuracy: () => new TopKAccuracy(),
  sparse_top_k_categorical_accuracy: () => new TopKAccuracy(),
  precision: (context) => new Precision(context),
  recall: (context) => new Recall(context),
  f1: (context) => new F1(context),
  f1_score: (context) => new F1(context),
  matthews: (context) => new Matthews(context),
  auc: () => new RocAuc(),
  roc_auc: () => new RocAuc(),
  average_precision: () => new AveragePrecision(),
  log_loss: () => new LogLoss(),
  brier: () => new Brier(),
  mse: () => new MeanSquaredError(),
  mean_squared_error: () => new MeanSquaredError(),
  mae: () => new MeanAbsoluteError(),
  mean_absolute_error: () => new MeanAbsoluteError(),
  cosine_similarity: () => new CosineSimilarity(),
  r2: () => new R2(),
  r2_score: () => new R2(),
});

/** The strings that name a metric. */
export function metricNames(): string[] {
  return Object.keys(named);
}

/**
 * A fresh metric by its name, as in Keras: `"accuracy"`, `"precision"`, `"auc"`, ….
 *
 * @throws OptionError for a name that is not known, with the nearest.
 *
 * @example
 * metricByName("f1", { threshold: 0 }); // for logits
 */
export function metricByName(name: string, context: MetricContext = {}): Metric {
  return lookUp("metrics", named, name)(context);
}
