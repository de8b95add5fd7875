/**
 * Metrics by the strings that `compile` takes: those that every model knows, and those that the program imports.
 */
import { leftOutHint, lookUp } from "@chainrule/core/internal";
import { Accuracy } from "./accuracy.ts";
import { F1, Precision, Recall } from "./f-score.ts";
import type { Metric } from "./metric.ts";
import { type MetricContext, named, nameMetrics } from "./named.ts";
import { RocAuc } from "./ranking.ts";
import { MeanAbsoluteError, MeanSquaredError } from "./regression.ts";

nameMetrics({
  accuracy: (context) => new Accuracy(context),
  acc: (context) => new Accuracy(context),
  binary_accuracy: ({ threshold = 0.5 }) => new Accuracy({ threshold }),
  categorical_accuracy: () => new Accuracy(),
  sparse_categorical_accuracy: () => new Accuracy(),
  precision: (context) => new Precision(context),
  recall: (context) => new Recall(context),
  f1: (context) => new F1(context),
  f1_score: (context) => new F1(context),
  auc: () => new RocAuc(),
  roc_auc: () => new RocAuc(),
  mse: () => new MeanSquaredError(),
  mean_squared_error: () => new MeanSquaredError(),
  mae: () => new MeanAbsoluteError(),
  mean_absolute_error: () => new MeanAbsoluteError(),
});

/** Those of other names, which `further-names.ts` and their own modules name: a bundle has them where it imports them. */
const further = [
  ...["AveragePrecision", "BalancedAccuracy", "Brier", "CohenKappa", "CosineSimilarity", "ExactMatch"],
  ...["ExpectedCalibrationError", "ExplainedVariance", "FalseNegatives", "FalsePositives", "HammingLoss", "IoU"],
  ...["LogLoss", "Matthews", "MeanIoU", "Pearson", "R2", "RootMeanSquaredError", "Spearman", "Specificity"],
  ...["TopKAccuracy", "TrueNegatives", "TruePositives"],
];

/** Other names of these. */
const furtherAliases: Readonly<Record<string, string>> = {
  ece: "ExpectedCalibrationError",
  jaccard: "IoU",
  r2_score: "R2",
  rmse: "RootMeanSquaredError",
  sparse_top_k_categorical_accuracy: "TopKAccuracy",
  top_k_categorical_accuracy: "TopKAccuracy",
};

/** For a name that only the import of a class brings: what to import. */
export function metricHint(name: string): string | undefined {
  return leftOutHint(name, further, (found) => `new ${found}()`, furtherAliases);
}

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
  return lookUp("metrics", named, name, metricHint(name))(context);
}
