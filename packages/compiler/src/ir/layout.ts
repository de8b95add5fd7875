/**
 * Where values lie in memory, as everything must know that reads or writes them: the one declaration of addresses.
 */
import type { GraphNode } from "./graph.ts";
import type { Views } from "./views.ts";

export interface Layout {
  /** In which value's memory, and with which strides, each value is read. */
  readonly views: Views;
  /** Where a value's memory begins, for values that have memory of their own. */
  addressOf(node: GraphNode): number;
  /** Where the elements of a contiguous value begin. A constant of one number lies there as often as its shape says. */
  contiguousAddressOf(node: GraphNode): number;
}

/** Memory in which kernels pack their operands: a block of so many bytes for each thread. */
export interface Scratch {
  readonly address: number;
  readonly bytes: number;
}
