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

/**
 * Where something lies, wherever its program is placed: so many bytes beyond the beginning of a region. Regions lie where there
 * is room, at multiples of 16; a program finds them in a table.
 */
export interface Location {
  readonly region: number;
  readonly offset: number;
}

/** Memory that a program has only while it runs, and what it keeps between its runs; from here on one for each parameter. */
export const arenaRegion = 0;
export const dataRegion = 1;
export const firstParameterRegion = 2;

/** The byte of the table at which the address of a region stands. Before them all stands what other threads are told. */
export function tableEntry(region: number): number {
  return 4 * (1 + region);
}

export interface Layout {
  /** In which value's memory, and with which strides, each value is read. */
  readonly views: Views;
  /** Where a value's memory begins, for values that have memory of their own. */
  locationOf(node: GraphNode): Location;
  /** The part of another value that this one is computed as, if it is. */
  partOf(node: GraphNode): Part | undefined;
  /** Where the elements of a contiguous value begin. A constant of one number lies there as often as its shape says. */
  contiguousLocationOf(node: GraphNode): Location;
}

/** A place in memory for the code of one function: so many bytes beyond the address in a local, a whole multiple of 16. */
export interface Place {
  readonly local: number;
  readonly offset: number;
}

/** Where values lie for the code of one function. */
export interface Places {
  readonly views: Views;
  placeOf(node: GraphNode): Place;
  partOf(node: GraphNode): Part | undefined;
  /** Where the elements of a contiguous value begin. */
  contiguousPlaceOf(node: GraphNode): Place;
  /** What lies at a location that is no value's. */
  placeAt(location: Location): Place;
}

/** The place so many bytes further on. */
export function further({ local, offset }: Place, bytes: number): Place {
  return { local, offset: offset + bytes };
}

/** Memory in which kernels pack their operands: a block of so many bytes for each thread. */
export interface Scratch {
  readonly place: Place;
  readonly bytes: number;
}
