/**
 * Pooling over windows, and its gradients: in WebAssembly where it can be, else tap by tap of the window, so that the
 * loops run along rows.
 */
import { isFloat, type TypedArray } from "../tensor/dtype.ts";
import type { KernelOperand, WindowFunction } from "../tensor/op.ts";
import { eachRun, type Window } from "./window.ts";
import { wasmWindows } from "./window-wasm.ts";

/** A kernel of the pooling ops. */
export type PoolKernel = (out: KernelOperand, inputs: readonly KernelOperand[], window: Window) => void;

/** Below this many numbers, copying to another memory costs more than it saves. */
const smallPool = 512;

/** Runs the body for each element of each window that lies within the image: the window's number, and its place. */
function eachElement(w: Window, { shape }: KernelOperand, body: (window: number, place: number) => void): void {
  const step = w.stride[1];
  eachRun(w, shape[0] * shape[1], (_tap, window, image, from, to) => {
    for (let k = from; k < to; k++) body(window + k, image + k * step);
  });
}

/** [x]: NaN is larger than everything. */
export const maxPoolPlainly: PoolKernel = (out, [x], w) => {
  const [to, from] = [out.storage, x.storage];
  to.fill(isFloat(out.dtype) ? Number.NEGATIVE_INFINITY : -(2 ** 31));
  eachElement(w, x, (window, place) => {
    const value = from[place];
    if (value > to[window] || Number.isNaN(value)) to[window] = value;
  });
};

/** How many elements of each window are as large as its largest: none where that is NaN. */
function tiesOf(x: KernelOperand, y: KernelOperand, w: Window): TypedArray {
  const ties = new Float64Array(y.storage.length);
  eachElement(w, x, (window, place) => {
    if (x.storage[place] === y.storage[window]) ties[window]++;
  });
  return ties;
}

/** [g, x, y]: each window's number to its largest element, in equal shares where several are. */
export const maxPoolSpreadPlainly: PoolKernel = (out, [g, x, y], w) => {
  const shares = tiesOf(x, y, w);
  for (let i = 0; i < shares.length; i++) shares[i] = g.storage[i] / shares[i];
  eachElement(w, x, (window, place) => {
    out.storage[place] += Number(x.storage[place] === y.storage[window]) * shares[window];
  });
};

/** [v, x, y]: for each window the mean of v where x is largest. */
export const maxPoolPickPlainly: PoolKernel = (out, [v, x, y], w) => {
  const ties = tiesOf(x, y, w);
  const totals = new Float64Array(ties.length);
  eachElement(w, x, (window, place) => {
    totals[window] += Number(x.storage[place] === y.storage[window]) * v.storage[place];
  });
  for (let i = 0; i < totals.length; i++) out.storage[i] = totals[i] / ties[i];
};

/** [x] */
export const sumPoolPlainly: PoolKernel = (out, [x], w) => {
  const totals = new Float64Array(out.storage.length);
  eachElement(w, x, (window, place) => {
    totals[window] += x.storage[place];
  });
  out.storage.set(totals);
};

/** [g]: each window's number to all of its elements. */
export const sumPoolSpreadPlainly: PoolKernel = (out, [g], w) => {
  eachElement(w, out, (window, place) => {
    out.storage[place] += g.storage[window];
  });
};

/** The version in WebAssembly where it exists and pays, else the one that is given. Every channel is an image there. */
function kernelOf(call: WindowFunction, plainly: PoolKernel): PoolKernel {
  return (out, inputs, window) => {
    const [images, channels] = out.shape;
    const sizes = { window, images: images * channels, channels: 1, outputs: 1, groups: 1 };
    const large = Math.max(out.storage.length, inputs[0].storage.length) > smallPool;
    const floats = out.dtype === "float32" && inputs.every(({ dtype }) => dtype === "float32");
    if (large && floats && wasmWindows()?.run(call, out, inputs, sizes)) return;
    plainly(out, inputs, window);
  };
}

export const maxPool = kernelOf("maxPool", maxPoolPlainly);
export const maxPoolSpread = kernelOf("maxPoolSpread", maxPoolSpreadPlainly);
export const maxPoolPick = kernelOf("maxPoolPick", maxPoolPickPlainly);
export const sumPool = kernelOf("sumPool", sumPoolPlainly);
export const sumPoolSpread = kernelOf("sumPoolSpread", sumPoolSpreadPlainly);
