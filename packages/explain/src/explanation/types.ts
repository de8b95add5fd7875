/**
 * What an explanation of a backward pass consists of, as plain data: texts, pages and questions are made from it, and it
 * survives JSON.
 */
import type { DType } from "@chainrule/core";
import type { LayerCall } from "@chainrule/viz";

export type { LayerCall };

/** A formula in plain text and in TeX. */
export interface Formula {
  readonly text: string;
  readonly tex: string;
}

/** The numbers of a tensor: all of them where there are few, else what they are like. */
export interface Numbers {
  /** `[]` for one number. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** All of them in row-major order; left out where there are more than `maxElements`. */
  readonly values?: readonly number[];
  /** The smallest; NaN of nothing, as are the others, and where one of them is NaN. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** The length, √ Σ x². */
  readonly norm: number;
}

/** What a node is: a result of an operation, a weight, data, or a plain number in the program. */
export type ExplainedKind = "op" | "parameter" | "input" | "constant";

/** One tensor, or `Value`, of the computation. */
export interface ExplainedNode {
  /** Its index in `nodes`: every node comes after those it was made of, and the result comes last. */
  readonly id: number;
  readonly kind: ExplainedKind;
  /** What texts call it: the name that it was given, the path of a weight, `v1`, `v2`, … in order, or a constant's number. */
  readonly name: string;
  /** The operation that made it, such as `"matmul"`. */
  readonly op?: string;
  /** The calls of layers and losses in which it was made, outermost first: `["", "layers.0"]`; absent outside of any. */
  readonly layers?: readonly LayerCall[];
  /** Where in the program it was made, where that is known: `train.ts:12:5`. */
  readonly line?: string;
  /** The ids of what it was made of, in the order of the op's inputs; `x · x` has the same id twice. */
  readonly inputs: readonly number[];
  /** How it was computed of them, with their names: `x · w`; absent for what is no result. */
  readonly formula?: Formula;
  /** Why there is no formula: an op of the user's that has none. */
  readonly note?: string;
  readonly value: Numbers;
  /** Whether it gets a gradient. */
  readonly requiresGrad: boolean;
}

/** What a node's derivative by one of its inputs is: a number for each pair of an element of the one and one of the other. */
export interface LocalDerivative {
  /** With the names of the nodes: `w`, or of a matrix product, with indices. */
  readonly formula?: Formula;
  /**
   * What `numbers` are. `"elementwise"`: each element of the result depends on one of the input, by the number at its
   * place. `"jacobian"`: all pairs, in the result's shape followed by the input's. `"large"`: there are too many.
   */
  readonly form: "elementwise" | "jacobian" | "large";
  readonly numbers?: Numbers;
}

/** What a node sends to one of those that it was made of. */
export interface Sent {
  /** The id of the input that it goes to. */
  readonly to: number;
  /** Which input of the op that is, counted from 0. */
  readonly argument: number;
  readonly local: LocalDerivative;
  /** How it comes of the gradient from above: `dL/dv1 · w`, `dL/dv1 wᵀ`. */
  readonly formula?: Formula;
  /** The gradient from above times the local derivative, in the input's shape. */
  readonly sent: Numbers;
  /** Whether it was summed, because the input was broadcast: its elements were used several times. */
  readonly isSummed: boolean;
  /** How many times as long as the gradient from above it is, |sent| / |gradient|. */
  readonly gain: number;
}

/** One term of a gradient: what one use of the node sent back. */
export interface Term {
  /** The id of the node that sent it. */
  readonly from: number;
  /** As which of its inputs. */
  readonly argument: number;
  readonly sent: Numbers;
}

/** The backward pass at one node. */
export interface BackwardStep {
  readonly node: number;
  /** What came from above, term by term in the order in which they were added; none for the result, where it begins. */
  readonly terms: readonly Term[];
  /** Their sum: the derivative of the result by this node, over all paths. */
  readonly gradient: Numbers;
  /** The sum before a hook of the user's (`onGradient`) changed it, where one did. */
  readonly beforeHooks?: Numbers;
  /** What goes on to each input that gets a gradient; none for a leaf. */
  readonly sends: readonly Sent[];
}

/** An explanation as data. */
export interface BackwardData {
  readonly kind: "backward";
  /** The id of what was differentiated, the last node. */
  readonly result: number;
  readonly nodes: readonly ExplainedNode[];
  /** One for each node that gets a gradient, the latest first. */
  readonly steps: readonly BackwardStep[];
}
