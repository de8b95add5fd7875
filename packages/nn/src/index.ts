/**
 * Layers, optimizers, models, metrics and callbacks.
 */

export { type ActivationFunction, type ActivationLike, activationByName, toActivation } from "./activations.ts";
export * from "./functional/index.ts";
export * from "./initializers/index.ts";
export * from "./layers/index.ts";
export * from "./metrics/index.ts";
export * from "./model/index.ts";
export { Module, type ParameterCount } from "./module/module.ts";
export { snakeCase } from "./module/names.ts";
export * from "./optimizers/index.ts";
export { l1, l1l2, l2, type Regularizer, type RegularizerLike, regularizerByName } from "./regularizers.ts";
export * from "./schedules/index.ts";
