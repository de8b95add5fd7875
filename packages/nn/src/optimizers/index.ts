/**
 * Optimizers, and what it takes to write another.
 */
export * from "./adafactor.ts";
export * from "./adam.ts";
export * from "./adaptive.ts";
export { clipGradNorm, clipGradValue } from "./clip.ts";
export { defineOptimizer, type OptimizerClass } from "./define-optimizer.ts";
export * from "./ftrl.ts";
export type { Group, HasParameters, OptimizerTarget, ParameterGroup } from "./groups.ts";
export { LBFGS, type LBFGSOptions } from "./lbfgs.ts";
export * from "./lion.ts";
export * from "./muon.ts";
export type { OptimizerName } from "./named.ts";
export { Optimizer, type Slots } from "./optimizer.ts";
export type { CommonOptions, EpsPlacement, OptimizerOptions } from "./options.ts";
export * from "./radam.ts";
export * from "./rprop.ts";
export type { Hyperparameters, Tensors, Update, UpdateRule } from "./rule.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export { type StepOptions, stepOptions, useAverages } from "./step-options.ts";
