/**
 * Loops over the windows that slide over images: windows as columns (im2col), and columns added back (col2im).
 */
import type { TypedArray } from "../tensor/dtype.ts";
import type { Window } from "../tensor/lowering.ts";

/** Places of a run of neighbouring windows, in numbers from the start: see `eachRun`. */
type Visit = (tap: number, window: number, image: number, from: number, to: number) => void;

/**
 * Visits, tap by tap of the kernel, every run of neighbouring windows whose tap lies within the image: window k of a run,
 * `from` to `to`, is number `window + k`, and its tap lies at `image + k * stride`. Taps are numbered through all planes.
 */
export function eachRun(w: Window, planes: number, visit: Visit): void {
  const [kh, kw] = w.kernel;
  const [oh, ow] = w.out;
  for (let plane = 0; plane < planes; plane++)
    for (let i = 0; i < kh; i++)
      for (let j = 0; j < kw; j++) {
        const left = j * w.dilation[1] - w.before[1];
        const from = Math.max(0, Math.ceil(-left / w.stride[1]));
        const to = Math.min(ow, Math.floor((w.width - 1 - left) / w.stride[1]) + 1);
        for (let y = 0; y < oh; y++) {
          const iy = y * w.stride[0] + i * w.dilation[0] - w.before[0];
          if (iy >= 0 && iy < w.height && from < to)
            visit((plane * kh + i) * kw + j, (plane * oh + y) * ow, (plane * w.height + iy) * w.width + left, from, to);
        }
      }
}

/** Visits every run as `eachRun`, with its place in columns: a row for each tap, a window in each column. */
function eachColumns(
  w: Window,
  planes: number,
  visit: (column: number, image: number, from: number, to: number) => void,
): void {
  const count = w.out[0] * w.out[1];
  eachRun(w, planes, (tap, window, image, from, to) => visit(tap * count + (window % count), image, from, to));
}

/**
 * The windows of so many planes as columns [planes · kh · kw, windows]; what lies outside an image is left as
 * it is in `to`.
 */
export function im2col(to: TypedArray, from: TypedArray, start: number, w: Window, planes: number): void {
  const step = w.stride[1];
  eachColumns(w, planes, (column, image, first, end) => {
    for (let k = first; k < end; k++) to[column + k] = from[start + image + k * step];
  });
}

/** Adds columns to the images, from `start`, that they would have come from. */
export function col2im(to: TypedArray, start: number, from: TypedArray, w: Window, planes: number): void {
  const step = w.stride[1];
  eachColumns(w, planes, (column, image, first, end) => {
    for (let k = first; k < end; k++) to[start + image + k * step] += from[column + k];
  });
}
