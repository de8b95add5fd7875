/**
 * The tensor: numbers with a shape, their place on the tape, and the operations as methods.
 *
 * A tensor never changes. Operations make new tensors; reshape and its like share the numbers, which is safe
 * because nobody can write them. The one exception has a name of its own: a `Parameter`'s value can be replaced.
 */
import { type BackwardOptions, backward } from "../autodiff/backward.ts";
import { DTypeError, GraphError, JitError, ShapeError } from "../errors.ts";
import { userLine } from "../jit/user-line.ts";
import * as activation from "../ops/activation.ts";
import * as arithmetic from "../ops/arithmetic.ts";
import { cast } from "../ops/cast.ts";
import * as compare from "../ops/compare.ts";
import * as indexing from "../ops/indexing.ts";
import { dot, matmul } from "../ops/matmul.ts";
import * as movement from "../ops/movement.ts";
import * as reduce from "../ops/reduce.ts";
import { flip, type Range, slice } from "../ops/slice.ts";
import { type Axes, broadcastTo, type ReduceOptions, reshape, sum } from "../ops/sum.ts";
import * as unary from "../ops/unary.ts";
import { asTensor, type TensorLike } from "./create.ts";
import { type DType, isFloat, type TypedArray } from "./dtype.ts";
import { formatTensor } from "./format.ts";
import type { Step } from "./run.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "./shape.ts";
import { type TracedValue, tracer } from "./tracing.ts";

/** Numbers, or arrays of them, as `toArray` returns them. */
export type ArrayOf<T> = T | ArrayOf<T>[];

/**
 * An n-dimensional array of numbers that remembers how it was made. Make one with `tensor`, `zeros`, `randn`, ….
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * x.square().sum().backward();
 * x.grad; // [[2, 4], [6, 8]]
 */
export class Tensor {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The numbers where they are at hand; null for what `jit` traces, and for parameters that live in its memory. @internal */
  held: TypedArray | null;
  /** What it stands for in a trace. @internal */
  traced: TracedValue | null = null;
  /** How it was made, where a gradient may be asked for. @internal */
  step: Step | null = null;
  #grad: Tensor | null = null;
  #requiresGrad = false;

  /** @internal */
  constructor(storage: TypedArray | null, shape: Shape, dtype: DType) {
    this.held = storage;
    this.shape = shape;
    this.dtype = dtype;
  }

  /** The numbers in row-major order. For kernels only: read, and never write. @internal */
  get storage(): TypedArray {
    return this.held ?? unread(this);
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The transpose of a matrix, or of each matrix in a batch. */
  get T(): Tensor {
    return movement.transpose(this);
  }

  /** Whether operations on this tensor are noted, so that `backward()` reaches it. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  set requiresGrad(on: boolean) {
    if (on && !isFloat(this.dtype))
      throw new DTypeError({
        where: "requiresGrad",
        expected: "a float tensor",
        got: this.dtype,
        hint: 'Only floats have gradients: make it with { dtype: "float32" }.',
      });
    if (!on && this.step)
      throw new GraphError({
        where: "requiresGrad",
        expected: "a tensor that no operation made",
        got: `a result of ${this.step.op.name}`,
        hint: "To cut it off from what made it, use detach().",
      });
    if (on && !this.#requiresGrad) tracer?.beforeRequiringGrad(this);
    this.#requiresGrad = on;
  }

  /** The gradient that `backward()` left here, in the tensor's own shape; null before. */
  get grad(): Tensor | null {
    return tracer === null ? this.#grad : tracer.gradientOf(this, this.#grad);
  }

  set grad(gradient: Tensor | null) {
    tracer?.beforeGradientChanges(this, this.#grad);
    this.#grad = gradient;
  }

  /** Whether no operation on the tape made it: parameters and inputs, where gradients are left. */
  get isLeaf(): boolean {
    return this.step === null;
  }

  /** What stays as it is while a later assignment replaces the value: the tensor itself, but for parameters. @internal */
  snapshot(): Tensor {
    return this;
  }

  /** The tensor on which `backward()` leaves the gradient. @internal */
  get leaf(): Tensor {
    return this;
  }

  // Reading

  /** The only element as a number. @throws ShapeError where there is not exactly one. */
  item(): number {
    if (this.storage.length !== 1)
      throw new ShapeError({
        where: "item",
        expected: "a tensor of one element",
        got: `shape ${formatShape(this.shape)}`,
        hint: "Reduce it first (sum, mean, …), or read all numbers with toArray().",
      });
    return this.storage[0];
  }

  /** The numbers in nested arrays of the tensor's shape (a plain number for a scalar), truth values for bool. */
  toArray(): ArrayOf<number> {
    const build = (axis: number, start: number, size: number): ArrayOf<number> => {
      if (axis === this.rank)
        return this.dtype === "bool" ? (Boolean(this.storage[start]) as never) : this.storage[start];
      const part = this.shape[axis] === 0 ? 0 : size / this.shape[axis];
      return Array.from({ length: this.shape[axis] }, (_, i) => build(axis + 1, start + i * part, part));
    };
    return build(0, 0, this.size);
  }

  /** A copy of the numbers in row-major order. */
  toTypedArray(): TypedArray {
    return this.storage.slice();
  }

  /** The element at an index, one number for each axis. @throws ValueError for an index that is not there. */
  at(...index: number[]): number {
    return slice(this.detach(), ...index).item();
  }

  toString(): string {
    return formatTensor(this, { requiresGrad: this.requiresGrad });
  }

  /** How Node's console shows it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Text where text is asked for; a tensor is no number, so `x > 0`, `+x` and `x * 2` throw. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    const line = userLine();
    throw new DTypeError({
      where: `tensor${line ? `, at ${line}` : ""}`,
      expected: "a number",
      got: `a tensor of shape ${formatShape(this.shape)} in JavaScript arithmetic or a comparison`,
      hint: "Write x.mul(2) for x * 2, x.greater(0) for x > 0 (and where() to choose by it), x.item() for the number.",
    });
  }

  /** The numbers in nested arrays, for JSON. */
  toJSON(): ArrayOf<number> {
    return this.toArray();
  }

  // Gradients

  /**
   * Walks back from this tensor and adds to `grad` of every leaf that it came from; the graph is then released.
   *
   * @param gradient the gradient by this tensor, 1 where it is a scalar.
   * @throws GraphError on a non-scalar without a gradient, on a graph already released, and where nothing requires one.
   */
  backward(gradient?: TensorLike, options: BackwardOptions = {}): void {
    backward(this, gradient === undefined ? undefined : asTensor(gradient, "backward", this.dtype), options);
  }

  /** The same numbers, cut off from what made them: no gradient passes. */
  detach(): Tensor {
    const cut = new Tensor(this.held, this.shape, this.dtype);
    cut.traced = this.traced;
    return cut;
  }

  /** Forgets the gradient. */
  zeroGrad(): void {
    this.grad = null;
  }

  // Arithmetic, with broadcasting

  add(other: TensorLike): Tensor {
    return arithmetic.add(this, other);
  }

  sub(other: TensorLike): Tensor {
    return arithmetic.sub(this, other);
  }

  mul(other: TensorLike): Tensor {
    return arithmetic.mul(this, other);
  }

  div(other: TensorLike): Tensor {
    return arithmetic.div(this, other);
  }

  mod(other: TensorLike): Tensor {
    return arithmetic.mod(this, other);
  }

  pow(other: TensorLike): Tensor {
    return arithmetic.pow(this, other);
  }

  maximum(other: TensorLike): Tensor {
    return arithmetic.maximum(this, other);
  }

  minimum(other: TensorLike): Tensor {
    return arithmetic.minimum(this, other);
  }

  // Comparisons and logic: bool results

  equal(other: TensorLike): Tensor {
    return compare.equal(this, other);
  }

  notEqual(other: TensorLike): Tensor {
    return compare.notEqual(this, other);
  }

  less(other: TensorLike): Tensor {
    return compare.less(this, other);
  }

  lessEqual(other: TensorLike): Tensor {
    return compare.lessEqual(this, other);
  }

  greater(other: TensorLike): Tensor {
    return compare.greater(this, other);
  }

  greaterEqual(other: TensorLike): Tensor {
    return compare.greaterEqual(this, other);
  }

  logicalAnd(other: TensorLike): Tensor {
    return compare.logicalAnd(this, other);
  }

  logicalOr(other: TensorLike): Tensor {
    return compare.logicalOr(this, other);
  }

  logicalXor(other: TensorLike): Tensor {
    return compare.logicalXor(this, other);
  }

  logicalNot(): Tensor {
    return compare.logicalNot(this);
  }

  isNaN(): Tensor {
    return compare.isNaN(this);
  }

  isFinite(): Tensor {
    return compare.isFinite(this);
  }

  isInfinite(): Tensor {
    return compare.isInfinite(this);
  }

  // Functions of each element

  neg(): Tensor {
    return unary.neg(this);
  }

  exp(): Tensor {
    return unary.exp(this);
  }

  expm1(): Tensor {
    return unary.expm1(this);
  }

  log(): Tensor {
    return unary.log(this);
  }

  log1p(): Tensor {
    return unary.log1p(this);
  }

  log2(): Tensor {
    return unary.log2(this);
  }

  sqrt(): Tensor {
    return unary.sqrt(this);
  }

  rsqrt(): Tensor {
    return unary.rsqrt(this);
  }

  square(): Tensor {
    return unary.square(this);
  }

  reciprocal(): Tensor {
    return unary.reciprocal(this);
  }

  abs(): Tensor {
    return unary.abs(this);
  }

  sign(): Tensor {
    return unary.sign(this);
  }

  floor(): Tensor {
    return unary.floor(this);
  }

  ceil(): Tensor {
    return unary.ceil(this);
  }

  round(): Tensor {
    return unary.round(this);
  }

  trunc(): Tensor {
    return unary.trunc(this);
  }

  sin(): Tensor {
    return unary.sin(this);
  }

  cos(): Tensor {
    return unary.cos(this);
  }

  tan(): Tensor {
    return unary.tan(this);
  }

  asin(): Tensor {
    return unary.asin(this);
  }

  acos(): Tensor {
    return unary.acos(this);
  }

  atan(): Tensor {
    return unary.atan(this);
  }

  sinh(): Tensor {
    return unary.sinh(this);
  }

  cosh(): Tensor {
    return unary.cosh(this);
  }

  tanh(): Tensor {
    return unary.tanh(this);
  }

  erf(): Tensor {
    return unary.erf(this);
  }

  clamp(min?: number, max?: number): Tensor {
    return unary.clamp(this, min, max);
  }

  sigmoid(): Tensor {
    return activation.sigmoid(this);
  }

  relu(): Tensor {
    return activation.relu(this);
  }

  softplus(): Tensor {
    return activation.softplus(this);
  }

  logSigmoid(): Tensor {
    return activation.logSigmoid(this);
  }

  relu6(): Tensor {
    return activation.relu6(this);
  }

  selu(): Tensor {
    return activation.selu(this);
  }

  silu(): Tensor {
    return activation.silu(this);
  }

  mish(): Tensor {
    return activation.mish(this);
  }

  hardtanh(): Tensor {
    return activation.hardtanh(this);
  }

  softsign(): Tensor {
    return activation.softsign(this);
  }

  hardSigmoid(): Tensor {
    return activation.hardSigmoid(this);
  }

  hardSwish(): Tensor {
    return activation.hardSwish(this);
  }

  leakyRelu(negativeSlope?: number): Tensor {
    return activation.leakyRelu(this, negativeSlope);
  }

  elu(alpha?: number): Tensor {
    return activation.elu(this, alpha);
  }

  gelu(options?: Parameters<typeof activation.gelu>[1]): Tensor {
    return activation.gelu(this, options);
  }

  softmax(axis?: number): Tensor {
    return activation.softmax(this, axis);
  }

  logSoftmax(axis?: number): Tensor {
    return activation.logSoftmax(this, axis);
  }

  cast(dtype: DType): Tensor {
    return cast(this, dtype);
  }

  // Reductions: one axis, several, or all

  sum(axis?: Axes, options?: ReduceOptions): Tensor {
    return sum(this, axis, options);
  }

  mean(axis?: Axes, options?: ReduceOptions): Tensor {
    return reduce.mean(this, axis, options);
  }

  prod(axis?: Axes, options?: ReduceOptions): Tensor {
    return reduce.prod(this, axis, options);
  }

  max(axis?: Axes, options?: ReduceOptions): Tensor {
    return reduce.max(this, axis, options);
  }

  min(axis?: Axes, options?: ReduceOptions): Tensor {
    return reduce.min(this, axis, options);
  }

  logSumExp(axis?: Axes, options?: ReduceOptions): Tensor {
    return reduce.logSumExp(this, axis, options);
  }

  any(axis?: Axes, options?: ReduceOptions): Tensor {
    return reduce.any(this, axis, options);
  }

  all(axis?: Axes, options?: ReduceOptions): Tensor {
    return reduce.all(this, axis, options);
  }

  countNonZero(axis?: Axes, options?: ReduceOptions): Tensor {
    return reduce.countNonZero(this, axis, options);
  }

  var(axis?: Axes, options?: reduce.SpreadOptions): Tensor {
    return reduce.variance(this, axis, options);
  }

  std(axis?: Axes, options?: reduce.SpreadOptions): Tensor {
    return reduce.std(this, axis, options);
  }

  norm(axis?: Axes, options?: Parameters<typeof reduce.norm>[2]): Tensor {
    return reduce.norm(this, axis, options);
  }

  argmax(axis?: number | null, options?: ReduceOptions): Tensor {
    return reduce.argmax(this, axis, options);
  }

  argmin(axis?: number | null, options?: ReduceOptions): Tensor {
    return reduce.argmin(this, axis, options);
  }

  cumsum(axis: number, options?: { reverse?: boolean }): Tensor {
    return reduce.cumsum(this, axis, options);
  }

  // Matrix products

  matmul(other: TensorLike): Tensor {
    return matmul(this, other);
  }

  dot(other: TensorLike): Tensor {
    return dot(this, other);
  }

  // Moving elements

  /** The same numbers in another shape, `reshape(2, -1)` or `reshape([2, -1])`; nothing is copied. */
  reshape(...shape: number[] | [Shape]): Tensor {
    return reshape(this, flatArguments(shape));
  }

  permute(...order: number[] | [readonly number[]]): Tensor {
    return movement.permute(this, flatArguments(order));
  }

  broadcastTo(...shape: number[] | [Shape]): Tensor {
    return broadcastTo(this, flatArguments(shape));
  }

  transpose(axis1?: number, axis2?: number): Tensor {
    return movement.transpose(this, axis1, axis2);
  }

  squeeze(axis?: number | readonly number[]): Tensor {
    return movement.squeeze(this, axis);
  }

  unsqueeze(axis: number): Tensor {
    return movement.unsqueeze(this, axis);
  }

  flatten(start?: number, end?: number): Tensor {
    return movement.flatten(this, start, end);
  }

  /** A part, axis by axis: `x.slice("1:3", ":", -1)` is NumPy's `x[1:3, :, -1]`. */
  slice(...ranges: Range[]): Tensor {
    return slice(this, ...ranges);
  }

  flip(axis?: number | readonly number[]): Tensor {
    return flip(this, axis);
  }

  split(pieces: number | readonly number[], axis?: number): Tensor[] {
    return movement.split(this, pieces, axis);
  }

  pad(padding: Parameters<typeof movement.pad>[1], value?: number): Tensor {
    return movement.pad(this, padding, value);
  }

  tile(times: readonly number[]): Tensor {
    return movement.tile(this, times);
  }

  repeat(times: number, axis?: number): Tensor {
    return movement.repeat(this, times, axis);
  }

  // Reading at places that the data names

  gather(indices: TensorLike, axis?: number): Tensor {
    return indexing.gather(this, indices, axis);
  }

  takeAlongAxis(indices: TensorLike, axis?: number): Tensor {
    return indexing.takeAlongAxis(this, indices, axis);
  }

  scatterAdd(indices: TensorLike, values: TensorLike, axis?: number): Tensor {
    return indexing.scatterAdd(this, indices, values, axis);
  }

  sort(axis?: number, options?: indexing.SortOptions): Tensor {
    return indexing.sort(this, axis, options);
  }

  argsort(axis?: number, options?: indexing.SortOptions): Tensor {
    return indexing.argsort(this, axis, options);
  }

  topK(k: number, axis?: number, options?: { largest?: boolean }): { values: Tensor; indices: Tensor } {
    return indexing.topK(this, k, axis, options);
  }
}

/** A parameter's place in the memory of compiled programs. @internal */
export interface Home {
  /** A copy of the numbers there. */
  fetch(): TypedArray;
  /** Whether the value has been replaced from outside since. */
  outdated: boolean;
}

/** Only what a trace made has no numbers; used after the trace, it must have been kept by accident. */
function unread(x: Tensor): never {
  if (tracer !== null) tracer.refuse(x);
  throw new JitError({
    where: "tensor",
    expected: "a tensor with numbers",
    got: "one from inside a jitted function, where tensors only stand for what will be computed",
    hint: "Return it from the function, or keep it in a buffer() with assign().",
  });
}

/**
 * A tensor whose value training may replace. What was computed from the old value keeps it: a later backward pass
 * sees the numbers that its forward pass saw.
 */
export class Parameter extends Tensor {
  /** Whether it is state (made by `buffer()`) and no weight: frozen weights are weights still. */
  readonly isBuffer: boolean;

  /** Where the value lives in the memory of compiled programs, once one has used it. @internal */
  home: Home | null = null;

  /** @internal */
  constructor(storage: TypedArray, shape: Shape, dtype: DType, isBuffer = false) {
    super(storage, shape, dtype);
    this.isBuffer = isBuffer;
  }

  override get storage(): TypedArray {
    if (tracer !== null) tracer.refuse(this);
    this.held ??= this.home!.fetch();
    return this.held;
  }

  override detach(): Tensor {
    const cut = new Tensor(tracer === null ? this.storage : null, this.shape, this.dtype);
    if (tracer !== null) cut.traced = tracer.valueOf(this);
    return cut;
  }

  /**
   * Replaces the value. Nothing is written in place.
   *
   * @throws ShapeError for another shape; the old value then stays.
   */
  assign(value: TensorLike): void {
    const next = asTensor(value, "assign", this.dtype);
    if (!sameShape(next.shape, this.shape))
      throw new ShapeError({
        where: "assign",
        expected: `a value of shape ${formatShape(this.shape)}`,
        got: formatShape(next.shape),
      });
    const converted = cast(next.detach(), this.dtype);
    if (tracer !== null) tracer.assign(this, converted);
    else {
      this.held = converted.storage;
      if (this.home !== null) this.home.outdated = true;
    }
  }

  override snapshot(): Tensor {
    return new Snapshot(this);
  }
}

/** A parameter's value at one moment; gradients that reach it belong to the parameter. */
class Snapshot extends Tensor {
  readonly #parameter: Parameter;

  constructor(parameter: Parameter) {
    super(tracer === null ? parameter.storage : null, parameter.shape, parameter.dtype);
    if (tracer !== null) this.traced = tracer.valueOf(parameter);
    this.#parameter = parameter;
    this.requiresGrad = parameter.requiresGrad;
  }

  override get leaf(): Tensor {
    return this.#parameter;
  }
}

/** `f(2, 3)` and `f([2, 3])` mean the same. */
function flatArguments(shape: readonly number[] | readonly [readonly number[]]): readonly number[] {
  return Array.isArray(shape[0]) ? (shape[0] as readonly number[]) : (shape as readonly number[]);
}
