/**
 * The layers.
 */
export * from "./activation.ts";
export { Dense, type DenseOptions, Linear, type LinearOptions } from "./dense.ts";
export * from "./dropout.ts";
export * from "./embedding.ts";
export { Layer, type LayerOptions } from "./layer.ts";
export { BatchNorm, type BatchNormOptions, LayerNorm, type LayerNormOptions } from "./norm.ts";
export { probeShape } from "./probe.ts";
export { type BatchShape, formatBatchShape } from "./shape.ts";
export { Flatten, Lambda, type LambdaOptions, Reshape, type ReshapeOptions, toModule } from "./shaping.ts";
