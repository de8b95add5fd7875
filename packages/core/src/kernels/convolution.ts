/**
 * Convolution and its two gradients, each one matrix product for every image, with the windows as columns (im2col).
 */
import { allocate } from "../tensor/dtype.ts";
import type { Sliding } from "../tensor/lowering.ts";
import type { KernelOperand } from "../tensor/op.ts";
import { type Multiply, multiply } from "./matmul.ts";
import { col2im, im2col } from "./window.ts";

/** A kernel of the convolution's ops. */
export type ConvolutionKernel = (
  out: KernelOperand,
  inputs: readonly KernelOperand[],
  sliding: Sliding,
  multiplyOne?: Multiply,
) => void;

interface Sizes {
  readonly images: number;
  readonly channels: number;
  readonly outputs: number;
  /** Numbers in a window of a group's channels, and windows. */
  readonly depth: number;
  readonly count: number;
}

/** @param x the shape of the images, `y` that of the result. */
function sizesOf(x: readonly number[], y: readonly number[], { window, groups }: Sliding): Sizes {
  const [kh, kw] = window.kernel;
  const depth = (x[1] / groups) * kh * kw;
  return { images: x[0], channels: x[1], outputs: y[1], depth, count: window.out[0] * window.out[1] };
}

/** Runs the body for each image and group: which of all groups it is, and where its channels and results begin. */
function eachGroup(
  { images, channels, outputs, count }: Sizes,
  { window, groups }: Sliding,
  body: (group: number, image: number, result: number) => void,
): void {
  const plane = window.height * window.width;
  for (let n = 0; n < images; n++)
    for (let g = 0; g < groups; g++)
      body(g, (n * channels + (g * channels) / groups) * plane, (n * outputs + (g * outputs) / groups) * count);
}

/** A group's kernels as a matrix: a row for each output. */
function kernels(w: KernelOperand, group: number, rows: number, depth: number) {
  return { data: w.storage, start: group * rows * depth, row: depth, column: 1 };
}

/** [x, w]: y[n, o, p] = Σ x's window p times kernel o. */
export const convolve: ConvolutionKernel = (out, [x, w], sliding, multiplyOne = multiply) => {
  const sizes = sizesOf(x.shape, out.shape, sliding);
  const { depth, count } = sizes;
  const rows = sizes.outputs / sliding.groups;
  const columns = allocate(out.dtype, depth * count);
  eachGroup(sizes, sliding, (group, image, result) => {
    im2col(columns, x.storage, image, sliding.window, sizes.channels / sliding.groups);
    const b = { data: columns, start: 0, row: count, column: 1 };
    multiplyOne(out.storage, result, kernels(w, group, rows, depth), b, rows, count, depth);
  });
};

/** [g, w], the gradient by the images: what each window gave is taken back through the kernel, and added where windows overlap. */
export const inputGradient: ConvolutionKernel = (out, [g, w], sliding, multiplyOne = multiply) => {
  const sizes = sizesOf(out.shape, g.shape, sliding);
  const { depth, count } = sizes;
  const rows = sizes.outputs / sliding.groups;
  const columns = allocate(out.dtype, depth * count);
  eachGroup(sizes, sliding, (group, image, result) => {
    const a = { ...kernels(w, group, rows, depth), row: 1, column: depth };
    const b = { data: g.storage, start: result, row: count, column: 1 };
    multiplyOne(columns, 0, a, b, depth, count, rows);
    col2im(out.storage, image, columns, sliding.window, sizes.channels / sliding.groups);
  });
};

/** [x, g]: the gradient by the kernels. */
export const weightGradient: ConvolutionKernel = (out, [x, g], sliding, multiplyOne = multiply) => {
  const sizes = sizesOf(x.shape, g.shape, sliding);
  const { depth, count } = sizes;
  const rows = sizes.outputs / sliding.groups;
  const columns = allocate(out.dtype, depth * count);
  const product = allocate(out.dtype, rows * depth);
  const totals = new Float64Array(out.storage.length);
  eachGroup(sizes, sliding, (group, image, result) => {
    im2col(columns, x.storage, image, sliding.window, sizes.channels / sliding.groups);
    const a = { data: g.storage, start: result, row: count, column: 1 };
    multiplyOne(product, 0, a, { data: columns, start: 0, row: 1, column: count }, rows, depth, count);
    for (let i = 0, at = group * rows * depth; i < product.length; i++, at++) totals[at] += product[i];
  });
  out.storage.set(totals);
};
