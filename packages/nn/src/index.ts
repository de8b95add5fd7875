/**
 * Layers, optimizers, models, metrics and callbacks.
 */

export * from "./layers/index.ts";
export * from "./metrics/index.ts";
export { Module, type ParameterCount } from "./module/module.ts";
export { snakeCase } from "./module/names.ts";
export * from "./optimizers/index.ts";
