/**
 * How images lie for depthwise convolution: flat, so that each tap of the kernel is an offset between two arrays.
 *
 * Rows and columns that windows s apart see through the same tap are those with the same remainder by s. An image lies as one
 * *plane* for each pair of remainders, each with zeros around it and rows of one length. Then window t sees through tap k the
 * number at `t + offset[k]`, whatever stride, dilation and padding are; what t counts between rows of windows is computed
 * too, and nobody reads it.
 */
import type { Window } from "@chainrule/core/internal";

/** The header's fields of depthwise convolution; those that begin with `back` are of gradients by images. */
export const depthwiseNames = [
  ...(["isDepthwise", "downBytes", "acrossBytes"] as const),
  ...([
    "planeBytes",
    "pitch",
    "flatCount",
    "pairs",
    "phases",
    "phaseCount",
    "flatImage",
    "flatResult",
    "flatBytes",
  ] as const),
  ...(["backPlane", "backPitch", "backTo", "backRows", "backColumns", "backPhases", "backPhaseCount"] as const),
] as const;

type DepthwiseName = (typeof depthwiseNames)[number];

/** With more kernels for each image, what they share of it pays for tiles. */
const mostKernels = 4;

/** Numbers that are computed at once: as many may lie behind what is wanted. */
export const flatStep = 24;
const slack = 2 * flatStep * 4;

/** How many numbers `backPhasesOf` says of a phase before its pairs. */
export const backPhaseInts = 6;

/** Along one axis: how far the taps reach in windows, and what there is of each remainder. */
export interface Axis {
  readonly size: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  /** How many windows further the last tap sees. */
  readonly reach: number;
  /** The length of a plane, and of one of gradients. */
  readonly length: number;
  readonly back: number;
}

export function axisOf(w: Window, d: 0 | 1): Axis {
  const [size, out, kernel] = [[w.height, w.width][d], w.out[d], w.kernel[d]];
  const [stride, dilation, before] = [w.stride[d], w.dilation[d], w.before[d]];
  const reach = Math.floor(((kernel - 1) * dilation) / stride);
  const back = Math.floor((before + size - 1) / stride) + 1 + reach;
  return { size, out, kernel, stride, dilation, before, reach, length: out + reach, back };
}

/** The elements of an axis with a remainder: the first, which of its remainder that is, and how many there are. */
export function phaseOf({ size, stride, before }: Axis, remainder: number) {
  const from = (((remainder - before) % stride) + stride) % stride;
  return { from, at: Math.floor((from + before) / stride), count: Math.max(0, Math.ceil((size - from) / stride)) };
}

/** The taps of an axis that see elements with a remainder, and how many windows further. */
export function tapsOf({ kernel, stride, dilation }: Axis, remainder: number) {
  const taps: { readonly tap: number; readonly further: number }[] = [];
  for (let tap = 0; tap < kernel; tap++)
    if ((tap * dilation) % stride === remainder) taps.push({ tap, further: Math.floor((tap * dilation) / stride) });
  return taps;
}

type Plane = readonly [down: Axis, across: Axis];

/** Each pair of remainders, and which of them it is. */
export function remaindersOf([down, across]: Plane): { readonly p: number; readonly q: number; readonly at: number }[] {
  return Array.from({ length: down.stride * across.stride }, (_, at) => ({
    p: Math.floor(at / across.stride),
    q: at % across.stride,
    at,
  }));
}

/** For each tap how far it sees in the planes, and where its weight is, in bytes. */
function pairsOf([down, across]: Plane): number[] {
  const pairs: number[] = [];
  for (let i = 0; i < down.kernel; i++)
    for (let j = 0; j < across.kernel; j++) {
      const [y, x] = [i * down.dilation, j * across.dilation];
      const row = ((y % down.stride) * across.stride + (x % across.stride)) * down.length + Math.floor(y / down.stride);
      pairs.push((row * across.length + Math.floor(x / across.stride)) * 4, (i * across.kernel + j) * 4);
    }
  return pairs;
}

/** How an image lies in the planes that taps see: so many bytes, and rows of one length. */
export interface Planes {
  readonly bytes: number;
  readonly rowLength: number;
  /** Where each tap sees in them from a window on, in bytes. */
  readonly taps: readonly number[];
  /** As `phasesOf` has it. */
  readonly phases: readonly number[];
}

export function planesOf(w: Window): Planes {
  const plane = [axisOf(w, 0), axisOf(w, 1)] as const;
  const rowLength = plane[1].length;
  const bytes = plane[0].length * rowLength * 4;
  const taps = pairsOf(plane).filter((_, i) => i % 2 === 0);
  // Planes that no tap sees take no room.
  const seen = [...new Set(taps.map((at) => Math.floor(at / bytes)))];
  const moved = (at: number) => seen.indexOf(Math.floor(at / bytes)) * bytes + (at % bytes);
  const phases = phasesOf(plane).map((x, i) => (i % 4 === 1 ? moved(x) : x));
  return { bytes: seen.length * bytes, rowLength, taps: taps.map(moved), phases };
}

/** For each plane that a tap sees: where its numbers are in the image, where they go, how many rows and columns there are. */
function phasesOf(plane: Plane): number[] {
  const [down, across] = plane;
  const phases: number[] = [];
  for (const { p, q, at } of remaindersOf(plane)) {
    const [rows, columns] = [phaseOf(down, p), phaseOf(across, q)];
    const height = Math.min(rows.count, down.length - rows.at);
    const width = Math.min(columns.count, across.length - columns.at);
    if (height <= 0 || width <= 0 || tapsOf(down, p).length === 0 || tapsOf(across, q).length === 0) continue;
    const to = (at * down.length + rows.at) * across.length + columns.at;
    phases.push((rows.from * across.size + columns.from) * 4, to * 4, height, width);
  }
  return phases;
}

/**
 * For each pair of remainders that an image has: how many taps see it, where in the gradients its first window begins, how
 * many windows there are, where they go in the image, how many rows and columns these are, and the pairs of its taps.
 */
function backPhasesOf(plane: Plane, kernels: number) {
  const [down, across] = plane;
  const numbers: number[] = [];
  let [count, most] = [0, 0];
  for (const { p, q } of remaindersOf(plane)) {
    const [rows, columns] = [phaseOf(down, p), phaseOf(across, q)];
    if (rows.count === 0 || columns.count === 0) continue;
    const pairs: number[] = [];
    for (let m = 0; m < kernels; m++)
      for (const { tap: i, further: y } of tapsOf(down, p))
        for (const { tap: j, further: x } of tapsOf(across, q)) {
          const seen = (m * down.back + down.reach - y) * across.back + across.reach - x;
          pairs.push(seen * 4, ((m * down.kernel + i) * across.kernel + j) * 4);
        }
    const windows = (rows.count - 1) * across.back + columns.count;
    const to = (rows.from * across.size + columns.from) * 4;
    numbers.push(pairs.length / 2, (rows.at * across.back + columns.at) * 4, windows, to, rows.count, columns.count);
    numbers.push(...pairs);
    most = Math.max(most, windows);
    count++;
  }
  return { numbers, count, most };
}

/** The fields, and the tables that they point into, which begin at `at`; scratch memory begins at `scratch`. */
export function depthwiseGeometry(w: Window, inner: number, outer: number, at: number, scratch: number) {
  const none = Object.fromEntries(depthwiseNames.map((name) => [name, 0])) as Record<DepthwiseName, number>;
  if (inner > 1 || outer > mostKernels) return { fields: none, numbers: [], scratch };
  const [down, across] = [axisOf(w, 0), axisOf(w, 1)];
  const [pairs, phases] = [pairsOf([down, across]), phasesOf([down, across])];
  const back = backPhasesOf([down, across], outer);
  const planeBytes = down.stride * across.stride * down.length * across.length * 4 + slack;
  const backPlane = down.back * across.back * 4;
  const flatCount = (down.out - 1) * across.length + across.out;
  const flatImage = Math.ceil(scratch / 16) * 16;
  const flatResult = Math.ceil((flatImage + Math.max(planeBytes, outer * backPlane + slack)) / 16) * 16;
  const flatBytes = Math.max(flatCount, back.most) * 4 + slack;
  const fields: Readonly<Record<DepthwiseName, number>> = {
    isDepthwise: 1,
    downBytes: down.stride * w.width * 4,
    acrossBytes: across.stride * 4,
    planeBytes,
    pitch: across.length * 4,
    flatCount,
    pairs: at,
    phases: at + pairs.length * 4,
    phaseCount: phases.length / 4,
    flatImage,
    flatResult,
    flatBytes,
    backPlane,
    backPitch: across.back * 4,
    backTo: (down.reach * across.back + across.reach) * 4,
    backRows: Math.min(down.out, down.back - down.reach),
    backColumns: Math.min(across.out, across.back - across.reach),
    backPhases: at + (pairs.length + phases.length) * 4,
    backPhaseCount: back.count,
  };
  return { fields, numbers: [...pairs, ...phases, ...back.numbers], scratch: flatResult + flatBytes };
}
