/**
 * The sizes of sliding windows, as convolutions and poolings share them: options read, lengths worked out.
 */
import { OptionError, ShapeError } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import { type BatchShape, formatBatchShape } from "../module/batch-shape.ts";

/** One number for each spatial axis. */
export type Lengths = readonly number[];
/** Zeros before and after along each spatial axis, or how many that shall be found from the input's length. */
export type Sides = "same" | "valid" | readonly (readonly [before: number, after: number])[];

/** A window over `kernel.length` spatial axes. */
export interface Sliding {
  readonly kernel: Lengths;
  readonly stride: Lengths;
  readonly dilation: Lengths;
  readonly padding: Sides;
}

/** What is in the names of options: one number for all spatial axes, or one for each. */
type PerAxis = number | readonly number[];

/**
 * One whole number for each of `axes`.
 *
 * @throws OptionError for fractions, numbers below `least`, and another count.
 */
export function perAxis(where: string, option: string, value: PerAxis, axes: number, least: number): Lengths {
  const all: unknown = typeof value === "number" ? new Array(axes).fill(value) : value;
  if (Array.isArray(all) && all.length === axes && all.every((n) => Number.isInteger(n) && n >= least)) return all;
  throw new OptionError({
    where,
    expected: `${option} as a whole number of at least ${least}${axes > 1 ? ", or one for each direction" : ""}`,
    got: Array.isArray(value) ? formatBatchShape(value) : describe(value),
  });
}

/**
 * Padding as a word, or as zeros before and after along each axis; for a single axis `[before, after]` will do.
 *
 * @throws OptionError for anything else.
 */
export function sidesOf(where: string, given: unknown, axes: number, option = "padding"): Sides {
  const padding = axes === 1 && Array.isArray(given) ? [given] : given;
  if (padding === "same" || padding === "valid") return padding;
  if (typeof padding === "string")
    throw new OptionError({
      where,
      expected: 'padding "same", "valid" or a number',
      got: describe(padding),
      hint: didYouMean(padding, ["same", "valid"]),
    });
  const pairs = Array.isArray(padding) && padding.some(Array.isArray);
  if (pairs && padding.length === axes)
    return padding.map((side) => {
      const [before, after] = perAxis(where, option, side, 2, 0);
      return [before, after] as const;
    });
  return perAxis(where, option, padding as PerAxis, axes, 0).map((n) => [n, n] as const);
}

/** Over how much of the input one window reaches. */
export function reachOf({ kernel, dilation }: Sliding): number[] {
  return kernel.map((length, axis) => (length - 1) * dilation[axis] + 1);
}

/**
 * How many windows fit: ⌊(length + padding - reach) / stride⌋ + 1, or with "same" ⌈length / stride⌉.
 *
 * @throws ShapeError where not one fits.
 */
export function slidShape(lengths: BatchShape, window: Sliding): BatchShape {
  const reach = reachOf(window);
  return lengths.map((length, axis) => {
    if (length === null) return null;
    const stride = window.stride[axis];
    if (window.padding === "same") return Math.ceil(length / stride);
    const [before, after] = window.padding === "valid" ? [0, 0] : window.padding[axis];
    const room = length + before + after - reach[axis];
    if (room >= 0) return Math.floor(room / stride) + 1;
    throw new ShapeError({
      where: "input",
      expected: `lengths of at least ${formatBatchShape(reach)} including padding, which the window reaches over`,
      got: formatBatchShape(lengths),
      hint: mayBeChannels(lengths)
        ? 'Images are [channels, height, width] here: of [height, width, channels], move the last axis with x.permute(0, 3, 1, 2). Otherwise use a smaller kernel or dilation, or padding "same".'
        : 'Use a smaller kernel or dilation, or padding "same".',
    });
  });
}

/** Whether the last of these lengths is rather that of colours, which other libraries put last. */
function mayBeChannels(lengths: BatchShape): boolean {
  const last = lengths.at(-1);
  return lengths.length === 2 && (last === 1 || last === 3 || last === 4) && (lengths[0] ?? 0) > last;
}

const layouts = ["", "[batch, channels, length]", "[batch, channels, height, width]"];

/** Throws unless the shape is that of signals (1 spatial axis) or images (2), with `channels` (null: any). */
export function checkSpatial(shape: BatchShape, axes: number, channels: number | null): void {
  const hints: Record<number, string> = {
    [axes + 1]: "Add the missing axis with unsqueeze: 0 for the batch, 1 for the channels.",
    2: "Where these are flat examples, put a Reshape before this layer.",
  };
  if (shape.length !== axes + 2)
    throw new ShapeError({
      where: "input",
      expected: `shape ${layouts[axes]}`,
      got: formatBatchShape(shape),
      hint: hints[shape.length],
    });
  if (channels === null || shape[1] === null || shape[1] === channels) return;
  const last = axes === 1 ? "permute([0, 2, 1])" : "permute([0, 3, 1, 2])";
  throw new ShapeError({
    where: "input",
    expected: `${channels} channels, along axis 1`,
    got: `${shape[1]} in ${formatBatchShape(shape)}`,
    hint: shape.at(-1) === channels ? `Channels come second here: ${last}.` : undefined,
  });
}
