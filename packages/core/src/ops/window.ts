/**
 * Sliding windows over images: unfold makes a column of every window (im2col), fold adds columns back together (col2im).
 * Each is the other's gradient, and convolution and pooling are made of them.
 */

import { checkOptions, describe, ShapeError, ValueError } from "../errors.ts";
import { col2im, im2col } from "../kernels/window.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import type { Window } from "../tensor/lowering.ts";
import type { Op, TensorSpec } from "../tensor/op.ts";
import { formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Formulas } from "./formulas.ts";
import { builtin } from "./registry.ts";

/** One number for both directions, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];
/** As many zeros on every side; per direction; "valid" for none; "same" so that stride 1 keeps the size (as Keras). */
export type Padding = Pair | "valid" | "same" | readonly [readonly [number, number], readonly [number, number]];

/** How a window moves over an image. */
export interface WindowOptions {
  stride?: Pair;
  padding?: Padding;
  dilation?: Pair;
}

/** One number, or two, as two. @throws ValueError unless they are whole and at least `least`. */
export function pairOf(where: string, what: string, value: Pair, least: number): readonly [number, number] {
  const pair = typeof value === "number" ? ([value, value] as const) : value;
  if (!Array.isArray(pair) || pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < least || n >= 2 ** 31))
    throw new ValueError({
      where,
      expected: `${what} as a whole number of at least ${least}, or two of them, below 2^31`,
      got: Array.isArray(value) ? formatShape(value) : describe(value),
    });
  return pair as readonly [number, number];
}

/** Reads the options and works out the sizes. @throws ShapeError where not one window fits. */
export function windowOf(
  where: string,
  [height, width]: readonly [number, number],
  kernelSize: Pair,
  { stride = 1, padding = 0, dilation = 1 }: WindowOptions,
): Window {
  const kernel = pairOf(where, "kernelSize", kernelSize, 1);
  const steps = pairOf(where, "stride", stride, 1);
  const dilations = pairOf(where, "dilation", dilation, 1);
  const size = [height, width] as const;
  const reach = [0, 1].map((d) => (kernel[d] - 1) * dilations[d] + 1);
  const sides = [0, 1].map((d) => paddingOf(where, padding, d, size[d], reach[d], steps[d]));
  const out = [0, 1].map((d) => Math.floor((size[d] + sides[d][0] + sides[d][1] - reach[d]) / steps[d]) + 1);
  if (out.some((n) => n < 1))
    throw new ShapeError({
      where,
      expected: `images of at least ${formatShape(reach)} including padding, the reach of the kernel`,
      got: formatShape([0, 1].map((d) => size[d] + sides[d][0] + sides[d][1])),
      hint: 'Use a smaller kernel or dilation, or padding "same".',
    });
  return {
    height,
    width,
    kernel,
    stride: steps,
    dilation: dilations,
    before: [sides[0][0], sides[1][0]],
    out: [out[0], out[1]],
  };
}

function paddingOf(
  where: string,
  padding: Padding,
  d: number,
  size: number,
  reach: number,
  stride: number,
): readonly [number, number] {
  if (padding === "valid") return [0, 0];
  if (padding === "same") {
    const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }
  if (typeof padding === "string")
    throw new ValueError({ where, expected: 'padding as numbers, "valid" or "same"', got: describe(padding) });
  if (typeof padding !== "number" && !Array.isArray(padding))
    throw new ValueError({ where, expected: 'padding as numbers, "valid" or "same"', got: describe(padding) });
  const side = typeof padding === "number" ? padding : padding[d];
  return pairOf(where, "padding", side as Pair, 0);
}

export const unfoldOp: Op<Window> = builtin({
  name: "unfold",
  inferShape: ([x], w) => ({
    shape: [x.shape[0], x.shape[1] * w.kernel[0] * w.kernel[1], w.out[0] * w.out[1]],
    dtype: x.dtype,
  }),
  kernel: (out, [x], w) => im2col(out.storage, x.storage, 0, w, x.shape[0] * x.shape[1]),
  gradient: (g, { attributes: w }) => applyOp(foldOp, [g], w),
});

export const foldOp: Op<Window> = builtin({
  name: "fold",
  inferShape: ([x], w) => ({
    shape: [x.shape[0], x.shape[1] / (w.kernel[0] * w.kernel[1]), w.height, w.width],
    dtype: x.dtype,
  }),
  kernel: (out, [x], w) => col2im(out.storage, 0, x.storage, w, out.shape[0] * out.shape[1]),
  gradient: (g, { attributes: w }) => applyOp(unfoldOp, [g], w),
});

/** Throws unless `x` is a batch of images with channels. */
export function checkImages(where: string, x: TensorSpec): void {
  if (x.shape.length !== 4)
    throw new ShapeError({
      where,
      expected: "images as [batch, channels, height, width]",
      got: formatShape(x.shape),
      hint:
        x.shape.length === 3 ? "Add the missing axis with unsqueeze: 0 for the batch, 1 for the channels." : undefined,
    });
}

/** {@link unfold} with the window worked out already. */
export function unfoldWindow(x: Tensor, w: Window): Tensor {
  return applyOp(unfoldOp, [x], w);
}

/** {@link fold} with the window worked out already. */
export function foldWindow(columns: Tensor, w: Window): Tensor {
  return applyOp(foldOp, [columns], w);
}

/**
 * Every window that the kernel slides over, as a column (im2col, PyTorch's `unfold`).
 *
 * Shape: x [N, C, H, W]; result [N, C · kh · kw, number of windows].
 *
 * @throws ShapeError for anything but images, and where not one window fits.
 * @example unfold(zeros([8, 3, 28, 28]), 3, { padding: 1 }); // shape [8, 27, 784]
 */
export function unfold(x: TensorLike, kernelSize: Pair, options: WindowOptions = {}): Tensor {
  checkOptions("unfold", options, ["stride", "padding", "dilation"]);
  const input = asTensor(x, "unfold");
  checkImages("unfold", input);
  return unfoldWindow(input, windowOf("unfold", [input.shape[2], input.shape[3]], kernelSize, options));
}

/**
 * The reverse of {@link unfold}: columns put back into images of the given size, added up where windows overlap.
 *
 * Shape: x [N, C · kh · kw, number of windows]; result [N, C, H, W].
 *
 * @throws ShapeError where the columns are not those of such images.
 * @example fold(ones([8, 27, 784]), [28, 28], 3, { padding: 1 }); // shape [8, 3, 28, 28]
 */
export function fold(
  x: TensorLike,
  imageSize: readonly [number, number],
  kernelSize: Pair,
  options: WindowOptions = {},
): Tensor {
  checkOptions("fold", options, ["stride", "padding", "dilation"]);
  const columns = asTensor(x, "fold");
  const w = windowOf("fold", pairOf("fold", "imageSize", imageSize, 1), kernelSize, options);
  const windows = w.out[0] * w.out[1];
  if (columns.rank !== 3 || columns.shape[1] % (w.kernel[0] * w.kernel[1]) !== 0 || columns.shape[2] !== windows)
    throw new ShapeError({
      where: "fold",
      expected: `columns as [batch, channels · ${w.kernel[0] * w.kernel[1]}, ${windows}]`,
      got: formatShape(columns.shape),
    });
  return foldWindow(columns, w);
}

/** What explanations say of these ops. */
export const windowFormulas: Formulas = {
  unfold: {
    text: ["the windows of a, as columns", "∂y/∂a = 1 where the window sees a, else 0"],
    tex: [
      "\\text{the windows of } a \\text{, as columns}",
      "\\frac{\\partial y}{\\partial a} = 1 \\text{ where the window sees } a \\text{, else } 0",
    ],
    sends: {
      text: ["the columns of g, added up where they were seen"],
      tex: ["\\text{the columns of } g \\text{, added up where they were seen}"],
    },
  },
  fold: {
    text: [
      "the columns of a, added up where their windows are",
      "∂y/∂a = 1 where the column's element is added, else 0",
    ],
    tex: [
      "\\text{the columns of } a \\text{, added up where their windows are}",
      "\\frac{\\partial y}{\\partial a} = 1 \\text{ where the column's element is added, else } 0",
    ],
    sends: { text: ["the windows of g, as columns"], tex: ["\\text{the windows of } g \\text{, as columns}"] },
  },
};
