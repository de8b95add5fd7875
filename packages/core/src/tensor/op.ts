/**
 * What an operation is: its name, its shape-and-dtype rule, its kernel and its gradient rule, in one place.
 */
import type { DType, TypedArray } from "./dtype.ts";
import type { Lowering } from "./lowering.ts";
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
 * What an op computes and what its derivatives are, for people to read. The inputs are called a, b, c, …, the result y, and
 * the gradient by the result g; `null` stands where an input has no derivative.
 */
export interface OpFormula {
  /** In plain text: the result, then the local derivative by each input (the last holds for all further ones). */
  readonly text: readonly [result: string, ...derivatives: (string | null)[]];
  /** The same in TeX. */
  readonly tex: readonly [result: string, ...derivatives: (string | null)[]];
  /** What is sent to each input, where it is not g times the derivative, element by element. */
  readonly sends?: { readonly text: readonly (string | null)[]; readonly tex: readonly (string | null)[] };
}

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
  /** How a compiler writes it, where it depends on the attributes as a function of them; none: it runs the kernel. */
  readonly lower?: Lowering | ((attributes: Attributes) => Lowering);
  /** What explanations say of it, where it depends on the attributes as a function of them; built-in ops have theirs beside. */
  readonly formula?: OpFormula | ((attributes: Attributes) => OpFormula);
  /**
   * Whether more axes may be put in front of those of its inputs, at each position along which it then does the same: all
   * inputs get them, and so does the result. By this `vmap` applies it once to all examples.
   */
  readonly leadingAxes?: boolean;
  /** Whether every run gives something else, so that two runs are never joined into one. */
  readonly random?: boolean;
}

/** How a compiler writes this application of the op; null where it runs the kernel. */
export function loweringOf<Attributes>({ lower }: Op<Attributes>, attributes: Attributes): Lowering | null {
  return (typeof lower === "function" ? lower(attributes) : lower) ?? null;
}
