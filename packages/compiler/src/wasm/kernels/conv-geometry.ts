/**
 * What the convolution's functions in WebAssembly must know of a sliding window: sizes, and tables of where each tap of
 * the kernel and each window lies in an image.
 *
 * With the tables, strides, dilation and two or one dimensions are all the same to the loops: the number that tap k of
 * window p reads lies at `image + taps[k] + windows[p]`. Padding is a copy of the image with zeros around it.
 */
import type { Window } from "@chainrule/core/internal";
import { type Code, numbered } from "../assembler.ts";
import { fewestColumns } from "./conv-depthwise.ts";

/** A convolution of `images` images of `channels` with kernels of `outputs`, in groups. */
export interface ConvolutionSizes {
  readonly window: Window;
  readonly images: number;
  readonly channels: number;
  readonly outputs: number;
  readonly groups: number;
}

/**
 * The header's fields, i32 each: sizes, strides in bytes, and where tables and scratch memory begin. `halves` says
 * whether windows are 2 x 2 and do not overlap, `isDepthwise` whether each image has one kernel and windows lie side by
 * side, `hasBack` whether those of the gradient by the image do so too: then `back` are its taps in a padded gradient.
 */
const names = [
  ...(["images", "groups", "outputs", "kernel", "depth", "count"] as const),
  ...(["imageBytes", "resultBytes", "plane", "groupBytes"] as const),
  ...(["padded", "before", "planes", "rows", "rowBytes", "paddedRow"] as const),
  ...(["across", "down", "halves"] as const),
  ...(["rowStep", "isDepthwise", "hasBack", "back", "backRow", "backPlane", "backBefore"] as const),
  ...(["taps", "windows", "steps", "tiles", "edge", "weights", "image", "panel", "sums"] as const),
] as const;

type Field = (typeof names)[number];
const fields = numbered(names);
export type Fields = Readonly<Record<Field, number>>;

/** All fields of the table at the address in a local, in locals of their own. */
export function fetchFields(code: Code, geometry: number): Fields {
  const locals = code.variables(...names);
  for (const name of names)
    code
      .get(geometry)
      .access("i32.load", fields[name] * 4)
      .set(locals[name]);
  return locals;
}

/** The header and tables, to be copied into the memory, and the bytes of scratch that the functions need. */
export interface Geometry {
  readonly numbers: Int32Array;
  readonly scratch: number;
  /** Tiles of four taps of the kernel: what the gradient by the weights can be divided by. */
  readonly tiles: number;
}

/** Bytes of scratch for a tile, and rows that it computes and nobody wants. */
const spare = 128;

function upTo(multiple: number, n: number): number {
  return Math.ceil(n / multiple) * multiple;
}

/** Works out the tables for one kind of convolution. */
export function geometryOf({ window: w, images, channels, outputs, groups }: ConvolutionSizes): Geometry {
  const [kh, kw] = w.kernel;
  const [inner, outer] = [channels / groups, outputs / groups];
  const [kernel, count] = [kh * kw, w.out[0] * w.out[1]];
  const depth = inner * kernel;
  const reach = [0, 1].map((d) => (w.out[d] - 1) * w.stride[d] + (w.kernel[d] - 1) * w.dilation[d] + 1);
  const [height, width] = [w.height, w.width].map((size, d) => Math.max(reach[d], size + w.before[d]));
  const plane = height * width * 4;
  const padded = height * width !== w.height * w.width;
  const tiles = Math.ceil(depth / 4);
  const panels = Math.ceil(outer / 8);
  const weights = spare + upTo(4, outer) * 32;
  const image = weights + groups * Math.max(upTo(4, outer) * depth, upTo(4, depth) * outer) * 4;
  const panel = upTo(16, image + (padded ? channels * plane : 0));
  const isDepthwise = inner === 1 && outer === 1 && w.stride[1] === 1 && w.out[1] >= fewestColumns;
  // The gradient by the image is a convolution of the padded gradient with the kernel turned about.
  const around = [0, 1].map((d) => (w.kernel[d] - 1) * w.dilation[d]);
  const [backHeight, backWidth] = [w.height + around[0], w.width + around[1]];
  const fits = [0, 1].every((d) => {
    const [size, before] = [[w.height, w.width][d], around[d] - w.before[d]];
    return w.stride[d] === 1 && before >= 0 && before + w.out[d] <= size + around[d];
  });
  const hasBack = isDepthwise && fits && w.width >= fewestColumns;
  const backPlane = hasBack ? backHeight * backWidth * 4 : 0;
  const sums = panel + Math.max(Math.max(depth, count, outer) * 32, padded ? plane : 0, backPlane);
  const taps = names.length * 4;
  const header: Readonly<Record<Field, number>> = {
    images,
    groups,
    outputs: outer,
    kernel,
    depth,
    count,
    imageBytes: channels * w.height * w.width * 4,
    resultBytes: outputs * count * 4,
    plane,
    groupBytes: inner * plane,
    padded: padded ? channels * plane : 0,
    before: (w.before[0] * width + w.before[1]) * 4,
    planes: channels,
    rows: w.height,
    rowBytes: w.width * 4,
    paddedRow: width * 4,
    across: w.out[1],
    down: w.out[0],
    halves: Number(!padded && [...w.kernel, ...w.stride].every((n) => n === 2) && w.dilation.every((n) => n === 1)),
    rowStep: w.stride[0] * width * 4,
    isDepthwise: Number(isDepthwise),
    hasBack: Number(hasBack),
    back: taps + (2 * depth + count) * 4,
    backRow: backWidth * 4,
    backPlane,
    backBefore: ((around[0] - w.before[0]) * backWidth + around[1] - w.before[1]) * 4,
    taps,
    windows: taps + depth * 4,
    steps: taps + (depth + count) * 4,
    tiles,
    edge: spare,
    weights,
    image,
    panel,
    sums,
  };
  const numbers = new Int32Array(names.length + 3 * depth + count);
  names.forEach((name, i) => {
    numbers[i] = header[name];
  });
  let at = names.length;
  for (let c = 0; c < inner; c++)
    for (let i = 0; i < kh; i++)
      for (let j = 0; j < kw; j++) numbers[at++] = c * plane + (i * w.dilation[0] * width + j * w.dilation[1]) * 4;
  for (let y = 0; y < w.out[0]; y++)
    for (let x = 0; x < w.out[1]; x++) numbers[at++] = (y * w.stride[0] * width + x * w.stride[1]) * 4;
  for (let k = 0; k < depth; k++) numbers[at++] = k * 32;
  for (let i = kh - 1; i >= 0; i--)
    for (let j = kw - 1; j >= 0; j--) numbers[at++] = (i * w.dilation[0] * backWidth + j * w.dilation[1]) * 4;
  return { numbers, scratch: sums + groups * panels * tiles * 128, tiles };
}
