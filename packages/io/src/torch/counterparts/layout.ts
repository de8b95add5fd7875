/**
 * How PyTorch lays out a weight that the table for loading says is ours, as it is or transposed.
 */
import type { Tensor } from "@chainrule/core";

/** From our weight to PyTorch's. */
export interface Layout {
  toTorch(ours: Tensor): Tensor;
  /** What a program in Python writes to get ours of PyTorch's. */
  ours(theirs: string): string;
}

/** The same numbers in the same shape. */
export const same: Layout = { toTorch: (x) => x, ours: (x) => x };

/** Ours is [in, out], PyTorch's [out, in]. Gates stand in the same order: i f g o, and r z n. */
export const transposed: Layout = { toTorch: (x) => x.T, ours: (x) => `${x}.T` };
