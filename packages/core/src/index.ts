/**
 * Tensors, scalar values, automatic differentiation and random numbers.
 */
export { Parameter, Tensor, type ArrayOf } from "./tensor/tensor.ts";
export {
  type CreateOptions,
  type NestedArray,
  type TensorLike,
  arange,
  asTensor,
  eye,
  full,
  fullLike,
  linspace,
  oneHot,
  ones,
  onesLike,
  parameter,
  scalar,
  tensor,
  variable,
  zeros,
  zerosLike,
} from "./tensor/create.ts";
export { type DType, type TypedArray, getDefaultDType, isFloat, promote, setDefaultDType } from "./tensor/dtype.ts";
export { type Shape, broadcastShapes, formatShape, normalizeAxes, normalizeAxis, sameShape, sizeOf } from "./tensor/shape.ts";
export type { Block, Call, GradientRule, Op, Spec } from "./tensor/op.ts";
export { isRecording } from "./tensor/run.ts";
export { defineOp } from "./ops/define.ts";
export * from "./ops/activation.ts";
export * from "./ops/arithmetic.ts";
export * from "./ops/cast.ts";
export * from "./ops/compare.ts";
export * from "./ops/indexing.ts";
export * from "./ops/matmul.ts";
export * from "./ops/movement.ts";
export * from "./ops/reduce.ts";
export { type Axes, type ReduceOptions, broadcastTo, reshape, sum, sumTo } from "./ops/sum.ts";
export * from "./ops/unary.ts";
export { type BackwardOptions, gradients } from "./autodiff/backward.ts";
export {
  type CheckOptions,
  checkGradients,
  type GradientComparison,
  GradientCheckError,
  type GradientReport,
} from "./autodiff/check.ts";
export { customGradient } from "./autodiff/custom.ts";
export * from "./autodiff/functional.ts";
export * from "./errors.ts";
