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

/** A place in memory: so many bytes beyond the address in a local, a whole multiple of 16, or (null) at that address. */
export interface Place {
  readonly local: number | null;
  readonly offset: number;
}

/** Where values lie for the code of one group: at constant addresses, or at those that its function is given. */
export interface Places {
  readonly views: Views;
  placeOf(node: GraphNode): Place;
  partOf(node: GraphNode): Part | undefined;
}

/** The addresses of a layout as they are. */
export function fixedPlaces(layout: Layout): Places {
  return {
    views: layout.views,
    partOf: (node) => layout.partOf(node),
    placeOf: (node) => ({ local: null, offset: layout.addressOf(node) }),
  };
}

/** The place so many bytes further on. */
export function further({ local, offset }: Place, bytes: number): Place {
  return { local, offset: offset + bytes };
}

/** Memory in which kernels pack their operands: a block of so many bytes for each thread. */
export interface Scratch {
  readonly address: number;
  readonly bytes: number;
}
