/**
 * Tensors, scalar values, automatic differentiation and random numbers.
 */
export {
  ChainRuleError,
  DataError,
  DTypeError,
  type ErrorParts,
  GraphError,
  JitError,
  ModelError,
  OptionError,
  ShapeError,
  ValueError,
} from "./errors.ts";
export * from "./random/generator.ts";
export * from "./scalar/index.ts";
export * from "./tensors.ts";
