/**
 * Shades: numbers as characters, terminal colours and opacities, from the least to the greatest.
 */
import type { Extent } from "./ticks.ts";

/** From nothing to full. */
export const blockShades = " ░▒▓█";
/** From dark to bright, for pictures: pixels of 0 are background. */
export const asciiRamp = " .:-=+*#%@";
/** From dark to bright and told apart by hue as well: nearest to matplotlib's viridis among the 256 colours of xterm. */
export const viridis = [53, 60, 24, 30, 36, 71, 148, 220] as const;

/** The least and the greatest finite number, as far as they are not given; apart where they are one. */
export function extentOf(values: readonly number[], min?: number, max?: number): Extent {
  const finite = values.filter(Number.isFinite);
  const low = min ?? finite.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = max ?? finite.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (low < high) return [low, high];
  // All numbers are one: what is above 0 is drawn full, the rest as background.
  return Number.isFinite(low) && low > 0
    ? [0, low]
    : [low === Number.POSITIVE_INFINITY ? 0 : low, low === Number.POSITIVE_INFINITY ? 1 : low + 1];
}

/** Where a number lies in the range, from 0 to 1; what lies beyond is at the end, what is no number at 0. */
export function normalize(value: number, [low, high]: Extent): number {
  const share = (value - low) / (high - low);
  return Number.isNaN(share) ? 0 : Math.min(1, Math.max(0, share));
}

/** The entry of a list that stands for a level, each for an equal part of the range. */
export function selectLevel<T>(list: ArrayLike<T>, share: number): T {
  return list[Math.min(list.length - 1, Math.floor(share * list.length))];
}
