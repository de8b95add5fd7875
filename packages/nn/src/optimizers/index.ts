/**
 * Optimizers by class and by name, and what it takes to write another.
 */
export * from "./clip.ts";
export type { Group, OptimizerTarget, ParameterGroup } from "./groups.ts";
export { defineOptimizer, Optimizer, type OptimizerClass, type Slots } from "./optimizer.ts";
export type { CommonOptions, OptimizerOptions } from "./options.ts";
export { average, descend, type Hyper, over, type Tensors, times, type Update, type UpdateRule } from "./rule.ts";
