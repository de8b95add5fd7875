/**
 * How PyTorch lays out the weights of its layers, and how they are made of ours: the same numbers in another order.
 */
import type { Tensor } from "@chainrule/core";

/** From our weights to one of PyTorch's, and back to ours in the same order; null where a place holds ours as it is. */
export interface Layout {
  toTorch(ours: readonly Tensor[]): Tensor;
  fromTorch(theirs: Tensor): Tensor[];
  /** What a program in Python writes to get our one weight of PyTorch's; null where that takes more than an expression. */
  readonly ours: ((theirs: string) => string) | null;
}

/** The same numbers in the same shape. */
export const same: Layout = {
  toTorch: ([x]) => x,
  fromTorch: (x) => [x],
  ours: (x) => x,
};

/** Ours is [in, out], PyTorch's [out, in]. Columns stay in order: gates stand in the same one, i f g o and r z n. */
export const transposed: Layout = {
  toTorch: ([x]) => x.T,
  fromTorch: (x) => [x.T],
  ours: (x) => `${x}.T`,
};
