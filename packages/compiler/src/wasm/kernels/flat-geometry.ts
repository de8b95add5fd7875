/**
 * How images lie *flat* for pooling, which is the way for all windows but those of 2 x 2 that do not overlap and those of which a row has
 * fewer than four: as for depthwise convolution, an image lies in planes of which all have rows of one length (`pitch`), with room
 * around it, and so do the numbers of windows, so that each tap is an offset between two arrays, whatever stride, dilation and
 * padding are.
 */
import type { Window } from "@chainrule/core/internal";
import { type Axis, axisOf, phaseOf, remaindersOf, tapsOf } from "./conv-depthwise-geometry.ts";
import type { Geometry } from "./conv-geometry.ts";

/** The header's fields, i32 each; sizes in numbers, lengths in bytes. */
export const flatNames = [
  ...(["across", "down", "height", "width", "imageBytes", "resultBytes", "rowBytes"] as const),
  ...(["kernel", "acrossBytes", "downBytes", "step"] as const),
  // Planes of images and windows, and what is seen of them.
  ...(["pitch", "planeBytes", "windowStart", "flatCount", "flatTaps", "phases", "phaseCount"] as const),
  ...(["backPhases", "backPhaseCount", "outs", "outCount"] as const),
  // Maxima: rows of the image for each row of windows, and the rows of their maxima.
  ...(["lines", "lineStep", "lineBytes", "lineStart", "tapStep", "furtherTaps"] as const),
  // Scratch memory.
  ...(["images", "others", "values", "shares", "flat"] as const),
] as const;

/** Windows that are computed at once, of which some lie behind the last one. */
export const flatWindows = 16;
const slack = 2 * flatWindows * 4;

const aligned = (bytes: number) => Math.ceil(bytes / 16) * 16;

/** Tables one after another, and where each begins. */
class Tables {
  readonly numbers: number[] = [];

  add(numbers: readonly number[]): number {
    const at = (flatNames.length + this.numbers.length) * 4;
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

/** Whether windows are 2 x 2, see nothing but the image, and do not overlap. */
function isHalves({ kernel, stride, dilation, before, out, height, width }: Window): boolean {
  if ([...kernel, ...stride].some((n) => n !== 2) || [...dilation, before[0] + 1, before[1] + 1].some((n) => n !== 1))
    return false;
  return out[0] * 2 <= height && out[1] * 2 <= width;
}

/** Works out the tables for one kind of pool; null where this is not the way. */
export function flatGeometry(w: Window): Geometry | null {
  if (w.out[1] < 4 || w.width < 4 || isHalves(w)) return null;
  const tables = new Tables();
  const planes = new Planes(w);
  const [phases, back, outs] = [planes.phases(), planes.backPhases(), planes.outs()];
  const rowLength = Math.max(
    (w.out[1] - 1) * w.stride[1] + (w.kernel[1] - 1) * w.dilation[1] + 1,
    w.width + w.before[1],
  );
  const planeBytes = planes.down.stride * planes.across.stride * planes.bytes;
  const imageSpace = aligned(Math.max(planeBytes, w.out[0] * rowLength * 4) + slack);
  const windowSpace = aligned(planes.bytes + slack);
  const header: Readonly<Record<(typeof flatNames)[number], number>> = {
    across: w.out[1],
    down: w.out[0],
    height: w.height,
    width: w.width,
    imageBytes: w.height * w.width * 4,
    resultBytes: w.out[0] * w.out[1] * 4,
    rowBytes: w.width * 4,
    kernel: w.kernel[0] * w.kernel[1],
    acrossBytes: w.stride[1] * 4,
    downBytes: w.stride[0] * w.width * 4,
    step: w.stride[1],
    pitch: planes.pitch * 4,
    planeBytes,
    windowStart: planes.at(0, planes.down.reach, planes.across.reach),
    flatCount: (w.out[0] - 1) * planes.pitch + w.out[1],
    flatTaps: tables.add(planes.taps()),
    phases: tables.add(phases),
    phaseCount: phases.length / 4,
    backPhases: tables.add(back.numbers),
    backPhaseCount: back.count,
    outs: tables.add(outs),
    outCount: outs.length / 4,
    lines: tables.add(linesOf(w)),
    lineStep: w.dilation[0] * w.width * 4,
    lineBytes: rowLength * 4,
    lineStart: w.before[1] * 4,
    tapStep: w.dilation[1] * 4,
    furtherTaps: w.kernel[1] - 1,
    images: 0,
    others: imageSpace,
    values: 2 * imageSpace,
    shares: 2 * imageSpace + windowSpace,
    flat: 2 * imageSpace + 2 * windowSpace,
  };
  const numbers = Int32Array.from([...flatNames.map((name) => header[name]), ...tables.numbers]);
  return { numbers, scratch: 2 * imageSpace + 3 * windowSpace, weightParts: 0, isFlat: true };
}
