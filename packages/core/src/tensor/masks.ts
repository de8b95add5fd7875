/**
 * Masks that layers attach to tensors for the layers after them. No operation takes one on: its result has none.
 */
import type { Tensor } from "./tensor.ts";

/** Null as long as no layer has attached one. */
let masks: WeakMap<Tensor, Tensor> | null = null;

/** Attaches a mask to a tensor, and returns the tensor. */
export function attachMask(x: Tensor, mask: Tensor): Tensor {
  masks ??= new WeakMap();
  masks.set(x, mask);
  return x;
}

/** The mask that is attached to a tensor; undefined where there is none. */
export function attachedMask(x: unknown): Tensor | undefined {
  return masks?.get(x as Tensor);
}
