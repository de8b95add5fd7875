/**
 * The operations as methods of tensors: `x.add(y)` for `add(x, y)`. Importing this file gives them to every tensor.
 *
 * They are declared first, as the interface that `Tensor` extends, with what an editor shows for each, which makes the
 * file long; at the end they are given to its prototype.
 */
import "./names-elsewhere.ts";
import { type BackwardOptions, backward } from "./autodiff/backward.ts";
import { type GradientHook, onGradient, retainGrad } from "./autodiff/hooks.ts";
import * as activation from "./ops/activation.ts";
import * as arithmetic from "./ops/arithmetic.ts";
import { cast } from "./ops/cast.ts";
import * as compare from "./ops/compare.ts";
import * as indexing from "./ops/indexing.ts";
import { dot, matmul } from "./ops/matmul.ts";
import * as movement from "./ops/movement.ts";
import * as norms from "./ops/norm.ts";
import * as reduce from "./ops/reduce.ts";
import { elementAt, flip, type SliceRange, slice } from "./ops/slice.ts";
import { type Axes, broadcastTo, type ReduceOptions, reshape, sum } from "./ops/sum.ts";
import * as unary from "./ops/unary.ts";
import { asTensor, type TensorLike } from "./tensor/convert.ts";
import type { DType } from "./tensor/dtype.ts";
import type { Shape } from "./tensor/shape.ts";
import { Tensor } from "./tensor/tensor.ts";

/** What can be done with a tensor. */
export interface TensorMethods {
  // Reading and gradients

  /**
   * The element at an index, one number for each axis; negative ones count from the end.
   * @throws ShapeError for fewer or more numbers than axes; ValueError for an index that is not there.
   * @example tensor([[1, 2], [3, 4]]).at(1, -2); // 3
   */
  at(...index: number[]): number;

  /**
   * Goes back from this tensor and adds to `grad` of every leaf that it came from its derivative, ∂this/∂leaf.
   *
   * The gradient has this tensor's shape, each `grad` that of its leaf. The graph is then released, unless
   * `retainGraph`.
   *
   * @param gradient the gradient by this tensor, 1 where it is a scalar.
   * @throws GraphError on a non-scalar without a gradient, on a graph already released, and where nothing requires one.
   * @example const w = parameter([1, 2]); w.square().sum().backward(); w.grad; // [2, 4]
   */
  backward(gradient?: TensorLike, options?: BackwardOptions): void;

  /**
   * Makes `backward()` leave the gradient of this result in its `grad` too, ∂loss/∂this in this tensor's shape, as it does
   * for leaves. Returns the tensor itself.
   *
   * @throws GraphError for a tensor that gets no gradient.
   * @example const w = parameter([1, 2]); const y = w.square().retainGrad(); y.sum().backward(); y.grad; // [1, 1]
   */
  retainGrad(): Tensor;

  /**
   * Calls `hook` in each backward pass with ∂loss/∂this, all paths added up, in this tensor's shape. If the hook returns a
   * tensor, that goes on in place of the gradient.
   *
   * @returns a function that removes the hook.
   * @throws GraphError for a tensor that gets no gradient.
   * @example const w = parameter([1, 2]); w.onGradient((g) => g.clamp(-1, 1)); w.square().sum().backward(); w.grad; // [1, 1]
   */
  onGradient(hook: GradientHook): () => void;

  // Arithmetic, with broadcasting

  /**
   * a + b, element by element. Shapes broadcast.
   * @example tensor([1, 2]).add(10); // [11, 12]
   */
  add(other: TensorLike): Tensor;

  /**
   * a - b, element by element. Shapes broadcast.
   * @example tensor([1, 2]).sub([1, 1]); // [0, 1]
   */
  sub(other: TensorLike): Tensor;

  /**
   * a · b, element by element; the matrix product is `matmul`. Shapes broadcast.
   * @example tensor([[1, 2], [3, 4]]).mul([10, 1]); // [[10, 2], [30, 4]]
   */
  mul(other: TensorLike): Tensor;

  /**
   * a / b in floats, element by element. Shapes broadcast. x / 0 is ±Infinity or NaN.
   * @example tensor([1, 2]).div(4); // [0.25, 0.5]
   */
  div(other: TensorLike): Tensor;

  /**
   * The remainder of a / b with the sign of b, a - b ⌊a / b⌋. Shapes broadcast.
   * @example tensor([-1, 4]).mod(3); // [2, 1]
   */
  mod(other: TensorLike): Tensor;

  /**
   * aᵇ, element by element. Shapes broadcast.
   * @example tensor([1, 2, 3]).pow(2); // [1, 4, 9]
   */
  pow(other: TensorLike): Tensor;

  /**
   * The larger of a and b, element by element; NaN where either is. Shapes broadcast.
   * @example tensor([-1, 2]).maximum(0); // [0, 2]
   */
  maximum(other: TensorLike): Tensor;

  /**
   * The smaller of a and b, element by element; NaN where either is. Shapes broadcast.
   * @example tensor([-1, 2]).minimum(0); // [-1, 0]
   */
  minimum(other: TensorLike): Tensor;

  // Comparisons and logic: bool results

  /**
   * a = b, element by element, as bool. Shapes broadcast.
   * @example tensor([1, 2]).equal(2); // [false, true]
   */
  equal(other: TensorLike): Tensor;

  /**
   * a ≠ b, element by element, as bool. Shapes broadcast. NaN differs from all.
   * @example tensor([1, 2]).notEqual(2); // [true, false]
   */
  notEqual(other: TensorLike): Tensor;

  /**
   * a < b, element by element, as bool. Shapes broadcast.
   * @example tensor([1, 2]).less(2); // [true, false]
   */
  less(other: TensorLike): Tensor;

  /**
   * a ≤ b, element by element, as bool. Shapes broadcast.
   * @example tensor([1, 2]).lessEqual(2); // [true, true]
   */
  lessEqual(other: TensorLike): Tensor;

  /**
   * a > b, element by element, as bool. Shapes broadcast.
   * @example tensor([1, 2]).greater(1); // [false, true]
   */
  greater(other: TensorLike): Tensor;

  /**
   * a ≥ b, element by element, as bool. Shapes broadcast.
   * @example tensor([1, 2]).greaterEqual(2); // [false, true]
   */
  greaterEqual(other: TensorLike): Tensor;

  /**
   * a ∧ b: both are true (not 0), element by element, as bool. Shapes broadcast.
   * @example tensor([0, 1]).logicalAnd([1, 1]); // [false, true]
   */
  logicalAnd(other: TensorLike): Tensor;

  /**
   * a ∨ b: at least one is true (not 0), element by element, as bool. Shapes broadcast.
   * @example tensor([0, 1]).logicalOr([0, 0]); // [false, true]
   */
  logicalOr(other: TensorLike): Tensor;

  /**
   * a ⊕ b: exactly one is true (not 0), element by element, as bool. Shapes broadcast.
   * @example tensor([0, 1]).logicalXor([1, 1]); // [true, false]
   */
  logicalXor(other: TensorLike): Tensor;

  /**
   * ¬x of each element, as bool: true where it is 0 or false.
   * @example tensor([0, 2]).logicalNot(); // [true, false]
   */
  logicalNot(): Tensor;

  /**
   * Whether each element is NaN, as bool.
   * @example tensor([1, NaN]).isNaN(); // [false, true]
   */
  isNaN(): Tensor;

  /**
   * Whether each element is neither NaN nor ±Infinity, as bool.
   * @example tensor([1, Infinity]).isFinite(); // [true, false]
   */
  isFinite(): Tensor;

  /**
   * Whether each element is Infinity or -Infinity, as bool.
   * @example tensor([1, -Infinity]).isInfinite(); // [false, true]
   */
  isInfinite(): Tensor;

  // Functions of each element

  /**
   * -x of each element.
   * @example tensor([1, -2]).neg(); // [-1, 2]
   */
  neg(): Tensor;

  /**
   * eˣ of each element.
   * @example tensor([0, 1]).exp(); // [1, 2.7183]
   */
  exp(): Tensor;

  /**
   * eˣ - 1 of each element, precise near 0.
   * @example tensor([0, 1]).expm1(); // [0, 1.7183]
   */
  expm1(): Tensor;

  /**
   * The natural logarithm, ln x, of each element; -Infinity at 0, NaN below.
   * @example tensor([1, 2]).log(); // [0, 0.6931]
   */
  log(): Tensor;

  /**
   * ln(1 + x) of each element, precise near 0.
   * @example tensor([0, 1]).log1p(); // [0, 0.6931]
   */
  log1p(): Tensor;

  /**
   * The logarithm to base 2, log₂ x, of each element.
   * @example tensor([1, 8]).log2(); // [0, 3]
   */
  log2(): Tensor;

  /**
   * √x of each element; NaN below 0.
   * @example tensor([4, 9]).sqrt(); // [2, 3]
   */
  sqrt(): Tensor;

  /**
   * 1 / √x of each element.
   * @example tensor([4, 16]).rsqrt(); // [0.5, 0.25]
   */
  rsqrt(): Tensor;

  /**
   * x² of each element.
   * @example tensor([-2, 3]).square(); // [4, 9]
   */
  square(): Tensor;

  /**
   * 1 / x of each element.
   * @example tensor([2, 4]).reciprocal(); // [0.5, 0.25]
   */
  reciprocal(): Tensor;

  /**
   * |x| of each element, with derivative 0 at 0.
   * @example tensor([-2, 3]).abs(); // [2, 3]
   */
  abs(): Tensor;

  /**
   * The sign of each element: -1, 0 or 1; derivative 0.
   * @example tensor([-2, 0, 3]).sign(); // [-1, 0, 1]
   */
  sign(): Tensor;

  /**
   * ⌊x⌋ of each element, the whole number at or below; derivative 0.
   * @example tensor([-1.5, 1.5]).floor(); // [-2, 1]
   */
  floor(): Tensor;

  /**
   * ⌈x⌉ of each element, the whole number at or above; derivative 0.
   * @example tensor([-1.5, 1.5]).ceil(); // [-1, 2]
   */
  ceil(): Tensor;

  /**
   * The whole number nearest to each element, halves to the even one; derivative 0.
   * @example tensor([0.5, 1.5, 2.4]).round(); // [0, 2, 2]
   */
  round(): Tensor;

  /**
   * Each element without its fraction; derivative 0.
   * @example tensor([-1.5, 1.5]).trunc(); // [-1, 1]
   */
  trunc(): Tensor;

  /**
   * sin x of each element, an angle in radians.
   * @example tensor([0, 1]).sin(); // [0, 0.8415]
   */
  sin(): Tensor;

  /**
   * cos x of each element, an angle in radians.
   * @example tensor([0, 1]).cos(); // [1, 0.5403]
   */
  cos(): Tensor;

  /**
   * tan x of each element, an angle in radians.
   * @example tensor([0, 1]).tan(); // [0, 1.5574]
   */
  tan(): Tensor;

  /**
   * arcsin x of each element: the angle in [-π/2, π/2] whose sine it is.
   * @example tensor([0, 1]).asin(); // [0, 1.5708]
   */
  asin(): Tensor;

  /**
   * arccos x of each element: the angle in [0, π] whose cosine it is.
   * @example tensor([1, 0]).acos(); // [0, 1.5708]
   */
  acos(): Tensor;

  /**
   * arctan x of each element: the angle in (-π/2, π/2) whose tangent it is.
   * @example tensor([0, 1]).atan(); // [0, 0.7854]
   */
  atan(): Tensor;

  /**
   * sinh x = (eˣ - e⁻ˣ) / 2 of each element.
   * @example tensor([0, 1]).sinh(); // [0, 1.1752]
   */
  sinh(): Tensor;

  /**
   * cosh x = (eˣ + e⁻ˣ) / 2 of each element.
   * @example tensor([0, 1]).cosh(); // [1, 1.5431]
   */
  cosh(): Tensor;

  /**
   * tanh x = sinh x / cosh x of each element, between -1 and 1.
   * @example tensor([0, 1]).tanh(); // [0, 0.7616]
   */
  tanh(): Tensor;

  /**
   * The error function, 2/√π ∫₀ˣ exp(-t²) dt, of each element.
   * @example tensor([0, 1]).erf(); // [0, 0.8427]
   */
  erf(): Tensor;

  /**
   * min(max(x, `min`), `max`) of each element, either bound open if not given; derivative 1 within, bounds included, else 0.
   * @example tensor([-2, 0.5, 7]).clamp(0, 1); // [0, 0.5, 1]
   */
  clamp(min?: number, max?: number): Tensor;

  /**
   * 1 / (1 + e⁻ˣ) of each element: a logit becomes a probability.
   * @example tensor([0, 2]).sigmoid(); // [0.5, 0.8808]
   */
  sigmoid(): Tensor;

  /**
   * max(x, 0) of each element, with derivative 0 at 0.
   * @example tensor([-1, 2]).relu(); // [0, 2]
   */
  relu(): Tensor;

  /**
   * ln(1 + eˣ) of each element: a smooth relu.
   * @example tensor([0, 2]).softplus(); // [0.6931, 2.1269]
   */
  softplus(): Tensor;

  /**
   * ln sigmoid(x) = -softplus(-x) of each element: the log-probability that a logit stands for.
   * @example tensor([0, 2]).logSigmoid(); // [-0.6931, -0.1269]
   */
  logSigmoid(): Tensor;

  /**
   * min(max(x, 0), 6) of each element.
   * @example tensor([-1, 2, 8]).relu6(); // [0, 2, 6]
   */
  relu6(): Tensor;

  /**
   * λ elu(x, α) of each element, with the constants under which activations keep mean 0 and variance 1.
   * @example tensor([-1, 1]).selu(); // [-1.1113, 1.0507]
   */
  selu(): Tensor;

  /**
   * x · sigmoid(x) of each element, also called swish.
   * @example tensor([-1, 1]).silu(); // [-0.2689, 0.7311]
   */
  silu(): Tensor;

  /**
   * x · tanh(softplus(x)) of each element.
   * @example tensor([-1, 1]).mish(); // [-0.3034, 0.8651]
   */
  mish(): Tensor;

  /**
   * min(max(x, -1), 1) of each element.
   * @example tensor([-2, 0.5]).hardtanh(); // [-1, 0.5]
   */
  hardtanh(): Tensor;

  /**
   * x / (1 + |x|) of each element.
   * @example tensor([-1, 3]).softsign(); // [-0.5, 0.75]
   */
  softsign(): Tensor;

  /**
   * (x + 3) / 6 cut to [0, 1] of each element: a sigmoid of straight lines.
   * @example tensor([-4, 0, 1.5]).hardSigmoid(); // [0, 0.5, 0.75]
   */
  hardSigmoid(): Tensor;

  /**
   * x · hardSigmoid(x) of each element.
   * @example tensor([-4, 3]).hardSwish(); // [0, 3]
   */
  hardSwish(): Tensor;

  /**
   * x where positive, else `negativeSlope` · x (0.01 unless given), of each element.
   * @example tensor([-1, 2]).leakyRelu(0.2); // [-0.2, 2]
   */
  leakyRelu(negativeSlope?: number): Tensor;

  /**
   * x where positive, else α (eˣ - 1) (α is 1 unless given), of each element.
   * @example tensor([-1, 2]).elu(); // [-0.6321, 2]
   */
  elu(alpha?: number): Tensor;

  /**
   * x Φ(x) of each element, Φ the normal distribution function; `approximate: "tanh"` as GPT-2 has it.
   * @example tensor([-1, 1]).gelu(); // [-0.1587, 0.8413]
   */
  gelu(options?: Parameters<typeof activation.gelu>[1]): Tensor;

  /**
   * exp(xᵢ) / Σⱼ exp(xⱼ) along an axis, by default the last, without overflow; the shape stays.
   * @throws ShapeError for a scalar.
   * @example tensor([0, Math.log(3)]).softmax(); // [0.25, 0.75]
   */
  softmax(axis?: number): Tensor;

  /**
   * xᵢ - ln Σⱼ exp(xⱼ) along an axis, by default the last, without overflow; the shape stays.
   * @throws ShapeError for a scalar.
   * @example tensor([0, 1000]).logSoftmax(); // [-1000, 0]
   */
  logSoftmax(axis?: number): Tensor;

  /**
   * The tensor in another dtype: to int32 fractions are cut off, to bool all but 0 is true.
   * @throws DTypeError for a name that is no dtype.
   * @example tensor([0, 1.7]).cast("int32"); // tensor([0, 1], int32)
   */
  cast(dtype: DType): Tensor;

  // Reductions: one axis, several, or all

  /**
   * Σ xᵢ along one axis, several, or (none given) all; 0 of nothing. The axes are gone from the shape, or kept with
   * length 1 (`keepDims`).
   * @example tensor([[1, 2], [3, 4]]).sum(0); // [4, 6]
   */
  sum(axis?: Axes, options?: ReduceOptions): Tensor;

  /**
   * The mean, Σ xᵢ / n, along one axis, several, or all; NaN of nothing. The axes are gone from the shape, or kept with
   * length 1 (`keepDims`).
   * @example tensor([[1, 2], [3, 4]]).mean(1); // [1.5, 3.5]
   */
  mean(axis?: Axes, options?: ReduceOptions): Tensor;

  /**
   * Π xᵢ along one axis, several, or all; 1 of nothing. The axes are gone from the shape, or kept with length 1
   * (`keepDims`).
   * @example tensor([[1, 2], [3, 4]]).prod(1); // [2, 12]
   */
  prod(axis?: Axes, options?: ReduceOptions): Tensor;

  /**
   * The largest element along one axis, several, or all; NaN if one is. The axes are gone from the shape, or kept with
   * length 1 (`keepDims`).
   * @throws ShapeError where there are no elements.
   * @example tensor([[1, 5], [7, 2]]).max(0); // [7, 5]
   */
  max(axis?: Axes, options?: ReduceOptions): Tensor;

  /**
   * The smallest element along one axis, several, or all; NaN if one is. The axes are gone from the shape, or kept with
   * length 1 (`keepDims`).
   * @throws ShapeError where there are no elements.
   * @example tensor([[1, 5], [7, 2]]).min(0); // [1, 2]
   */
  min(axis?: Axes, options?: ReduceOptions): Tensor;

  /**
   * ln Σ exp(xᵢ) along one axis, several, or all, without overflow. The axes are gone from the shape, or kept with
   * length 1 (`keepDims`).
   * @example tensor([1000, 1000]).logSumExp(); // 1000.693
   */
  logSumExp(axis?: Axes, options?: ReduceOptions): Tensor;

  /**
   * Whether at least one element along one axis, several, or all is true (not 0). The axes are gone from the shape, or
   * kept with length 1 (`keepDims`).
   * @example tensor([0, 3]).any(); // true
   */
  any(axis?: Axes, options?: ReduceOptions): Tensor;

  /**
   * Whether every element along one axis, several, or all is true (not 0). The axes are gone from the shape, or kept
   * with length 1 (`keepDims`).
   * @example tensor([0, 3]).all(); // false
   */
  all(axis?: Axes, options?: ReduceOptions): Tensor;

  /**
   * How many elements along one axis, several, or all are true (not 0), in int32. The axes are gone from the shape, or
   * kept with length 1 (`keepDims`).
   * @example tensor([0, 3, 1]).countNonZero(); // 2
   */
  countNonZero(axis?: Axes, options?: ReduceOptions): Tensor;

  /**
   * The variance, Σ (xᵢ - mean)² / (n - `correction`), along one axis, several, or all. The axes are gone from the
   * shape, or kept with length 1 (`keepDims`).
   * @example tensor([1, 2, 3, 4]).var(); // 1.25
   */
  var(axis?: Axes, options?: reduce.SpreadOptions): Tensor;

  /**
   * The standard deviation, the root of the variance, along one axis, several, or all. The axes are gone from the
   * shape, or kept with length 1 (`keepDims`).
   * @example tensor([1, 3]).std(); // 1
   */
  std(axis?: Axes, options?: reduce.SpreadOptions): Tensor;

  /**
   * The p-norm, (Σ |xᵢ|ᵖ)^(1/p), along one axis, several, or all; p is 2 unless given. The axes are gone from the
   * shape, or kept with length 1 (`keepDims`).
   * @throws ValueError for a p that is not above 0.
   * @example tensor([3, 4]).norm(); // 5
   */
  norm(axis?: Axes, options?: Parameters<typeof norms.norm>[2]): Tensor;

  /**
   * The index of the largest element along an axis, which is gone from the shape, or (none given) among all elements in
   * row-major order; the first of equals, in int32.
   * @throws ShapeError where there are no elements.
   * @example tensor([[1, 5], [7, 2]]).argmax(1); // [1, 0]
   */
  argmax(axis?: number | null, options?: ReduceOptions): Tensor;

  /**
   * The index of the smallest element along an axis, which is gone from the shape, or (none given) among all elements
   * in row-major order; the first of equals, in int32.
   * @throws ShapeError where there are no elements.
   * @example tensor([4, 2, 8]).argmin(); // 1
   */
  argmin(axis?: number | null, options?: ReduceOptions): Tensor;

  /**
   * The running sum along an axis, yᵢ = Σ xⱼ for j ≤ i, or from the end (`reverse`); the shape stays.
   * @example tensor([1, 2, 3]).cumsum(0); // [1, 3, 6]
   */
  cumsum(axis: number, options?: { reverse?: boolean }): Tensor;

  // Matrix products

  /**
   * The matrix product, Cᵢⱼ = Σₚ Aᵢₚ Bₚⱼ.
   * Shape: [.., m, k] times [.., k, n] is [.., m, n]; leading axes are batches and broadcast. A vector [k] on the left
   * is a row and on the right a column, and its axis is gone from the result.
   * @throws ShapeError where the inner lengths differ, for scalars, and for batches that do not broadcast.
   * @example tensor([[1, 2], [3, 4]]).matmul([[5], [6]]); // [[17], [39]]
   */
  matmul(other: TensorLike): Tensor;

  /**
   * The inner product of two vectors, Σ aᵢ bᵢ.
   * Shape: [n] and [n] to [].
   * @throws ShapeError unless both are vectors of one length.
   * @example tensor([1, 2]).dot([3, 4]); // 11
   */
  dot(other: TensorLike): Tensor;

  // Moving elements

  /**
   * The same numbers in the same order in another shape, `reshape(2, -1)` or `reshape([2, -1])`; nothing is copied. One
   * length may be -1, and follows from the others.
   * @throws ShapeError where the number of elements differs.
   * @example arange(6).reshape(2, -1); // [[0, 1, 2], [3, 4, 5]]
   */
  reshape(...shape: number[] | [Shape]): Tensor;

  /**
   * The axes in another order: axis i of the result is axis `order[i]` of this.
   * @throws ValueError unless every axis is named once.
   * @example zeros([8, 28, 28, 3]).permute(0, 3, 1, 2); // shape [8, 3, 28, 28]
   */
  permute(...order: number[] | [readonly number[]]): Tensor;

  /**
   * The tensor repeated along axes of length 1, or new leading axes, until it has the shape.
   * @throws ShapeError where it does not broadcast to that shape.
   * @example tensor([[1], [2]]).broadcastTo(2, 3); // [[1, 1, 1], [2, 2, 2]]
   */
  broadcastTo(...shape: number[] | [Shape]): Tensor;

  /**
   * Two axes swapped, by default the last two.
   * Shape: [.., m, n] to [.., n, m].
   * @throws ShapeError for a tensor with fewer than two axes.
   * @example tensor([[1, 2, 3]]).transpose(); // [[1], [2], [3]]
   */
  transpose(axis1?: number, axis2?: number): Tensor;

  /**
   * Without its axes of length 1: those named, or all of them.
   * @throws ShapeError for a named axis of another length.
   * @example tensor([[1, 2]]).squeeze(); // [1, 2]
   */
  squeeze(axis?: number | readonly number[]): Tensor;

  /**
   * With a new axis of length 1 at `axis`; -1 puts it last.
   * @example tensor([1, 2]).unsqueeze(0); // [[1, 2]]
   */
  unsqueeze(axis: number): Tensor;

  /**
   * The axes from `start` to `end` (both included) joined into one; by default all of them.
   * @example zeros([8, 3, 4, 4]).flatten(1); // shape [8, 48]
   */
  flatten(start?: number, end?: number): Tensor;

  /**
   * A part, axis by axis: `x.slice("1:3", ":", -1)` is NumPy's `x[1:3, :, -1]`.
   * Shape: a number takes its axis away, a range leaves as many as it holds.
   * @throws ValueError for an index that is not there, or a range that cannot be read.
   * @example tensor([[1, 2, 3], [4, 5, 6]]).slice(":", "1:"); // [[2, 3], [5, 6]]
   */
  slice(...ranges: SliceRange[]): Tensor;

  /**
   * The elements in reverse along one axis, several, or all; the shape stays.
   * @example tensor([1, 2, 3]).flip(); // [3, 2, 1]
   */
  flip(axis?: number | readonly number[]): Tensor;

  /**
   * Cut into pieces along an axis, by default the first: a number of equal pieces, or pieces of the lengths given.
   * @throws ShapeError where the pieces do not make up the whole.
   * @example tensor([1, 2, 3, 4]).split(2); // [[1, 2], [3, 4]]
   */
  split(pieces: number | readonly number[], axis?: number): Tensor[];

  /**
   * With `value` (0 unless given) put around it: for each axis so many before and after, or one number for all.
   * @example tensor([1, 2]).pad([[1, 2]]); // [0, 1, 2, 0, 0]
   */
  pad(padding: Parameters<typeof movement.pad>[1], value?: number): Tensor;

  /**
   * The whole tensor repeated along each axis, as NumPy's `tile`.
   * Shape: each length times its number of times.
   * @example tensor([1, 2]).tile([3]); // [1, 2, 1, 2, 1, 2]
   */
  tile(times: readonly number[]): Tensor;

  /**
   * Each element repeated along an axis, by default the first, as NumPy's `repeat`.
   * Shape: the axis is `times` as long.
   * @example tensor([1, 2]).repeat(3); // [1, 1, 1, 2, 2, 2]
   */
  repeat(times: number, axis?: number): Tensor;

  // Reading at positions that the data names

  /**
   * The slices at the indices along an axis, by default the first: rows of a table, as an embedding looks them up.
   * Shape: [.., n, ..] with indices of any shape S is [.., ...S, ..].
   * @throws ValueError for indices that are fractional or not there.
   * @example tensor([[1, 2], [3, 4]]).gather([1, 1, 0]); // [[3, 4], [3, 4], [1, 2]]
   */
  gather(indices: TensorLike, axis?: number): Tensor;

  /**
   * One element for each index along an axis, by default the last: yᵢⱼ = x[i, indicesᵢⱼ].
   * Shape: that of the indices, which agrees with the tensor's but for the axis.
   * @throws ShapeError where they differ along another axis; ValueError for indices that are not there.
   * @example tensor([[1, 2], [3, 4]]).takeAlongAxis([[1], [0]]); // [[2], [3]]
   */
  takeAlongAxis(indices: TensorLike, axis?: number): Tensor;

  /**
   * This with each value added at the position that its index names along an axis, by default the last; the shape stays.
   * @throws ShapeError where shapes differ along another axis; ValueError for indices that are not there.
   * @example zeros([3]).scatterAdd([2, 2, 0], [1, 2, 3]); // [3, 0, 3]
   */
  scatterAdd(indices: TensorLike, values: TensorLike, axis?: number): Tensor;

  /**
   * The elements in ascending order (or `descending`) along an axis, by default the last; the shape stays.
   * @example tensor([3, 1, 2]).sort(); // [1, 2, 3]
   */
  sort(axis?: number, options?: indexing.SortOptions): Tensor;

  /**
   * The indices that would sort the elements along an axis, by default the last, in int32; the shape stays.
   * @example tensor([3, 1, 2]).argsort(); // [1, 2, 0]
   */
  argsort(axis?: number, options?: indexing.SortOptions): Tensor;

  /**
   * The k largest elements (or smallest: `largest: false`) along an axis, by default the last, in order, and their
   * indices.
   * Shape: the axis has length k.
   * @throws ValueError for a k below 0 or above the length.
   * @example tensor([3, 1, 2]).topK(2).values; // [3, 2]
   */
  topK(k: number, axis?: number, options?: { largest?: boolean }): { values: Tensor; indices: Tensor };
}

declare module "./tensor/tensor.ts" {
  interface Tensor extends TensorMethods {
    /**
     * The transpose of a matrix, or of each matrix in a batch.
     * Shape: [.., m, n] to [.., n, m].
     * @throws ShapeError for a tensor with fewer than two axes.
     * @example tensor([[1, 2, 3]]).T; // [[1], [2], [3]]
     */
    readonly T: Tensor;
    /**
     * The parts along the first axis, one after the other: rows of a matrix, tensors without axes of a vector.
     * @throws TypeError for a tensor without axes, which is not iterable.
     * @example [...tensor([[1, 2], [3, 4]])].length; // 2
     */
    [Symbol.iterator](): IterableIterator<Tensor>;
  }
}

/** Whether they are options, in the gradient's place, as PyTorch has them there. */
function areOptions(given: unknown): given is BackwardOptions {
  return typeof given === "boolean" || Object.getPrototypeOf(given ?? 0) === Object.prototype;
}

/** What stands behind each method: a function whose first argument is the tensor. */
const functions: {
  [Name in keyof TensorMethods]: (
    x: Tensor,
    ...given: Parameters<TensorMethods[Name]>
  ) => ReturnType<TensorMethods[Name]>;
} = {
  at: elementAt,
  backward: (x, gradient, options) =>
    areOptions(gradient)
      ? backward(x, undefined, gradient)
      : backward(x, gradient === undefined ? undefined : asTensor(gradient, "backward", x.dtype), options),
  retainGrad,
  onGradient,

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
  std: norms.std,
  norm: norms.norm,
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

  // Reading at positions that the data names
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

// A tensor without axes has no parts: it is not iterable, which for … of says.
Object.defineProperty(Tensor.prototype, Symbol.iterator, {
  get(this: Tensor) {
    return this.rank === 0 ? undefined : parts;
  },
  configurable: true,
});

function* parts(this: Tensor): Generator<Tensor> {
  for (let i = 0; i < this.shape[0]; i++) yield slice(this, i);
}

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
