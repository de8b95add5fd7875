/**
 * Models: training, evaluation and prediction.
 */
export { Callback } from "./callback.ts";
export type {
  CheckpointFolder,
  CheckpointOptions,
  CheckpointStore,
  SavedTraining,
} from "./checkpoint-store.ts";
export { setCheckpointStore } from "./checkpointing.ts";
export type { CompileOptions, MetricsLike } from "./compile-options.ts";
export type { BatchLike, BatchSource, BatchStream } from "./data-adapter.ts";
export { type DiagnoseOptions, diagnose, type HandWrittenTraining } from "./diagnose.ts";
export { History } from "./history.ts";
export type { Awaitable, BatchLogs, Hooks, Logs } from "./hooks.ts";
export type { MetricLike } from "./metric-entries.ts";
export { type EvaluateOptions, Model, type ModelOptions, type PredictOptions } from "./model.ts";
export { type ModelWriter, type SaveOptions, setModelWriter } from "./model-writer.ts";
export type { DataLike } from "./nested.ts";
export type { LossFunction, LossLike } from "./objective.ts";
export type { FitOptions, Verbosity } from "./options.ts";
export type { ClassWeight } from "./sample-weights.ts";
export { Sequential, type SequentialItem } from "./sequential.ts";
export type { SummaryOptions } from "./summary.ts";
