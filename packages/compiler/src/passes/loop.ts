/**
 * What is known of a loop in a graph: equal steps, and what each of their inputs is.
 */
import type { GraphNode } from "../ir/graph.ts";

/** What an input of one of a step's operations is. */
export type StepInput =
  | { readonly kind: "constant"; readonly node: GraphNode }
  /** Made by operation number `at` of the same step. */
  | { readonly kind: "step"; readonly at: number }
  /** Made by operation number `at` of the step before. */
  | { readonly kind: "before"; readonly at: number }
  | { readonly kind: "window"; readonly window: number };

/** A part of a value from outside, that begins so many elements further on at each step. */
export interface Window {
  /** The part that the first step reads, and that which the last one reads. */
  readonly node: GraphNode;
  readonly last: GraphNode;
  /** Where it begins in the value, and by how much that moves; of what a loop makes, as if all its steps lay in order. */
  readonly origin: Origin;
  readonly stride: number;
}

/** Of which value a node is a view. */
export interface Origin {
  readonly base: GraphNode;
  /** The loop that makes it. */
  readonly made: StepValue | null;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** What operation number `at` makes in one step of a loop. */
export interface StepValue {
  readonly loop: Loop;
  readonly at: number;
  readonly step: number;
}

/**
 * A sum that grows at each step by a product, by a sum over rows, or by a part that is laid further on in zeros, the gradient of
 * a slice: one of all steps, after the loop.
 */
export interface RunningSum {
  /** The addition, and which of its inputs is the sum so far. */
  readonly at: number;
  readonly side: number;
  /** What is added, in whatever shape: a product, a sum over rows, or a part in zeros. */
  readonly term: number;
  /** The operations that only this needs. */
  readonly own: ReadonlySet<number>;
  /** What the term is made of. */
  readonly inputs: readonly StepInput[];
}

/** Equal steps. */
export interface Loop {
  /** The number of the first operation. */
  readonly first: number;
  readonly steps: number;
  /** The operations of one step; null for those that are windows. */
  readonly inputs: readonly (readonly StepInput[] | null)[];
  /** Of the operations that are windows, which. */
  readonly windowAt: ReadonlyMap<number, number>;
  /** The operations that are the same at each step, so that the first one's are all of them. */
  readonly hoisted: ReadonlySet<number>;
  readonly windows: readonly Window[];
  readonly sums: readonly RunningSum[];
  /** Whether it goes through what it reads from the end to the beginning. */
  readonly reversed: boolean;
  nodeAt(step: number, at: number): GraphNode;
}

/** What takes the place of what operation `at` made in the step before, at the first step: one or, in several places, several. */
export function initialsOf(loop: Loop, at: number): GraphNode[] {
  const found = new Set<GraphNode>();
  loop.inputs.forEach((inputs, reader) => {
    inputs?.forEach((input, i) => {
      if (input.kind === "before" && input.at === at) found.add(loop.nodeAt(0, reader).inputs[i]);
    });
  });
  return [...found];
}
