/**
 * Where values lie in memory, as everything must know that reads or writes them: the one declaration of addresses.
 */
import type { GraphNode } from "./graph.ts";
import type { Views } from "./views.ts";

/** Where a value lies that is computed as a part of another. */
export interface Part {
  /** The value whose memory it is, and how many elements from its beginning the part begins. */
  readonly whole: GraphNode;
  readonly offset: number;
  /** The concatenation, of `whole` or of a part of it, and which of its inputs this is. */
  readonly joined: GraphNode;
  readonly index: number;
  /** The strides of the axes that have more than one element; null where it is contiguous. */
  readonly strides: readonly number[] | null;
}

export interface Layout {
  /** In which value's memory, and with which strides, each value is read. */
  readonly views: Views;
  /** Where a value's memory begins, for values that have memory of their own. */
  addressOf(node: GraphNode): number;
  /** The part of another value that this one is computed as, if it is. */
  partOf(node: GraphNode): Part | undefined;
  /** Where the elements of a contiguous value begin. A constant of one number lies there as often as its shape says. */
  contiguousAddressOf(node: GraphNode): number;
}

/** Memory in which kernels pack their operands: a block of so many bytes for each thread. */
export interface Scratch {
  readonly address: number;
  readonly bytes: number;
}
