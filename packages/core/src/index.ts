/**
 * Tensors, scalar values, automatic differentiation and random numbers.
 */

export { type BackwardOptions, gradients } from "./autodiff/backward.ts";
export {
  type CheckOptions,
  checkGradients,
  GradientCheckError,
  type GradientComparison,
  type GradientReport,
} from "./autodiff/check.ts";
export { customGradient } from "./autodiff/custom.ts";
export * from "./autodiff/functional.ts";
export * from "./errors.ts";
export type { Explanation, KernelReport } from "./jit/explain.ts";
export { type JitOptions, type Jitted, jit } from "./jit/jit.ts";
export * from "./ops/activation.ts";
export * from "./ops/arithmetic.ts";
export * from "./ops/cast.ts";
export * from "./ops/compare.ts";
export * from "./ops/convolution.ts";
export { defineOp } from "./ops/define.ts";
export { einsum } from "./ops/einsum.ts";
export * from "./ops/indexing.ts";
export * from "./ops/matmul.ts";
export * from "./ops/movement.ts";
export * from "./ops/pool.ts";
export * from "./ops/reduce.ts";
export { flip, type Range, slice } from "./ops/slice.ts";
export { type Axes, broadcastTo, type ReduceOptions, reshape, sum, sumTo } from "./ops/sum.ts";
export * from "./ops/unary.ts";
export { fold, type Padding, type Pair, unfold, type WindowOptions } from "./ops/window.ts";
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from "./random/generator.ts";
export * from "./random/tensors.ts";
export * from "./scalar/index.ts";
export {
  arange,
  asTensor,
  buffer,
  type CreateOptions,
  eye,
  full,
  fullLike,
  linspace,
  type NestedArray,
  oneHot,
  ones,
  onesLike,
  parameter,
  scalar,
  type TensorLike,
  tensor,
  zeros,
  zerosLike,
} from "./tensor/create.ts";
export { type DType, getDefaultDType, isFloat, promote, setDefaultDType, type TypedArray } from "./tensor/dtype.ts";
export type { Call, GradientRule, KernelOperand, Op, TensorSpec } from "./tensor/op.ts";
export { isRecording } from "./tensor/run.ts";
export {
  broadcastShapes,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  sizeOf,
} from "./tensor/shape.ts";
export { type ArrayOf, Parameter, Tensor } from "./tensor/tensor.ts";
export { everyRun, isTracing } from "./tensor/tracing.ts";
export { getNumThreads, setNumThreads } from "./threads/threads.ts";
