/**
 * What pooling's functions in WebAssembly must know of a sliding window: sizes, and tables of where taps, windows and elements lie.
 *
 * There are four ways (`ways`). *Flat* is the general one: as for depthwise convolution, an image lies in planes of which all have
 * rows of one length (`pitch`), with room around it, and so do the numbers of windows, so that each tap is an offset between
 * two arrays, whatever stride, dilation and padding are.
 */
import type { Window } from "@chainrule/core/internal";
import { type Axis, axisOf, phaseOf, remaindersOf, tapsOf } from "./conv-depthwise-geometry.ts";
import type { Geometry } from "./conv-geometry.ts";

/** Windows one by one, of which rows have fewer than four; 2 x 2 that do not overlap; all others. */
export const ways = { single: 0, halves: 1, flat: 2 } as const;

/** The header's fields, i32 each; sizes in numbers, lengths in bytes. */
export const poolNames = [
  ...(["way", "kernel", "across", "down", "count", "height", "width"] as const),
  ...(["imageBytes", "resultBytes", "rowBytes", "acrossBytes", "isCovered"] as const),
  // One by one: the padded image.
  ...(["padded", "paddedRow", "padStart", "taps", "windows"] as const),
  // Flat: planes of images and windows, and what is seen of them.
  ...(["pitch", "planeBytes", "windowStart", "flatCount", "flatTaps", "phases", "phaseCount"] as const),
  ...(["downBytes", "backPhases", "backPhaseCount", "outs", "outCount", "outStep"] as const),
  // Maxima: rows of the image for each row of windows, and the rows of their maxima.
  ...(["lines", "lineStep", "lineBytes", "lineStart", "tapStep", "taps1", "step"] as const),
  // Scratch memory.
  ...(["images", "others", "values", "shares", "flat", "scratchBytes"] as const),
] as const;

type PoolName = (typeof poolNames)[number];

/** Windows that are computed at once, of which some lie behind the last one. */
export const flatWindows = 16;
const slack = 2 * flatWindows * 4;

const aligned = (bytes: number) => Math.ceil(bytes / 16) * 16;

/** Tables one after another, and where each begins. */
class Tables {
  readonly numbers: number[] = [];

  add(numbers: readonly number[]): number {
    const at = (poolNames.length + this.numbers.length) * 4;
    for (const n of numbers) this.numbers.push(n);
    return at;
  }
}

/** How planes lie: one for each pair of remainders by the strides, of so many rows of so many numbers. */
class Planes {
  readonly down: Axis;
  readonly across: Axis;
  readonly rows: number;
  readonly pitch: number;

  constructor(w: Window) {
    this.down = axisOf(w, 0);
    this.across = axisOf(w, 1);
    [this.rows, this.pitch] = [this.down, this.across].map(({ back, length }) => Math.max(back, length));
  }

  get bytes(): number {
    return this.rows * this.pitch * 4;
  }

  at(plane: number, row: number, column: number): number {
    return ((plane * this.rows + row) * this.pitch + column) * 4;
  }

  /** Where each tap sees from the first window on, row by row. */
  taps(): number[] {
    const { down, across } = this;
    const offsets: number[] = [];
    for (let i = 0; i < down.kernel; i++)
      for (let j = 0; j < across.kernel; j++) {
        const [y, x] = [i * down.dilation, j * across.dilation];
        const plane = (y % down.stride) * across.stride + (x % across.stride);
        offsets.push(this.at(plane, Math.floor(y / down.stride), Math.floor(x / across.stride)));
      }
    return offsets;
  }

  /** What is laid out: where it begins in the image and in the planes, how many rows and columns. */
  phases(): number[] {
    const { down, across } = this;
    return remaindersOf([down, across]).flatMap(({ p, q, at }) => {
      const [rows, columns] = [phaseOf(down, p), phaseOf(across, q)];
      if (rows.count === 0 || columns.count === 0) return [];
      const from = (rows.from * across.size + columns.from) * 4;
      return [from, this.at(at, rows.at, columns.at), rows.count, columns.count];
    });
  }

  /**
   * For each plane that has elements: where they begin in it and, of the first window that sees them, among the windows, how many
   * there are, how many taps see them, and how much earlier each of these windows is. Later taps see earlier windows, and come first.
   */
  backPhases(): { readonly numbers: readonly number[]; readonly count: number } {
    const { down, across } = this;
    const numbers: number[] = [];
    let count = 0;
    for (const { p, q, at } of remaindersOf([down, across])) {
      const [rows, columns] = [phaseOf(down, p), phaseOf(across, q)];
      if (rows.count === 0 || columns.count === 0) continue;
      const seen = tapsOf(down, p).flatMap(({ further: y }) =>
        tapsOf(across, q).map(({ further: x }) => this.at(0, down.reach - y, across.reach - x)),
      );
      const start = this.at(0, rows.at, columns.at);
      const elements = (rows.count - 1) * this.pitch + columns.count;
      numbers.push(at * this.bytes + start, start, elements, seen.length, ...seen.reverse());
      count++;
    }
    return { numbers, count };
  }

  /**
   * How elements go back: by strides of 2 those of two planes in turn (from both, to, rows, columns), else plane by plane (from,
   * to, rows, columns).
   */
  outs(): number[] {
    const { down, across } = this;
    if (across.stride !== 2) {
      const phases = this.phases();
      return phases.map((_, i) => phases[i % 4 === 0 ? i + 1 : i % 4 === 1 ? i - 1 : i]);
    }
    return Array.from({ length: down.stride }, (_, p) => p).flatMap((p) => {
      const rows = phaseOf(down, p);
      if (rows.count === 0) return [];
      const [even, odd] = [0, 1].map((column) => {
        const q = (column + across.before) % 2;
        return this.at(p * 2 + q, rows.at, Math.floor((column + across.before) / 2));
      });
      return [even, odd, rows.from * across.size * 4, rows.count];
    });
  }
}

/** For each row of windows: where the first row that it sees begins in the image, and how many more there are, or none at all (-1). */
function linesOf({ out, kernel, stride, dilation, before, height, width }: Window): number[] {
  return Array.from({ length: out[0] }, (_, y) => {
    const rows = Array.from({ length: kernel[0] }, (_, i) => y * stride[0] - before[0] + i * dilation[0]);
    const seen = rows.filter((row) => row >= 0 && row < height);
    return [(seen[0] ?? 0) * width * 4, seen.length - 1];
  }).flat();
}

/** The image with room around it, as windows see it one by one. */
function paddedOf(w: Window) {
  const [height, width] = [0, 1].map((d) => {
    const reach = (w.out[d] - 1) * w.stride[d] + (w.kernel[d] - 1) * w.dilation[d] + 1;
    return Math.max(reach, [w.height, w.width][d] + w.before[d]);
  });
  const taps: number[] = [];
  for (let i = 0; i < w.kernel[0]; i++)
    for (let j = 0; j < w.kernel[1]; j++) taps.push((i * w.dilation[0] * width + j * w.dilation[1]) * 4);
  const windows: number[] = [];
  for (let y = 0; y < w.out[0]; y++)
    for (let x = 0; x < w.out[1]; x++) windows.push((y * w.stride[0] * width + x * w.stride[1]) * 4);
  return { bytes: height * width * 4, width, isLarger: height * width !== w.height * w.width, taps, windows };
}

function wayOf(w: Window, isPadded: boolean): number {
  if (w.out[1] < 4 || w.width < 4) return ways.single;
  const isHalves = [...w.kernel, ...w.stride].every((n) => n === 2) && w.dilation.every((n) => n === 1);
  return isHalves && !isPadded ? ways.halves : ways.flat;
}

/** Works out the tables for one kind of pool. */
export function poolGeometry(w: Window): Geometry {
  const padded = paddedOf(w);
  const way = wayOf(w, padded.isLarger);
  const tables = new Tables();
  const planes = new Planes(w);
  const isFlat = way === ways.flat;
  const phases = isFlat ? planes.phases() : [];
  const back = isFlat ? planes.backPhases() : { numbers: [], count: 0 };
  const outs = isFlat ? planes.outs() : [];
  const imageSpace = aligned(
    isFlat
      ? Math.max(planes.down.stride * planes.across.stride * planes.bytes, w.out[0] * padded.width * 4) + slack
      : Number(padded.isLarger) * padded.bytes,
  );
  const windowSpace = isFlat ? aligned(planes.bytes + slack) : 0;
  const header: Readonly<Record<PoolName, number>> = {
    way,
    kernel: w.kernel[0] * w.kernel[1],
    across: w.out[1],
    down: w.out[0],
    count: w.out[0] * w.out[1],
    height: w.height,
    width: w.width,
    imageBytes: w.height * w.width * 4,
    resultBytes: w.out[0] * w.out[1] * 4,
    rowBytes: w.width * 4,
    acrossBytes: w.stride[1] * 4,
    isCovered: Number(w.out[0] * 2 === w.height && w.out[1] * 2 === w.width),
    padded: padded.isLarger ? padded.bytes : 0,
    paddedRow: padded.width * 4,
    padStart: (w.before[0] * padded.width + w.before[1]) * 4,
    taps: tables.add(isFlat ? [] : padded.taps),
    windows: tables.add(isFlat ? [] : padded.windows),
    pitch: planes.pitch * 4,
    planeBytes: isFlat ? planes.down.stride * planes.across.stride * planes.bytes : 0,
    windowStart: planes.at(0, planes.down.reach, planes.across.reach),
    flatCount: (w.out[0] - 1) * planes.pitch + w.out[1],
    flatTaps: tables.add(isFlat ? planes.taps() : []),
    phases: tables.add(phases),
    phaseCount: phases.length / 4,
    downBytes: w.stride[0] * w.width * 4,
    backPhases: tables.add(back.numbers),
    backPhaseCount: back.count,
    outs: tables.add(outs),
    outCount: outs.length / 4,
    outStep: w.stride[1],
    lines: tables.add(isFlat ? linesOf(w) : []),
    lineStep: w.dilation[0] * w.width * 4,
    lineBytes: padded.width * 4,
    lineStart: w.before[1] * 4,
    tapStep: w.dilation[1] * 4,
    taps1: w.kernel[1] - 1,
    step: w.stride[1],
    images: 0,
    others: imageSpace,
    values: 2 * imageSpace,
    shares: 2 * imageSpace + windowSpace,
    flat: 2 * imageSpace + 2 * windowSpace,
    scratchBytes: 2 * imageSpace + 3 * windowSpace,
  };
  const numbers = Int32Array.from([...poolNames.map((name) => header[name]), ...tables.numbers]);
  return { numbers, scratch: header.scratchBytes, weightParts: 0 };
}
