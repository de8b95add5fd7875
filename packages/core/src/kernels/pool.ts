/**
 * Pooling over windows, and its gradients: tap by tap of the window, so that the loops run along rows.
 */
import { isFloat, type TypedArray } from "../tensor/dtype.ts";
import type { Window } from "../tensor/lowering.ts";
import type { KernelOperand } from "../tensor/op.ts";
import { eachRun } from "./window.ts";

/** A kernel of the pooling ops. */
export type PoolKernel = (out: KernelOperand, inputs: readonly KernelOperand[], window: Window) => void;

/** Runs the body for each element of each window that lies within the image: the numbers of the window and the element. */
function eachElement(w: Window, { shape }: KernelOperand, body: (window: number, index: number) => void): void {
  const step = w.stride[1];
  eachRun(w, shape[0] * shape[1], (_tap, window, image, from, to) => {
    for (let k = from; k < to; k++) body(window + k, image + k * step);
  });
}

/** [x]: NaN is larger than everything, and 0 than -0. */
export const maxPool: PoolKernel = (out, [x], w) => {
  const [to, from] = [out.storage, x.storage];
  to.fill(isFloat(out.dtype) ? Number.NEGATIVE_INFINITY : -(2 ** 31));
  eachElement(w, x, (window, index) => {
    to[window] = Math.max(to[window], from[index]);
  });
};

/** How many elements of each window are as large as its largest: none where that is NaN. */
function tiesOf(x: KernelOperand, y: KernelOperand, w: Window): TypedArray {
  const ties = new Float64Array(y.storage.length);
  eachElement(w, x, (window, index) => {
    if (x.storage[index] === y.storage[window]) ties[window]++;
  });
  return ties;
}

/** [g, x, y]: each window's number to its largest element, in equal shares where several are. */
export const maxPoolBackward: PoolKernel = (out, [g, x, y], w) => {
  const shares = tiesOf(x, y, w);
  for (let i = 0; i < shares.length; i++) shares[i] = g.storage[i] / shares[i];
  eachElement(w, x, (window, index) => {
    out.storage[index] += Number(x.storage[index] === y.storage[window]) * shares[window];
  });
};

/** [v, x, y]: for each window the mean of v where x is largest. */
export const maxPoolGather: PoolKernel = (out, [v, x, y], w) => {
  const ties = tiesOf(x, y, w);
  const totals = new Float64Array(ties.length);
  eachElement(w, x, (window, index) => {
    totals[window] += Number(x.storage[index] === y.storage[window]) * v.storage[index];
  });
  for (let i = 0; i < totals.length; i++) out.storage[i] = totals[i] / ties[i];
};

/** [x] */
export const sumPool: PoolKernel = (out, [x], w) => {
  const totals = new Float64Array(out.storage.length);
  eachElement(w, x, (window, index) => {
    totals[window] += x.storage[index];
  });
  out.storage.set(totals);
};

/** [g]: each window's number to all of its elements. */
export const sumPoolBackward: PoolKernel = (out, [g], w) => {
  eachElement(w, out, (window, index) => {
    out.storage[index] += g.storage[window];
  });
};
