/**
 * Layers, optimizers, models, metrics and callbacks. Importing this package brings the compiler and its fast kernels; a
 * bundle has them where it uses a model.
 */
import "@chainrule/compiler";

import "./names-elsewhere.ts";

export type { ActivationFunction, ActivationLike, ActivationName } from "./activations.ts";
export * from "./averaging/index.ts";
export * from "./callbacks/index.ts";
export type { Constraint, ConstraintLike, ConstraintName } from "./constrained.ts";
export { type MaxNormOptions, maxNorm, nonNegative, type UnitNormOptions, unitNorm } from "./constraints.ts";
export { constructorArgumentsOf } from "./constructor-arguments.ts";
export type { Findings } from "./diagnose/findings.ts";
export type { Finding, RuleName } from "./diagnose/program/rule.ts";
export * from "./functional/index.ts";
export type { Histogram } from "./histograms/histogram.ts";
export {
  HistogramRecorder,
  type HistogramRecorderOptions,
  type HistogramsByName,
  type RecordedHistogram,
} from "./histograms/recorder.ts";
export * from "./initializers/index.ts";
export * from "./layers/index.ts";
export * from "./learning-rate/index.ts";
export { type Making, madeBy, makingOf } from "./made-by.ts";
export * from "./metrics/index.ts";
export * from "./model/index.ts";
export type { BatchShape } from "./module/batch-shape.ts";
export { Module, type ParameterCount } from "./module/module.ts";
export * from "./optimizers/index.ts";
export { parametersToVector, vectorToParameters } from "./parameter-vectors.ts";
export * from "./preprocessing/index.ts";
export { l1, l1l2, l2, type Regularizer, type RegularizerLike, type RegularizerName } from "./regularizers.ts";
export * from "./rewind/index.ts";
export * from "./schedules/index.ts";
export { allSerializable, findSerializable, registerSerializable, serializableName } from "./serializable.ts";

import { markBuiltIn } from "./built-in.ts";
import { maxNorm, nonNegative, unitNorm } from "./constraints.ts";
import { engine } from "./diagnose/engine.ts";
import { Functional } from "./functional/index.ts";
import { nameFurther } from "./further-names.ts";
import * as layers from "./layers/index.ts";
import { FeedForward } from "./layers/transformer-block.ts";
import { setDiagnosisEngine } from "./model/fit-diagnosis.ts";
import { Sequential } from "./model/index.ts";
import * as optimizers from "./optimizers/index.ts";
import * as preprocessing from "./preprocessing/index.ts";
import { l1, l1l2, l2 } from "./regularizers.ts";

// A bundle that leaves this out takes layers for the user's, and looks now and then whether they do the same.
markBuiltIn([
  ...Object.values(layers),
  ...Object.values(preprocessing),
  FeedForward,
  Sequential,
  Functional,
  ...Object.values(optimizers),
  l1,
  l2,
  l1l2,
  maxNorm,
  nonNegative,
  unitNorm,
]);

// As for that: a bundle that leaves this out has no rules for fit to look by, until diagnose is called.
setDiagnosisEngine(engine);

nameFurther();
