/**
 * Functions that JavaScript's Math lacks, to the last digits of a double.
 */

const twoOverSqrtPi = 2 / Math.sqrt(Math.PI);

/**
 * The error function, erf(x) = 2/√π ∫₀ˣ exp(-t²) dt.
 *
 * Up to |x| = 2.5 by the series 2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!, whose terms are all of one sign, beyond it by
 * the continued fraction of 1 - erf (Abramowitz & Stegun 7.1.6 and 7.1.14).
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (!(size < 6)) return size >= 6 ? Math.sign(x) : Number.NaN;
  if (size <= 2.5) {
    const square = x * x;
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * square) / (2 * n + 1);
      sum += term;
    }
    return twoOverSqrtPi * Math.exp(-square) * sum;
  }
  let fraction = size;
  for (let n = 60; n >= 1; n--) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * fraction));
}

/** 1 / (1 + exp(-x)), with exp only of numbers below 0, so that nothing overflows. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)): no overflow, no loss of digits. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** xʸ as IEEE 754 has it: 1 to any power is 1, and so is -1 to an infinite one, where JavaScript says NaN. */
export function pow(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y;
}

/** xʸ of whole numbers, its low 32 bits; to a negative power the fraction, of which the whole part is left. */
export function wholePow(x: number, y: number): number {
  if (y < 0) return Math.abs(x) === 1 ? (y % 2 === 0 ? 1 : x) : 0;
  let result = 1;
  for (let base = x, rest = y; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

/** The nearest whole number, halves to the even one, and -0 for what rounds to 0 from below: IEEE 754, as PyTorch. */
export function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const above = x - floor;
  if (above < 0.5 || (above === 0.5 && floor % 2 === 0)) return floor;
  return floor === -1 ? -0 : floor + 1;
}
