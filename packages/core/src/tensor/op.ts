/**
 * What an operation is: its name, its shape-and-dtype rule, its kernel and its gradient rule, in one place.
 */
import type { DType, TypedArray } from "./dtype.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** A shape and a dtype: all there is to know of a tensor before its numbers. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What a kernel reads and writes: numbers in row-major order with their shape. */
export interface KernelOperand extends TensorSpec {
  readonly storage: TypedArray;
}

/** One application of an op, as its gradient rule sees it. */
export interface Call<Attributes = unknown> {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly attributes: Attributes;
}

/**
 * The gradient of the loss by one input, given its gradient `g` by the output.
 *
 * Written in tensor operations, so that it can itself be differentiated and compiled. `null` stands for zero.
 */
export type GradientRule<Attributes = unknown> = (g: Tensor, call: Call<Attributes>, input: number) => Tensor | null;

/**
 * How `jit` compiles the op; without, it calls the kernel.
 *
 * - `elementwise`: each element of the result comes from the elements at its place in the inputs, as `form` writes it in
 *   instructions, or (no form known) as `each` computes it.
 * - `compose`: written in other tensor operations.
 * - `view`: reads the numbers of its first input, all or some, at other places.
 * - `reduce`: folds the run of axes in its attributes with addition or to an extreme.
 * - `line`: goes along the axis, or run of axes, in its attributes, one line of elements after another.
 * - `index`: reads, or adds, at the places along an axis that its second input names.
 * - `copies`: lays its inputs into the result: `concat` and `place`.
 * - `matmul`: the matrix product.
 * - `window`: what a sliding window sees, by a function of `wasm/conv.ts` or `wasm/pool.ts`.
 */
export type Lowering =
  | { readonly kind: "elementwise"; readonly form: string; readonly each?: (...elements: number[]) => number }
  | { readonly kind: "compose"; readonly compose: (inputs: readonly Tensor[], attributes: unknown) => Tensor }
  | { readonly kind: "view"; readonly view: "broadcast" | "permute" | "slice" }
  | { readonly kind: "reduce"; readonly fold: "sum" | "max" | "min" }
  | { readonly kind: "line"; readonly line: "argmax" | "argmin" | "cumsum" | "prod" | "any" | "all" }
  | { readonly kind: "index"; readonly move: "gather" | "addAt" | "take" | "scatter" }
  | { readonly kind: "copies" }
  | { readonly kind: "matmul" }
  | { readonly kind: "window"; readonly call: WindowFunction };

/** What can be computed of a sliding window, and back. */
export type WindowFunction =
  | "convolve"
  | "convolveByInput"
  | "convolveByWeight"
  | "maxPool"
  | "maxPoolSpread"
  | "maxPoolPick"
  | "sumPool"
  | "sumPoolSpread";

/** The one definition of an operation. */
export interface Op<Attributes = unknown> {
  readonly name: string;
  /** Checks the inputs, throws a ShapeError or DTypeError that names what is wrong, and says what comes out. */
  inferShape(inputs: readonly TensorSpec[], attributes: Attributes): TensorSpec;
  /**
   * Fills `out` (all zeros before). `"view"` says that the output holds the same numbers in the same order, so
   * that nothing is copied.
   */
  readonly kernel: "view" | ((out: KernelOperand, inputs: readonly KernelOperand[], attributes: Attributes) => void);
  /** One rule for each input, or one for all of them; none where the result does not depend smoothly on any. */
  readonly gradient?: GradientRule<Attributes> | readonly GradientRule<Attributes>[];
  readonly lower?: Lowering;
  /** Whether every run gives something else, so that two runs are never joined into one. */
  readonly random?: boolean;
}
