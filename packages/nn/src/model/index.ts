/**
 * Models: training, evaluation and prediction.
 */
export * from "./callbacks/index.ts";
export type { CompileOptions, MetricsLike } from "./compile.ts";
export type { BatchLike, BatchSource, BatchStream } from "./data.ts";
export type { MetricFunction, MetricLike } from "./metric-entries.ts";
export { type EvaluateOptions, Model } from "./model.ts";
export type { LossFunction, LossLike } from "./objective.ts";
export type { FitOptions, Verbosity } from "./options.ts";
export { Sequential, type SequentialItem } from "./sequential.ts";
export type { DataLike } from "./several.ts";
export type { SummaryOptions } from "./summary.ts";
export type { ClassWeight } from "./weights.ts";
