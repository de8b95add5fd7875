/**
 * What there is to do with tensors. Who imports any of it gets the methods of tensors, too.
 *
 * Each name is listed, and none stands behind a `*`: by that, bundlers know that this file, and with it the methods, is
 * needed (package.json says so) by those who use one of the names, and by nobody else.
 */
import "./methods.ts";

export { type BackwardOptions, gradients } from "./autodiff/backward.ts";
export {
  type CheckOptions,
  checkGradients,
  GradientCheckError,
  type GradientComparison,
  type GradientReport,
} from "./autodiff/check.ts";
export { customGradient } from "./autodiff/custom.ts";
export {
  enableGrad,
  type GradOptions,
  grad,
  hessian,
  jacobian,
  jvp,
  noGrad,
  valueAndGrad,
  vjp,
} from "./autodiff/functional.ts";
export type { GradientHook } from "./autodiff/hooks.ts";
export {
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
} from "./ops/activation.ts";
export { add, div, maximum, minimum, mod, mul, pow, sub } from "./ops/arithmetic.ts";
export { cast } from "./ops/cast.ts";
export {
  allClose,
  equal,
  greater,
  greaterEqual,
  isFinite,
  isInfinite,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
  where,
} from "./ops/compare.ts";
export {
  type ConvolutionOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  convTranspose2d,
} from "./ops/convolution.ts";
export { defineOp } from "./ops/define.ts";
export { einsum } from "./ops/einsum.ts";
export { argsort, gather, type SortOptions, scatterAdd, sort, takeAlongAxis, topK } from "./ops/indexing.ts";
export { dot, matmul, outer } from "./ops/matmul.ts";
export {
  concat,
  flatten,
  pad,
  permute,
  repeat,
  split,
  squeeze,
  stack,
  tile,
  transpose,
  unsqueeze,
} from "./ops/movement.ts";
export { norm, std } from "./ops/norm.ts";
export {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  maxPool1d,
  maxPool2d,
  upsample2d,
} from "./ops/pool.ts";
export {
  all,
  any,
  argmax,
  argmin,
  countNonZero,
  cumsum,
  logSumExp,
  max,
  mean,
  min,
  prod,
  type SpreadOptions,
  variance,
} from "./ops/reduce.ts";
export { refuseWhere } from "./ops/refuse-where.ts";
export { flip, type SliceRange, slice } from "./ops/slice.ts";
export { type Axes, broadcastTo, type ReduceOptions, reshape, sum, sumTo } from "./ops/sum.ts";
export {
  abs,
  acos,
  asin,
  atan,
  ceil,
  clamp,
  cos,
  cosh,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  log2,
  neg,
  reciprocal,
  round,
  rsqrt,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  tan,
  tanh,
  trunc,
} from "./ops/unary.ts";
export { fold, type Padding, type Pair, unfold, type WindowOptions } from "./ops/window.ts";
export {
  bernoulli,
  categorical,
  type RandomOptions,
  rand,
  randBeta,
  randExponential,
  randGamma,
  randGumbel,
  randint,
  randLaplace,
  randn,
  randPoisson,
  randperm,
  truncatedNormal,
} from "./random/tensors.ts";
export { asTensor, type NestedArray, scalar, type TensorLike } from "./tensor/convert.ts";
export {
  arange,
  type CreateOptions,
  eye,
  full,
  fullLike,
  linspace,
  oneHot,
  ones,
  onesLike,
  tensor,
  zeros,
  zerosLike,
} from "./tensor/create.ts";
export { isGradEnabled } from "./tensor/dispatch.ts";
export { type DType, getDefaultDType, isFloat, promote, setDefaultDType, type TypedArray } from "./tensor/dtype.ts";
export type { Call, GradientRule, KernelOperand, Op, OpFormula, TensorSpec } from "./tensor/op.ts";
export { buffer, Parameter, parameter } from "./tensor/parameter.ts";
export {
  broadcastShapes,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sizeOf,
} from "./tensor/shape.ts";
export { type ArrayOf, Tensor } from "./tensor/tensor.ts";
export { everyRun, isTracing } from "./tensor/tracer.ts";
