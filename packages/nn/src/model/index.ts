/**
 * Models: training, evaluating and asking them.
 */
export * from "./callbacks/index.ts";
export type { CompileOptions, MetricFunction, MetricLike } from "./compile.ts";
export type { BatchLike, BatchSource, BatchStream } from "./data.ts";
export { type EvaluateOptions, Model } from "./model.ts";
export type { LossFunction, LossLike } from "./objective.ts";
export type { FitOptions, Verbosity } from "./options.ts";
export { Sequential, type SequentialItem } from "./sequential.ts";
export { type Outcome, type Training, testStep, trainStep } from "./step.ts";
export type { SummaryOptions } from "./summary.ts";
export type { ClassWeight } from "./weights.ts";
