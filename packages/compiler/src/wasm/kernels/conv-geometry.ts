/**
 * What the convolution's functions in WebAssembly must know of a sliding window: sizes, and tables of where each tap of
 * the kernel and each window lies in an image.
 *
 * With the tables, strides, dilation and two or one dimensions are all the same to the loops: the number that tap k of
 * window p reads lies at `image + taps[k] + windows[p]`. Padding is a copy of the image with zeros around it.
 */
import type { Window } from "@chainrule/core/internal";
import { type Code, numbered } from "../assembler.ts";
import { depthwiseGeometry, depthwiseNames, planesOf } from "./conv-depthwise-geometry.ts";

/** A convolution of `images` images of `channels` with kernels of `outputs`, in groups. */
export interface ConvolutionSizes {
  readonly window: Window;
  readonly images: number;
  readonly channels: number;
  readonly outputs: number;
  readonly groups: number;
  /** Of pools, which read strided windows where they are. */
  readonly isPool?: boolean;
}

/**
 * The header's fields, i32 each: sizes, strides in bytes, and where tables and scratch memory begin. `halves` says
 * whether windows are 2 x 2 and do not overlap, and a row has four.
 */
const names = [
  ...(["images", "groups", "outputs", "kernel", "depth", "count"] as const),
  ...(["imageBytes", "resultBytes", "plane", "groupBytes"] as const),
  ...(["padded", "planes", "imagePlane", "rowBytes", "paddedRow", "padDown", "padAcross", "pads", "padCount"] as const),
  ...(["across", "down", "halves"] as const),
  ...depthwiseNames,
  ...([
    "taps",
    "windows",
    "steps",
    "quads",
    "quadPairs",
    "masks",
    "tiles",
    "edge",
    "weights",
    "image",
    "panel",
    "sums",
  ] as const),
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
  /** What the gradient by the weights can be divided by: tiles of four taps of the kernel, or images that have their own. */
  readonly weightParts: number;
  /** Of pools whose images lie flat, which the functions of `pool-flat.ts` compute. */
  readonly isFlat?: boolean;
}

/** Bytes of scratch for a tile, and rows that it computes and nobody wants. */
const spare = 128;

function upTo(multiple: number, n: number): number {
  return Math.ceil(n / multiple) * multiple;
}

/** From `4 n` bytes before the middle on, the first n of four lanes are 0. */
const masks = [0, 0, 0, 0, -1, -1, -1, -1];

/** What the table says of each four windows: where the first lies in the image, and in the result, and bytes of how many were had. */
export const quadInts = 3;

/**
 * All windows in fours that lie side by side, an even number of them: the last of a row begins earlier where it would end too
 * late. None where windows do not go on by 1, or rows have fewer.
 */
function quadsOf({ stride, out }: Window, width: number): number[] {
  const quads: number[] = [];
  if (stride[1] > 1 || out[1] < 4) return quads;
  // Windows of whole rows are one row.
  const [rows, columns] = stride[0] === 1 && out[1] === width ? [1, out[0] * width] : out;
  const add = (y: number, x: number, had: number) =>
    quads.push((y * stride[0] * width + x) * 4, (y * columns + x) * 4, had * 4);
  for (let y = 0; y < rows; y++) for (let x = 0; x + 4 <= columns; x += 4) add(y, x, 0);
  // Later, so that nobody waits for what was just stored.
  const left = columns % 4;
  if (left > 0) for (let y = 0; y < rows; y++) add(y, columns - 4, 4 - left);
  // One that was had already.
  if ((quads.length / quadInts) % 2 === 1) quads.push(quads[quads.length - 3], quads[quads.length - 2], 16);
  return quads;
}

/**
 * How images lie: where they are, or with zeros around them; those whose windows go on by more than 1 along rows in planes, so
 * that windows lie side by side (but for pools). `step` is how far windows go on there, `pads` what is copied.
 */
function layoutOf(w: Window, isPool: boolean) {
  const [height, width] = [0, 1].map((d) => {
    const reach = (w.out[d] - 1) * w.stride[d] + (w.kernel[d] - 1) * w.dilation[d] + 1;
    return Math.max(reach, [w.height, w.width][d] + w.before[d]);
  });
  if (!isPool && w.stride[1] > 1 && w.out[1] >= 4) {
    const { bytes, rowLength, taps, phases } = planesOf(w);
    return { plane: bytes, padded: true, rowLength, pads: phases, taps, step: [1, 1] as const };
  }
  const taps: number[] = [];
  for (let i = 0; i < w.kernel[0]; i++)
    for (let j = 0; j < w.kernel[1]; j++) taps.push((i * w.dilation[0] * width + j * w.dilation[1]) * 4);
  const pads = [0, (w.before[0] * width + w.before[1]) * 4, w.height, w.width];
  const padded = height * width !== w.height * w.width;
  return { plane: height * width * 4, padded, rowLength: width, pads, taps, step: w.stride };
}

/** Works out the tables for one kind of convolution. */
export function geometryOf({
  window: w,
  images,
  channels,
  outputs,
  groups,
  isPool = false,
}: ConvolutionSizes): Geometry {
  const [inner, outer] = [channels / groups, outputs / groups];
  const [kernel, count] = [w.kernel[0] * w.kernel[1], w.out[0] * w.out[1]];
  const depth = inner * kernel;
  const { plane, padded, rowLength, pads, taps: tapsOfPlane, step } = layoutOf(w, isPool);
  const tiles = Math.ceil(depth / 4);
  const panels = Math.ceil(outer / 8);
  const weights = spare + upTo(4, outer) * 32;
  const image = weights + groups * Math.max(upTo(4, outer) * (depth + 1), upTo(4, depth) * outer) * 4;
  const panel = upTo(16, image + (padded ? channels * plane : 0));
  const sums = panel + Math.max(Math.max(depth, count, outer) * 32, padded ? plane : 0);
  const taps = names.length * 4;
  const quads = quadsOf({ ...w, stride: step }, rowLength);
  const ints = names.length + 2 * depth + count + quads.length + masks.length + pads.length;
  const {
    fields,
    numbers: tables,
    scratch,
  } = depthwiseGeometry(w, inner, outer, ints * 4, sums + groups * panels * tiles * 128);
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
    planes: channels,
    imagePlane: w.height * w.width * 4,
    rowBytes: w.width * 4,
    paddedRow: rowLength * 4,
    padDown: (w.stride[0] / step[0]) * w.width * 4,
    padAcross: (w.stride[1] / step[1]) * 4,
    pads: taps + (2 * depth + count + quads.length + masks.length) * 4,
    padCount: pads.length / 4,
    across: w.out[1],
    down: w.out[0],
    halves: Number(!padded && w.out[1] >= 4 && String([w.kernel, w.stride, w.dilation]) === "2,2,2,2,1,1"),
    ...fields,
    taps,
    windows: taps + depth * 4,
    steps: taps + (depth + count) * 4,
    quads: taps + (2 * depth + count) * 4,
    quadPairs: quads.length / 2 / quadInts,
    masks: taps + (2 * depth + count + quads.length) * 4,
    tiles,
    edge: spare,
    weights,
    image,
    panel,
    sums,
  };
  const numbers = new Int32Array(ints + tables.length);
  names.forEach((name, i) => {
    numbers[i] = header[name];
  });
  let at = names.length;
  for (let c = 0; c < inner; c++) for (const tap of tapsOfPlane) numbers[at++] = c * plane + tap;
  for (let y = 0; y < w.out[0]; y++)
    for (let x = 0; x < w.out[1]; x++) numbers[at++] = (y * step[0] * rowLength + x * step[1]) * 4;
  for (let k = 0; k < depth; k++) numbers[at++] = k * 32;
  numbers.set([...quads, ...masks, ...pads, ...tables], at);
  return { numbers, scratch, weightParts: fields.isDepthwise ? groups : tiles };
}
