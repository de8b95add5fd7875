/**
 * Plain statistics of the numbers of a tensor.
 */
import type { Tensor } from "@chainrule/core";

/** The root of the mean of the squares, √(Σx²/n); 0 for nothing. */
export function rms(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] * numbers[i];
  return numbers.length === 0 ? 0 : Math.sqrt(sum / numbers.length);
}

/** The length of the vector of all numbers, √Σx². */
export function length(numbers: ArrayLike<number>): number {
  return rms(numbers) * Math.sqrt(numbers.length);
}

export function mean(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i];
  return numbers.length === 0 ? 0 : sum / numbers.length;
}

/** The standard deviation, √(Σ(x - x̄)²/n). */
export function deviation(numbers: ArrayLike<number>): number {
  const centre = mean(numbers);
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += (numbers[i] - centre) ** 2;
  return numbers.length === 0 ? 0 : Math.sqrt(sum / numbers.length);
}

/** How many numbers are NaN or infinite. */
export function countNonFinite({ storage }: Tensor): number {
  let count = 0;
  for (let i = 0; i < storage.length; i++) if (!Number.isFinite(storage[i])) count++;
  return count;
}

/** The numbers of each column of a tensor [n, …], all axes but the first laid flat. */
export function columnsOf({ shape, storage }: Tensor): Float64Array[] {
  const rows = shape[0] ?? 1;
  const width = rows === 0 ? 0 : storage.length / rows;
  return Array.from({ length: width }, (_, j) => {
    const column = new Float64Array(rows);
    for (let i = 0; i < rows; i++) column[i] = storage[i * width + j];
    return column;
  });
}

/** The numbers of each channel: along an axis, all others laid flat. */
export function channelsOf({ shape, storage }: Tensor, axis: number): Float64Array[] {
  const channels = shape[axis];
  const inner = shape.slice(axis + 1).reduce((size, length) => size * length, 1);
  const each = channels === 0 ? 0 : storage.length / channels;
  return Array.from({ length: channels }, (_, c) => {
    const numbers = new Float64Array(each);
    for (let i = 0; i < each; i++) {
      const outer = Math.floor(i / inner);
      numbers[i] = storage[(outer * channels + c) * inner + (i % inner)];
    }
    return numbers;
  });
}

/** Whether all rows of a tensor [n, …] are the same. */
export function rowsAreEqual({ shape, storage }: Tensor): boolean {
  const width = shape[0] > 0 ? storage.length / shape[0] : 0;
  for (let i = width; i < storage.length; i++) if (storage[i] !== storage[i - width]) return false;
  return true;
}

/** A number in three digits, as text: 0.00123, 4.5, 1.2e-9. */
export function short(x: number): string {
  if (!Number.isFinite(x) || x === 0) return String(x);
  const size = Math.abs(x);
  return size >= 1e6 || size < 1e-3 ? x.toExponential(1).replace("e+", "e") : String(Number(x.toPrecision(3)));
}

/** A share as text: 0.734 is 73%. */
export function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
