/**
 * The complementary error function of one number, and the inverse of the error function, to the last digits of a double.
 */
import { erfOfNumber } from "@chainrule/core/internal";

/**
 * (1 + 2x) exp(x²) erfc(x) for x ≥ 0 as a Chebyshev series in t = (x - 3.75) / (x + 3.75), after Shepherd and Laframboise,
 * "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞", 1981. Computed in 50 digits; the first is halved.
 */
const series = [
  1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753,
  0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-5, 4.13902798607301e-6,
  7.74038306619849e-7, -2.1886401049234397e-7, 1.076499946567091e-8, 4.521959811218287e-9, -7.754400208831351e-10,
  -6.318088340886684e-11, 2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14,
  3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17, 5.068148904796111e-17,
  -2.2370566594359995e-18, -2.187342944303018e-18,
];

/** exp(x²) erfc(x) for x ≥ 0, which falls as 1 / (x √π). */
function scaledErfc(x: number): number {
  if (x > 1e9) return 1 / (x * Math.sqrt(Math.PI));
  const t = (x - 3.75) / (x + 3.75);
  let [next, afterNext] = [0, 0];
  for (let k = series.length - 1; k >= 1; k--) [next, afterNext] = [2 * t * next - afterNext + series[k], next];
  return (t * next - afterNext + series[0]) / (1 + 2 * x);
}

/** exp(-x²), of which the rounding of x² alone would cost digits: the square of 24 bits is exact. */
function gaussian(x: number): number {
  const head = Math.fround(x);
  return Math.exp(-head * head) * Math.exp((head - x) * (head + x));
}

/** erfc(x) = 1 - erf(x), with all its digits where it is small. */
export function erfcOfNumber(x: number): number {
  if (x < 0.5) return 1 - erfOfNumber(x);
  // Below the smallest number from here on; NaN goes on.
  return x > 28 ? 0 : gaussian(x) * scaledErfc(x);
}

/**
 * The y whose error function is x, in [-1, 1].
 *
 * A first guess (Winitzki, 2008) is right to three digits; each step of Halley's rule, for which the second derivative is
 * -2y times the first, makes three times as many of it.
 */
export function erfinvOfNumber(x: number): number {
  const size = Math.abs(x);
  if (!(size < 1)) return size === 1 ? x * Number.POSITIVE_INFINITY : Number.NaN;
  if (size < 1e-8) return (x * Math.sqrt(Math.PI)) / 2;
  // What is missing to 1 is exact from a half on.
  const rest = 1 - size;
  const log = Math.log(rest * (1 + size));
  const half = 2 / (Math.PI * 0.147) + log / 2;
  let y = Math.sqrt(Math.sqrt(half * half - log / 0.147) - half);
  for (let step = 0; step < 3; step++) {
    const off = size < 0.5 ? size - erfOfNumber(y) : erfcOfNumber(y) - rest;
    const newton = (off * Math.sqrt(Math.PI)) / (2 * gaussian(y));
    y += newton / (1 - y * newton);
  }
  return Math.sign(x) * y;
}
