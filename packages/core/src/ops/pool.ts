/**
 * Pooling: each window becomes one number; and its reverse, upsampling.
 */

import { checkOptions, describe, ShapeError, ValueError } from "../errors.ts";
import { maxPool, maxPoolBackward, maxPoolGather, type PoolKernel, sumPool, sumPoolBackward } from "../kernels/pool.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { ones } from "../tensor/create.ts";
import { applyOp } from "../tensor/dispatch.ts";
import { toNumeric } from "../tensor/dtype.ts";
import type { Window } from "../tensor/lowering.ts";
import type { Op } from "../tensor/op.ts";
import { formatShape, normalizeAxis } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floats } from "./define.ts";
import type { Formulas } from "./formulas.ts";
import { concat, repeat, squeeze, unsqueeze } from "./movement.ts";
import { max, mean } from "./reduce.ts";
import { builtinWindow } from "./registry.ts";
import { slice } from "./slice.ts";
import { reshape } from "./sum.ts";
import { checkImages, type Pair, pairOf, type WindowOptions, windowOf } from "./window.ts";

const optionNames = ["stride", "padding", "dilation"];
const averageOptionNames = [...optionNames, "countIncludePad"];

/** An op from images to windows, and one that sends numbers back from windows to images. */
function toWindows(
  name: "maxPool" | "maxPoolGather" | "sumPool",
  kernel: PoolKernel,
  gradient: Op<Window>["gradient"],
) {
  const op: Op<Window> = builtinWindow({
    name,
    inferShape: ([x], w) => ({ shape: [x.shape[0], x.shape[1], ...w.out], dtype: toNumeric(x.dtype) }),
    kernel,
    gradient,
    lower: (window) => ({ kind: "window", call: name, sliding: { window, groups: 1 } }),
  });
  return op;
}

function toImages(name: "maxPoolBackward" | "sumPoolBackward", kernel: PoolKernel, gradient: Op<Window>["gradient"]) {
  const op: Op<Window> = builtinWindow({
    name,
    inferShape: ([g], w) => ({ shape: [g.shape[0], g.shape[1], w.height, w.width], dtype: g.dtype }),
    kernel,
    gradient,
    lower: (window) => ({ kind: "window", call: name, sliding: { window, groups: 1 } }),
  });
  return op;
}

export const maxPoolOp = toWindows("maxPool", maxPool, (g, { inputs: [x], output, attributes: w }) =>
  applyOp(maxPoolBackwardOp, [g, x, output], w),
);

// Which element is the largest does not change smoothly: only the first input of these two has a gradient.
export const maxPoolBackwardOp: Op<Window> = toImages("maxPoolBackward", maxPoolBackward, [
  (v, { inputs: [, x, y], attributes: w }) => applyOp(maxPoolGatherOp, [v, x, y], w),
  () => null,
  () => null,
]);

export const maxPoolGatherOp: Op<Window> = toWindows("maxPoolGather", maxPoolGather, [
  (g, { inputs: [, x, y], attributes: w }) => applyOp(maxPoolBackwardOp, [g, x, y], w),
  () => null,
  () => null,
]);

export const sumPoolOp = toWindows("sumPool", sumPool, (g, { attributes: w }) => applyOp(sumPoolBackwardOp, [g], w));

export const sumPoolBackwardOp: Op<Window> = toImages("sumPoolBackward", sumPoolBackward, (v, { attributes: w }) =>
  applyOp(sumPoolOp, [v], w),
);

function prepare(where: string, x: TensorLike, kernelSize: Pair, options: WindowOptions) {
  const input = asTensor(x, where);
  checkImages(where, input);
  const w = windowOf(where, [input.shape[2], input.shape[3]], kernelSize, { stride: kernelSize, ...options });
  checkReach(where, w);
  return { input, w };
}

/** Throws where a window would see nothing but padding, of which there is no largest number and no mean. */
function checkReach(where: string, { kernel, dilation, stride, before, out, height, width }: Window): void {
  const size = [height, width];
  const misses = [0, 1].some((d) => {
    const last = (out[d] - 1) * stride[d] - before[d];
    return before[d] > (kernel[d] - 1) * dilation[d] || last >= size[d];
  });
  if (misses)
    throw new ValueError({
      where,
      expected: "a padding smaller than the window",
      got: `windows of ${formatShape(kernel)} that see nothing but padding`,
      hint: "Pad by at most half of the window's size.",
    });
}

/**
 * The largest number in each window; equal largest ones share the gradient.
 *
 * Shape: x [N, C, H, W]; result [N, C, H', W'] as for conv2d. The stride is the window's size unless given, and padding
 * never wins.
 *
 * @throws ShapeError for anything but images, and where not one window fits.
 * @example maxPool2d([[[[1, 2], [3, 4]]]], 2); // [[[[4]]]]
 */
export function maxPool2d(x: TensorLike, kernelSize: Pair, options: WindowOptions = {}): Tensor {
  checkOptions("maxPool2d", options, optionNames);
  const { input, w } = prepare("maxPool2d", x, kernelSize, options);
  return applyOp(maxPoolOp, [input], w);
}

/**
 * The mean of each window.
 *
 * @param options `countIncludePad` (default true, as PyTorch; Keras: false) counts padding as zeros.
 * @throws ShapeError for anything but images, and where not one window fits.
 * @example avgPool2d([[[[1, 2], [3, 4]]]], 2); // [[[[2.5]]]]
 */
export function avgPool2d(
  x: TensorLike,
  kernelSize: Pair,
  options: WindowOptions & { countIncludePad?: boolean } = {},
): Tensor {
  checkOptions("avgPool2d", options, averageOptionNames);
  const { countIncludePad = true, ...window } = options;
  const { input, w } = prepare("avgPool2d", x, kernelSize, window);
  const total = applyOp(sumPoolOp, [floats(input)], w);
  if (countIncludePad) return total.div(w.kernel[0] * w.kernel[1]);
  return total.div(applyOp(sumPoolOp, [ones([1, 1, w.height, w.width], { dtype: total.dtype })], w));
}

type LineOptions = { stride?: number; padding?: number | "same" | "valid"; dilation?: number };

/** A pooling along one axis, by way of images of height 1. */
function alongLine(where: string, x: TensorLike, size: number, options: LineOptions, pool: typeof maxPool2d): Tensor {
  const input = asTensor(x, where);
  if (input.rank !== 3)
    throw new ShapeError({ where, expected: "signals as [batch, channels, length]", got: formatShape(input.shape) });
  const { stride = size, padding = 0, dilation = 1, ...rest } = options;
  const sides = typeof padding === "string" ? padding : ([0, padding] as const);
  return squeeze(
    pool(unsqueeze(input, 2), [1, size], { ...rest, stride: [1, stride], padding: sides, dilation: [1, dilation] }),
    2,
  );
}

/**
 * {@link maxPool2d} along one axis: x [N, C, L], result [N, C, L'].
 *
 * @example maxPool1d([[[1, 5, 2, 3]]], 2); // [[[5, 3]]]
 */
export function maxPool1d(x: TensorLike, kernelSize: number, options: LineOptions = {}): Tensor {
  checkOptions("maxPool1d", options, optionNames);
  return alongLine("maxPool1d", x, kernelSize, options, maxPool2d);
}

/**
 * {@link avgPool2d} along one axis: x [N, C, L], result [N, C, L'].
 *
 * @example avgPool1d([[[1, 5, 2, 4]]], 2); // [[[3, 3]]]
 */
export function avgPool1d(
  x: TensorLike,
  kernelSize: number,
  options: LineOptions & { countIncludePad?: boolean } = {},
): Tensor {
  checkOptions("avgPool1d", options, averageOptionNames);
  return alongLine("avgPool1d", x, kernelSize, options, avgPool2d);
}

/** Cuts one axis into `count` pieces of nearly equal length, overlapping where it does not divide, as PyTorch does. */
function adaptiveAxis(x: Tensor, axis: number, count: number, pool: (piece: Tensor) => Tensor): Tensor {
  const length = x.shape[axis];
  const pieces = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * length) / count);
    const to = Math.ceil(((i + 1) * length) / count);
    return pool(slice(x, ...x.shape.map((_n, a) => (a === axis ? ([from, to] as const) : ":"))));
  });
  return concat(pieces, axis);
}

/** The images and the output's size, checked. */
function adaptiveInput(where: string, x: TensorLike, size: Pair): [Tensor, height: number, width: number] {
  const input = asTensor(x, where);
  checkImages(where, input);
  const [height, width] = pairOf(where, "output size", size, 1);
  return [input, height, width];
}

/** The mean over pieces of nearly equal size, so that the result is `size` whatever the image is. @example adaptiveAvgPool2d([[[[1, 2], [3, 4]]]], 1); // [[[[2.5]]]] */
export function adaptiveAvgPool2d(x: TensorLike, size: Pair): Tensor {
  const [input, height, width] = adaptiveInput("adaptiveAvgPool2d", x, size);
  const rows = adaptiveAxis(input, 2, height, (piece) => mean(piece, 2, { keepDims: true }));
  return adaptiveAxis(rows, 3, width, (piece) => mean(piece, 3, { keepDims: true }));
}

/**
 * The largest over pieces of nearly equal size, so that the result is `size` whatever the image is; equal largest ones
 * share the gradient evenly.
 *
 * @example adaptiveMaxPool2d([[[[1, 5], [2, 4]]]], [1, 2]); // [[[[2, 5]]]]
 */
export function adaptiveMaxPool2d(x: TensorLike, size: Pair): Tensor {
  const [input, height, width] = adaptiveInput("adaptiveMaxPool2d", x, size);
  const [rows, columns] = [input.shape[2] / height, input.shape[3] / width];
  if (Number.isInteger(rows) && Number.isInteger(columns)) return maxPool2d(input, [rows, columns]);
  // Both axes at once: one after the other, equal elements would share unevenly.
  return adaptiveAxis(input, 2, height, (row) =>
    adaptiveAxis(row, 3, width, (piece) => max(piece, [2, 3], { keepDims: true })),
  );
}

/**
 * Larger by whole factors: each pixel repeated, or with lines drawn between pixels.
 *
 * @param options `mode` "nearest" (the default) or "bilinear" (PyTorch's and Keras's, corners not aligned).
 * @throws ShapeError for anything but images.
 * @example upsample2d([[[[1, 2]]]], 2); // [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]
 */
export function upsample2d(x: TensorLike, factor: Pair, options: { mode?: "nearest" | "bilinear" } = {}): Tensor {
  const where = "upsample2d";
  checkOptions(where, options, ["mode"]);
  const { mode = "nearest" } = options;
  const input = asTensor(x, where);
  checkImages(where, input);
  const [up, across] = pairOf(where, "factor", factor, 1);
  if (mode === "nearest") return repeat(repeat(input, up, 2), across, 3);
  if (mode === "bilinear") return blend(blend(input, 2, up), 3, across);
  throw new ValueError({ where, expected: 'mode "nearest" or "bilinear"', got: describe(mode) });
}

/** Linear interpolation along an axis at the centres of the new pixels; beyond the outermost centres it is constant. */
function blend(x: Tensor, axis: number, factor: number): Tensor {
  const along = normalizeAxis("upsample2d", axis, x.rank);
  const length = x.shape[along];
  const positions = Array.from({ length: length * factor }, (_, i) =>
    Math.min(length - 1, Math.max(0, (i + 0.5) / factor - 0.5)),
  );
  const low = positions.map(Math.floor);
  const high = low.map((at) => Math.min(length - 1, at + 1));
  const share = asTensor(positions.map((position, i) => position - low[i])).cast(x.dtype);
  const weight = reshape(share, [positions.length, ...new Array<number>(x.rank - 1 - along).fill(1)]);
  const a = x.gather(low, along);
  return a.add(x.gather(high, along).sub(a).mul(weight));
}

/** What explanations say of these ops. */
export const poolFormulas: Formulas = {
  maxPool: {
    text: ["the largest a[i] of each window", "∂y/∂a[i] = 1 if a[i] is its window's largest, shared at a tie, else 0"],
    tex: [
      "\\max_{i \\in \\text{window}} a_i",
      "\\frac{\\partial y}{\\partial a_i} = 1 \\text{ if } a_i = y \\text{, shared at a tie, else } 0",
    ],
    sends: {
      text: ["g, to the largest a[i] of each window"],
      tex: ["g \\text{, to the largest } a_i \\text{ of each window}"],
    },
  },
  maxPoolBackward: {
    text: [
      "a, put where each window of b has its largest",
      "∂y[i]/∂a = 1 if b[i] is the window's largest, shared at a tie, else 0",
      null,
    ],
    tex: [
      "a \\text{, put where each window of } b \\text{ has its largest}",
      "\\frac{\\partial y_i}{\\partial a} = 1 \\text{ if } b_i \\text{ is the window's largest, shared at a tie, else } 0",
      null,
    ],
    sends: {
      text: ["g, read where each window of b has its largest", null],
      tex: ["g \\text{, read where each window of } b \\text{ has its largest}", null],
    },
  },
  maxPoolGather: {
    text: [
      "a, read where each window of b has its largest",
      "∂y/∂a[i] = 1 if b[i] is the window's largest, shared at a tie, else 0",
      null,
    ],
    tex: [
      "a \\text{, read where each window of } b \\text{ has its largest}",
      "\\frac{\\partial y}{\\partial a_i} = 1 \\text{ if } b_i \\text{ is the window's largest, shared at a tie, else } 0",
      null,
    ],
    sends: {
      text: ["g, put where each window of b has its largest", null],
      tex: ["g \\text{, put where each window of } b \\text{ has its largest}", null],
    },
  },
  sumPool: {
    text: ["Σ a[i] over each window", "∂y/∂a[i] = 1 if the window sees a[i], else 0"],
    tex: [
      "\\sum_{i \\in \\text{window}} a_i",
      "\\frac{\\partial y}{\\partial a_i} = 1 \\text{ if the window sees } a_i \\text{, else } 0",
    ],
    sends: { text: ["Σ g over the windows that saw a[i]"], tex: ["\\sum g \\text{ over the windows that saw } a_i"] },
  },
  sumPoolBackward: {
    text: ["Σ a over the windows that see y[i]", "∂y[i]/∂a = 1 if the window sees y[i], else 0"],
    tex: [
      "\\sum a \\text{ over the windows that see } y_i",
      "\\frac{\\partial y_i}{\\partial a} = 1 \\text{ if the window sees } y_i \\text{, else } 0",
    ],
    sends: { text: ["Σ g[i] over each window"], tex: ["\\sum_{i \\in \\text{window}} g_i"] },
  },
};
