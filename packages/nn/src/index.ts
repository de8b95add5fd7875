/**
 * Layers, optimizers, models, metrics and callbacks.
 */
export * from "./metrics/index.ts";
