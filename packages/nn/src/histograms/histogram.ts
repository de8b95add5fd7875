/**
 * How numbers are distributed, in buckets of one width as TensorFlow 2 has them.
 */

/** The counts of numbers in buckets, and what is known of all together. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** Where each bucket ends; each begins where the one before ends. */
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

const buckets = 30;

/**
 * The histogram of the finite numbers; null where there are none.
 *
 * Equal numbers make one bucket, half as wide to either side as 1.
 */
export function histogramOf(values: ArrayLike<number>): Histogram | null {
  let [min, max, count, sum, sumOfSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    count++;
    sum += value;
    sumOfSquares += value * value;
  }
  if (count === 0) return null;
  const whole = { min, max, count, sum, sumOfSquares };
  if (min === max) return { ...whole, min: min - 0.5, max: max + 0.5, limits: [max + 0.5], counts: [count] };
  // Halves, since the distance between the largest numbers is beyond them.
  const halfWidth = (max / 2 - min / 2) / buckets;
  if (halfWidth === 0) return { ...whole, limits: [max], counts: [count] };
  const counts = new Array<number>(buckets).fill(0);
  for (let i = 0; i < values.length; i++)
    if (Number.isFinite(values[i])) counts[Math.min(buckets - 1, Math.floor((values[i] / 2 - min / 2) / halfWidth))]++;
  const limits = counts.map((_, i) => (i + 1 < buckets ? min + halfWidth * (i + 1) + halfWidth * (i + 1) : max));
  return { ...whole, limits, counts };
}
