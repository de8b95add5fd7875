/**
 * Tensors, scalar values, automatic differentiation and random numbers.
 */
export * from "./errors.ts";
export * from "./random/generator.ts";
export * from "./scalar/index.ts";
export * from "./tensors.ts";
