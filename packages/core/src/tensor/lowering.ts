/**
 * What an op computes, as data: all that a compiler or another backend needs to know in order to write it for its machine.
 */
import type { Tensor } from "./tensor.ts";

/** A range of neighbouring axes, `first` to `last` inclusive. */
export interface AxisRange {
  readonly first: number;
  readonly last: number;
}

/** Which of a product's operands is read with its last two axes swapped. */
export interface Transposed {
  readonly a: boolean;
  readonly b: boolean;
}

/** Everything about a sliding window over images of one size, spelt out. */
export interface Window {
  readonly height: number;
  readonly width: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Rows of padding above, columns to the left; below and right they only show in the output's size. */
  readonly before: readonly [number, number];
  /** How many windows fit vertically and horizontally. */
  readonly out: readonly [number, number];
}

/** How kernels of convolutions slide over images: windows over images of one size, and channels in groups that do not see each other. */
export interface Sliding {
  readonly window: Window;
  readonly groups: number;
}

/** Where a slice begins and how far it steps, axis by axis. */
export interface SliceBounds {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** A JavaScript function of the elements at one position. */
export type ScalarFunction = (...elements: number[]) => number;

/** What is computed along a range of axes, one row of elements after another. */
export type AxisLoopKind = "argmax" | "argmin" | "cumsum" | "prod" | "any" | "all";

/** What reads, or adds, at positions along an axis that the second input names. */
export type IndexingKind = "gather" | "indexAdd" | "takeAlongAxis" | "scatterAdd";

/** What is computed of a sliding window: convolution and pooling, and their gradients. */
export type WindowFunction =
  | "convolve"
  | "convolveInputGradient"
  | "convolveWeightGradient"
  | "maxPool"
  | "maxPoolBackward"
  | "maxPoolGather"
  | "sumPool"
  | "sumPoolBackward";

/**
 * How a compiler writes the op; an op without a lowering runs its kernel.
 *
 * - `elementwise`: each element of the result comes from the elements at its position in the inputs. A compiler that knows
 *   the op writes it in instructions; any other calls `scalar` for each element, or the kernel where that is missing.
 * - `compose`: written in other tensor operations.
 * - `broadcast`, `permute`, `slice`: reads the numbers of its input, all or some, at other positions.
 * - `reduce`: the sum or an extreme along axes.
 * - `axisLoop`: goes along axes, one row of elements after another.
 * - `indexing`: reads, or adds, at positions along an axis that its second input names.
 * - `concat`: joins its inputs along an axis; `sliceScatter`: copies its input into zeros, where a slice would read.
 * - `matmul`: the matrix product; plus a third input along the columns where there is one, cut at zero with `relu`.
 * - `window`: what a sliding window sees; of a convolution plus a third input along the channels where there is one, cut at zero
 *   with `relu`.
 */
export type Lowering =
  | { readonly kind: "elementwise"; readonly scalar?: ScalarFunction }
  | { readonly kind: "compose"; readonly compose: (inputs: readonly Tensor[]) => Tensor }
  | { readonly kind: "broadcast" }
  | { readonly kind: "permute"; readonly order: readonly number[] }
  | ({ readonly kind: "slice" } & SliceBounds)
  | { readonly kind: "reduce"; readonly reducer: "sum" | "max" | "min"; readonly axes: AxisRange }
  | { readonly kind: "axisLoop"; readonly loop: AxisLoopKind; readonly axes: AxisRange; readonly reverse?: boolean }
  | { readonly kind: "indexing"; readonly indexing: IndexingKind; readonly axis: number }
  | { readonly kind: "concat"; readonly axis: number }
  | ({ readonly kind: "sliceScatter" } & SliceBounds)
  | {
      readonly kind: "matmul";
      readonly transposed: Transposed;
      readonly relu?: boolean;
      /** Whether the second matrix lies in panels, as the compiler packs it for several products. */
      readonly packed?: boolean;
      /** Where each axis of the result comes from, as a permute has it, where a product is stored in another order than its own. */
      readonly order?: readonly number[];
    }
  | {
      readonly kind: "window";
      readonly call: WindowFunction;
      readonly sliding: Sliding;
      readonly relu?: boolean;
    };
