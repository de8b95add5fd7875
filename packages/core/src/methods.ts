/**
 * The operations as methods of tensors: `x.add(y)` for `add(x, y)`. Importing this file gives them to every tensor.
 *
 * They are declared first, as the interface that `Tensor` extends, and given to its prototype at the end.
 */
import { type BackwardOptions, backward } from "./autodiff/backward.ts";
import * as activation from "./ops/activation.ts";
import * as arithmetic from "./ops/arithmetic.ts";
import { cast } from "./ops/cast.ts";
import * as compare from "./ops/compare.ts";
import * as indexing from "./ops/indexing.ts";
import { dot, matmul } from "./ops/matmul.ts";
import * as movement from "./ops/movement.ts";
import * as reduce from "./ops/reduce.ts";
import { flip, type Range, slice } from "./ops/slice.ts";
import { type Axes, broadcastTo, type ReduceOptions, reshape, sum } from "./ops/sum.ts";
import * as unary from "./ops/unary.ts";
import { asTensor, type TensorLike } from "./tensor/create.ts";
import type { DType } from "./tensor/dtype.ts";
import type { Shape } from "./tensor/shape.ts";
import { Tensor } from "./tensor/tensor.ts";

/** What can be done with a tensor. */
export interface TensorMethods {
  // Reading and gradients

  /** The element at an index, one number for each axis. @throws ValueError for an index that is not there. */
  at(...index: number[]): number;

  /**
   * Walks back from this tensor and adds to `grad` of every leaf that it came from; the graph is then released.
   *
   * @param gradient the gradient by this tensor, 1 where it is a scalar.
   * @throws GraphError on a non-scalar without a gradient, on a graph already released, and where nothing requires one.
   */
  backward(gradient?: TensorLike, options?: BackwardOptions): void;

  // Arithmetic, with broadcasting
  add(other: TensorLike): Tensor;
  sub(other: TensorLike): Tensor;
  mul(other: TensorLike): Tensor;
  div(other: TensorLike): Tensor;
  mod(other: TensorLike): Tensor;
  pow(other: TensorLike): Tensor;
  maximum(other: TensorLike): Tensor;
  minimum(other: TensorLike): Tensor;

  // Comparisons and logic: bool results
  equal(other: TensorLike): Tensor;
  notEqual(other: TensorLike): Tensor;
  less(other: TensorLike): Tensor;
  lessEqual(other: TensorLike): Tensor;
  greater(other: TensorLike): Tensor;
  greaterEqual(other: TensorLike): Tensor;
  logicalAnd(other: TensorLike): Tensor;
  logicalOr(other: TensorLike): Tensor;
  logicalXor(other: TensorLike): Tensor;
  logicalNot(): Tensor;
  isNaN(): Tensor;
  isFinite(): Tensor;
  isInfinite(): Tensor;

  // Functions of each element
  neg(): Tensor;
  exp(): Tensor;
  expm1(): Tensor;
  log(): Tensor;
  log1p(): Tensor;
  log2(): Tensor;
  sqrt(): Tensor;
  rsqrt(): Tensor;
  square(): Tensor;
  reciprocal(): Tensor;
  abs(): Tensor;
  sign(): Tensor;
  floor(): Tensor;
  ceil(): Tensor;
  round(): Tensor;
  trunc(): Tensor;
  sin(): Tensor;
  cos(): Tensor;
  tan(): Tensor;
  asin(): Tensor;
  acos(): Tensor;
  atan(): Tensor;
  sinh(): Tensor;
  cosh(): Tensor;
  tanh(): Tensor;
  erf(): Tensor;
  clamp(min?: number, max?: number): Tensor;
  sigmoid(): Tensor;
  relu(): Tensor;
  softplus(): Tensor;
  logSigmoid(): Tensor;
  relu6(): Tensor;
  selu(): Tensor;
  silu(): Tensor;
  mish(): Tensor;
  hardtanh(): Tensor;
  softsign(): Tensor;
  hardSigmoid(): Tensor;
  hardSwish(): Tensor;
  leakyRelu(negativeSlope?: number): Tensor;
  elu(alpha?: number): Tensor;
  gelu(options?: Parameters<typeof activation.gelu>[1]): Tensor;
  softmax(axis?: number): Tensor;
  logSoftmax(axis?: number): Tensor;
  cast(dtype: DType): Tensor;

  // Reductions: one axis, several, or all
  sum(axis?: Axes, options?: ReduceOptions): Tensor;
  mean(axis?: Axes, options?: ReduceOptions): Tensor;
  prod(axis?: Axes, options?: ReduceOptions): Tensor;
  max(axis?: Axes, options?: ReduceOptions): Tensor;
  min(axis?: Axes, options?: ReduceOptions): Tensor;
  logSumExp(axis?: Axes, options?: ReduceOptions): Tensor;
  any(axis?: Axes, options?: ReduceOptions): Tensor;
  all(axis?: Axes, options?: ReduceOptions): Tensor;
  countNonZero(axis?: Axes, options?: ReduceOptions): Tensor;
  var(axis?: Axes, options?: reduce.SpreadOptions): Tensor;
  std(axis?: Axes, options?: reduce.SpreadOptions): Tensor;
  norm(axis?: Axes, options?: Parameters<typeof reduce.norm>[2]): Tensor;
  argmax(axis?: number | null, options?: ReduceOptions): Tensor;
  argmin(axis?: number | null, options?: ReduceOptions): Tensor;
  cumsum(axis: number, options?: { reverse?: boolean }): Tensor;

  // Matrix products
  matmul(other: TensorLike): Tensor;
  dot(other: TensorLike): Tensor;

  // Moving elements
  /** The same numbers in another shape, `reshape(2, -1)` or `reshape([2, -1])`; nothing is copied. */
  reshape(...shape: number[] | [Shape]): Tensor;
  permute(...order: number[] | [readonly number[]]): Tensor;
  broadcastTo(...shape: number[] | [Shape]): Tensor;
  transpose(axis1?: number, axis2?: number): Tensor;
  squeeze(axis?: number | readonly number[]): Tensor;
  unsqueeze(axis: number): Tensor;
  flatten(start?: number, end?: number): Tensor;
  /** A part, axis by axis: `x.slice("1:3", ":", -1)` is NumPy's `x[1:3, :, -1]`. */
  slice(...ranges: Range[]): Tensor;
  flip(axis?: number | readonly number[]): Tensor;
  split(pieces: number | readonly number[], axis?: number): Tensor[];
  pad(padding: Parameters<typeof movement.pad>[1], value?: number): Tensor;
  tile(times: readonly number[]): Tensor;
  repeat(times: number, axis?: number): Tensor;

  // Reading at places that the data names
  gather(indices: TensorLike, axis?: number): Tensor;
  takeAlongAxis(indices: TensorLike, axis?: number): Tensor;
  scatterAdd(indices: TensorLike, values: TensorLike, axis?: number): Tensor;
  sort(axis?: number, options?: indexing.SortOptions): Tensor;
  argsort(axis?: number, options?: indexing.SortOptions): Tensor;
  topK(k: number, axis?: number, options?: { largest?: boolean }): { values: Tensor; indices: Tensor };
}

declare module "./tensor/tensor.ts" {
  interface Tensor extends TensorMethods {
    /** The transpose of a matrix, or of each matrix in a batch. */
    readonly T: Tensor;
  }
}

/** What stands behind each method: a function whose first argument is the tensor. */
const functions: {
  [Name in keyof TensorMethods]: (
    x: Tensor,
    ...given: Parameters<TensorMethods[Name]>
  ) => ReturnType<TensorMethods[Name]>;
} = {
  at: (x, ...index) => slice(x.detach(), ...index).item(),
  backward: (x, gradient, options) =>
    backward(x, gradient === undefined ? undefined : asTensor(gradient, "backward", x.dtype), options),

  // Arithmetic, with broadcasting
  add: arithmetic.add,
  sub: arithmetic.sub,
  mul: arithmetic.mul,
  div: arithmetic.div,
  mod: arithmetic.mod,
  pow: arithmetic.pow,
  maximum: arithmetic.maximum,
  minimum: arithmetic.minimum,

  // Comparisons and logic: bool results
  equal: compare.equal,
  notEqual: compare.notEqual,
  less: compare.less,
  lessEqual: compare.lessEqual,
  greater: compare.greater,
  greaterEqual: compare.greaterEqual,
  logicalAnd: compare.logicalAnd,
  logicalOr: compare.logicalOr,
  logicalXor: compare.logicalXor,
  logicalNot: compare.logicalNot,
  isNaN: compare.isNaN,
  isFinite: compare.isFinite,
  isInfinite: compare.isInfinite,

  // Functions of each element
  neg: unary.neg,
  exp: unary.exp,
  expm1: unary.expm1,
  log: unary.log,
  log1p: unary.log1p,
  log2: unary.log2,
  sqrt: unary.sqrt,
  rsqrt: unary.rsqrt,
  square: unary.square,
  reciprocal: unary.reciprocal,
  abs: unary.abs,
  sign: unary.sign,
  floor: unary.floor,
  ceil: unary.ceil,
  round: unary.round,
  trunc: unary.trunc,
  sin: unary.sin,
  cos: unary.cos,
  tan: unary.tan,
  asin: unary.asin,
  acos: unary.acos,
  atan: unary.atan,
  sinh: unary.sinh,
  cosh: unary.cosh,
  tanh: unary.tanh,
  erf: unary.erf,
  clamp: unary.clamp,
  sigmoid: activation.sigmoid,
  relu: activation.relu,
  softplus: activation.softplus,
  logSigmoid: activation.logSigmoid,
  relu6: activation.relu6,
  selu: activation.selu,
  silu: activation.silu,
  mish: activation.mish,
  hardtanh: activation.hardtanh,
  softsign: activation.softsign,
  hardSigmoid: activation.hardSigmoid,
  hardSwish: activation.hardSwish,
  leakyRelu: activation.leakyRelu,
  elu: activation.elu,
  gelu: activation.gelu,
  softmax: activation.softmax,
  logSoftmax: activation.logSoftmax,
  cast,

  // Reductions: one axis, several, or all
  sum,
  mean: reduce.mean,
  prod: reduce.prod,
  max: reduce.max,
  min: reduce.min,
  logSumExp: reduce.logSumExp,
  any: reduce.any,
  all: reduce.all,
  countNonZero: reduce.countNonZero,
  var: reduce.variance,
  std: reduce.std,
  norm: reduce.norm,
  argmax: reduce.argmax,
  argmin: reduce.argmin,
  cumsum: reduce.cumsum,

  // Matrix products
  matmul,
  dot,

  // Moving elements
  reshape: (x, ...shape) => reshape(x, flatArguments(shape)),
  permute: (x, ...order) => movement.permute(x, flatArguments(order)),
  broadcastTo: (x, ...shape) => broadcastTo(x, flatArguments(shape)),
  transpose: movement.transpose,
  squeeze: movement.squeeze,
  unsqueeze: movement.unsqueeze,
  flatten: movement.flatten,
  slice: (x, ...ranges) => slice(x, ...ranges),
  flip,
  split: movement.split,
  pad: movement.pad,
  tile: movement.tile,
  repeat: movement.repeat,

  // Reading at places that the data names
  gather: indexing.gather,
  takeAlongAxis: indexing.takeAlongAxis,
  scatterAdd: indexing.scatterAdd,
  sort: indexing.sort,
  argsort: indexing.argsort,
  topK: indexing.topK,
};

for (const [name, f] of Object.entries(functions) as [string, (x: Tensor, ...given: unknown[]) => unknown][])
  Object.defineProperty(Tensor.prototype, name, { value: methodOf(name, f), writable: true, configurable: true });

Object.defineProperty(Tensor.prototype, "T", {
  get(this: Tensor) {
    return movement.transpose(this);
  },
  configurable: true,
});

/** The function as a method, under its name, which debuggers and stack traces show. */
function methodOf(name: string, f: (x: Tensor, ...given: unknown[]) => unknown) {
  return {
    [name](this: Tensor, ...given: unknown[]) {
      return f(this, ...given);
    },
  }[name];
}

/** `f(2, 3)` and `f([2, 3])` mean the same. */
function flatArguments(shape: readonly number[] | readonly [readonly number[]]): readonly number[] {
  return Array.isArray(shape[0]) ? (shape[0] as readonly number[]) : (shape as readonly number[]);
}
