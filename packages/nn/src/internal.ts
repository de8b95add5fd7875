/**
 * What other packages of this library build on, and nobody else: for exporters. It changes without notice.
 */
export { activationName } from "./activations.ts";
export { isBuiltIn } from "./built-in.ts";
export { Checksum } from "./checksum.ts";
export { hasConstraint } from "./constrained.ts";
export { Findings } from "./diagnose/findings.ts";
export { type Histogram, histogramOf } from "./histograms/histogram.ts";
export { displayName } from "./histograms/names.ts";
export { LearningRateFindings } from "./learning-rate/find.ts";
export type { CompiledOutputs, OutputConfig } from "./model/compiled-outputs.ts";
export { alignTarget, type Objective } from "./model/objective.ts";
export { type TrainState, trainStep } from "./model/step.ts";
export { type SummaryTable, summaryTable } from "./model/summary.ts";
export { tiers } from "./model/tiers.ts";
export { withForwardHook } from "./module/module.ts";
