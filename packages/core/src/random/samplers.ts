/**
 * One number at a time from the distributions that take more than a word or two, in double precision.
 *
 * Each sampler is told nothing but the words and its parameters, which the generator has checked.
 */
import type { Words } from "./words.ts";

/** Normal with mean 0 and standard deviation 1: √(-2 ln u) cos 2πv (Box & Muller 1958), from four words. */
export function standardNormal(words: Words): number {
  const radius = Math.sqrt(-2 * Math.log(words.open()));
  return radius * Math.cos(2 * Math.PI * words.unit());
}

/** A standard normal that is drawn again until it lies in [-bound, bound]. */
export function truncatedNormal(words: Words, bound: number): number {
  for (;;) {
    const z = standardNormal(words);
    if (Math.abs(z) <= bound) return z;
  }
}

/** Density exp(-x) for x > 0: -ln u. */
export function standardExponential(words: Words): number {
  return -Math.log(words.open());
}

/** Density exp(-x - exp(-x)), the law of the largest of many: -ln(-ln u). */
export function standardGumbel(words: Words): number {
  return -Math.log(-Math.log(words.open()));
}

/** Density exp(-|x|) / 2: ln 2u in the lower half, -ln 2(1 - u) in the upper. */
export function standardLaplace(words: Words): number {
  const u = words.open();
  return u < 0.5 ? Math.log(2 * u) : -Math.log(2 - 2 * u);
}

/**
 * Density rateᵃ x^(a - 1) exp(-rate x) / Γ(a) for x > 0.
 *
 * Below a = 1 it is the gamma of a + 1 times u^(1/a), as logarithms: u^(1/a) alone may be too small for a number.
 */
export function gamma(words: Words, a: number, rate: number): number {
  if (a >= 1) return gammaFrom1(words, a) / rate;
  return Math.exp(Math.log(gammaFrom1(words, a + 1)) + Math.log(words.open()) / a - Math.log(rate));
}

/**
 * A gamma of rate 1 for a >= 1: d v with d = a - 1/3 and v = (1 + z / √(9d))³ for a normal z, accepted with the
 * probability that makes it exact.
 *
 * Source: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26, 2000.
 */
function gammaFrom1(words: Words, a: number): number {
  const d = a - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = standardNormal(words);
    const root = 1 + c * z;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = words.open();
    // The squeeze spares nearly all of the logarithms: it accepts only what they would accept.
    if (u < 1 - 0.0331 * (z * z) * (z * z)) return d * v;
    if (Math.log(u) < 0.5 * z * z + d * (1 - v + Math.log(v))) return d * v;
  }
}

/**
 * Density x^(a - 1) (1 - x)^(b - 1) / B(a, b) for 0 < x < 1: X / (X + Y) of two gammas.
 *
 * As the sigmoid of ln X - ln Y, because gammas of small a and b both underflow to 0; the logarithms of tiny a and b may
 * be too large for a number as well, and are subtracted as multiples of 1 / min(a, b).
 */
export function beta(words: Words, a: number, b: number): number {
  const [logX, boostX] = logOfGamma(words, a);
  const [logY, boostY] = logOfGamma(words, b);
  const least = Math.min(a, b);
  const boost = boostX * (least / a) - boostY * (least / b);
  return 1 / (1 + Math.exp(logY - logX - boost / least));
}

/** ln X of a gamma as two numbers, the first and 1 / a times the second. */
function logOfGamma(words: Words, a: number): [number, number] {
  if (a >= 1) return [Math.log(gammaFrom1(words, a)), 0];
  return [Math.log(gammaFrom1(words, a + 1)), Math.log(words.open())];
}

/** P(k) = rateᵏ exp(-rate) / k!: counts of events that come singly and independently. */
export function poisson(words: Words, rate: number): number {
  if (rate === 0) return 0;
  return rate < 10 ? poissonByInversion(words, rate) : poissonByRejection(words, rate);
}

/** The first k at which the cumulated probability exceeds u; a tail that no longer adds up counts as reached. */
function poissonByInversion(words: Words, rate: number): number {
  const u = words.unit();
  let probability = Math.exp(-rate);
  let cumulated = probability;
  let k = 0;
  while (u >= cumulated && probability > 2 ** -60) {
    k++;
    probability *= rate / k;
    cumulated += probability;
  }
  return k;
}

/**
 * Transformed rejection with squeeze, in steps that do not grow with the rate; the constants are the paper's.
 *
 * Source: Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance: Mathematics
 * and Economics 12, 1993, algorithm PTRS.
 */
function poissonByRejection(words: Words, rate: number): number {
  const logRate = Math.log(rate);
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = words.unit() - 0.5;
    const v = words.open();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + rate + 0.43);
    if (edge >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (edge < 0.013 && v > edge)) continue;
    const left = Math.log((v * inverseAlpha) / (a / (edge * edge) + b));
    if (left <= k * logRate - rate - logFactorial(k)) return k;
  }
}

/** ln k!, by Stirling's series from k = 10 on, where its four terms are exact to 1e-12. */
export function logFactorial(k: number): number {
  if (k < 10) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return Math.log(product);
  }
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * k * k)) / (k * k)) / (k * k)) / k;
  return k * Math.log(k) - k + 0.5 * Math.log(2 * Math.PI * k) + series;
}

/**
 * The index of the first cumulated weight above u times their sum, so that weights of 0 are never drawn.
 *
 * `cumulated` is ascending and its last entry is the sum of all weights.
 */
export function categorical(words: Words, cumulated: Float64Array): number {
  const total = cumulated[cumulated.length - 1];
  // Rounding can carry the product up to the total, which no index lies above.
  const target = Math.min(words.unit() * total, total * (1 - 2 ** -53));
  let low = 0;
  let high = cumulated.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulated[middle] > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
