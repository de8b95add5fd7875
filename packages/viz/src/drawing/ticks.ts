/**
 * Axes: round numbers to mark, where they lie, and how they are written.
 */

/** From the smallest to the largest number of an axis. */
export type Extent = readonly [low: number, high: number];

/** How far apart numbers lie: by their difference, or by their ratio. */
export type AxisScale = "linear" | "log";

/** An axis: its ends, its marks, and the place of a number on it, 0 at the low end and 1 at the high one. */
export interface Axis {
  readonly range: Extent;
  readonly ticks: readonly number[];
  position(value: number): number;
}

/**
 * An axis on which all the numbers lie, its marks at round numbers, about `count` of them.
 *
 * @param tight whether it ends where the numbers end.
 * @param whole whether whole numbers have whole marks: for epochs and steps.
 */
export function axisFor(
  values: readonly number[],
  count: number,
  scale: AxisScale = "linear",
  tight = false,
  whole = tight,
): Axis {
  const finite = values.filter((value) => Number.isFinite(value) && (scale === "linear" || value > 0));
  if (scale === "log") return logAxis(finite, count);
  const [least, most] = paddedExtent(finite);
  const finest = whole && finite.every(Number.isInteger) ? 1 : 0;
  const step = Math.max(finest, roundStep((most - least) / Math.max(1, count - 1)));
  const [low, high] = tight ? [least, most] : [Math.floor(least / step) * step, Math.ceil(most / step) * step];
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => clean((first + i) * step));
  if (tight && ticks.length < 2 && step !== finest && count < 100)
    return axisFor(values, 2 * count, scale, tight, whole);
  return { range: [clean(low), clean(high)], ticks, position: (value) => (value - low) / (high - low) };
}

/** An axis from one number to another, with about `count` marks at round numbers between. */
export function axisWithin([low, high]: Extent, count: number, scale: AxisScale = "linear"): Axis {
  const { ticks } = axisFor([low, high], count, scale, true, false);
  const inside = ticks.filter((tick) => tick >= low - 1e-9 * (high - low) && tick <= high + 1e-9 * (high - low));
  const place = scale === "log" ? Math.log10 : (value: number) => value;
  const [start, length] = [place(low), place(high) - place(low)];
  const position = (value: number) => (scale === "log" && value <= 0 ? Number.NaN : (place(value) - start) / length);
  return { range: [low, high], ticks: inside, position };
}

/** From one of 1, 2 or 5 times a power of ten to another, with marks at these or, over many decades, at powers of ten. */
function logAxis(values: readonly number[], count: number): Axis {
  const [least, most] = values.length === 0 ? [1, 10] : paddedExtent(values);
  const powers = [Math.floor(Math.log10(least)) - 1, Math.ceil(Math.log10(most)) + 1];
  const marks = Array.from({ length: powers[1] - powers[0] + 1 }, (_, i) => powers[0] + i).flatMap((power) =>
    [1, 2, 5].map((factor) => clean(factor * 10 ** power)),
  );
  const low = marks.findLast((mark) => mark <= least)!;
  const high = marks.find((mark) => mark >= most && mark > low)!;
  const between = marks.filter((mark) => mark >= low && mark <= high);
  const decades = between.filter((mark) => isPowerOfTen(mark));
  const every = Math.ceil(decades.length / count);
  const [bottom, height] = [Math.log10(low), Math.log10(high) - Math.log10(low)];
  return {
    range: [low, high],
    ticks: between.length <= count + 1 ? between : decades.filter((_, i) => i % every === 0),
    position: (value) => (value > 0 ? (Math.log10(value) - bottom) / height : Number.NaN),
  };
}

function isPowerOfTen(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
}

/** The smallest and the largest number, moved apart where they are one but for rounding. */
function paddedExtent(values: readonly number[]): Extent {
  if (values.length === 0) return [0, 1];
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  // What differs in the last digits alone is one number to the eye, too.
  if (most - least > 1e-9 * Math.max(Math.abs(least), Math.abs(most))) return [least, most];
  const margin = Math.abs(least) / 10 || 1;
  return [least - margin, least + margin];
}

/** From the least to the greatest finite number, and a share of the distance more on both sides. */
export function paddedBy(share: number, values: readonly number[]): Extent {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const margin = (high - low) * share || 1;
  return [low - margin, high + margin];
}

/** The nearest step at or above `rough` that is 1, 2 or 5 times a power of ten: people count in these. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9))!;
}

/** Without the last digits in which floats of a decimal step differ: 0.30000000000000004 becomes 0.3. */
function clean(value: number): number {
  return Number(value.toPrecision(12));
}

/** A number for people to read, in few digits: 0.25, 12000, 1e-5. */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  const short = Number(value.toPrecision(digits));
  const size = Math.abs(short);
  return size >= 1e6 || size < 1e-3 ? short.toExponential().replace("e+", "e") : String(short);
}
