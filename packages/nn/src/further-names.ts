/**
 * Names of what a model seldom has. The package's index gives them; a bundle, which leaves that out, imports the classes and
 * functions themselves in place of the names.
 */
import { entmax, sparsemax } from "@chainrule/losses";
import { nameActivations } from "./activations.ts";
import { nameConstraints } from "./constrained.ts";
import { maxNorm, nonNegative, unitNorm } from "./constraints.ts";
import { TopKAccuracy } from "./metrics/accuracy.ts";
import { Matthews } from "./metrics/confusion.ts";
import { nameMetrics } from "./metrics/named.ts";
import { Brier, LogLoss } from "./metrics/probability.ts";
import { AveragePrecision } from "./metrics/ranking.ts";
import { CosineSimilarity, R2 } from "./metrics/regression.ts";

/** Makes them known. */
export function nameFurther(): void {
  nameActivations({ sparsemax: (x) => sparsemax(x), entmax: (x) => entmax(x) });
  nameConstraints({ max_norm: maxNorm, non_neg: nonNegative, unit_norm: unitNorm });
  nameMetrics({
    top_k_categorical_accuracy: () => new TopKAccuracy(),
    sparse_top_k_categorical_accuracy: () => new TopKAccuracy(),
    matthews: (context) => new Matthews(context),
    average_precision: () => new AveragePrecision(),
    log_loss: () => new LogLoss(),
    brier: () => new Brier(),
    cosine_similarity: () => new CosineSimilarity(),
    r2: () => new R2(),
    r2_score: () => new R2(),
  });
}
