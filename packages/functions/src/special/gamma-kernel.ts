/**
 * The logarithm of the gamma function of one number, and its derivatives, nearly to the last digits of a double.
 */

/** ζ(k) - 1 for k = 2, 3, …: in 50 digits, rounded. */
const zetas = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
  0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853, 0.0004941886041194645,
  0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5,
  7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6, 9.539620338727962e-7, 4.769329867878064e-7,
  2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8, 1.490155482836504e-8,
  7.45071178983543e-9,
];

/** log Γ(2 + z) for |z| ≤ 1/2: (1 - γ) z + Σ (ζ(k) - 1) (-z)ᵏ / k (Abramowitz and Stegun 6.1.33). */
function nearTwo(z: number): number {
  let sum = 0;
  for (let i = zetas.length - 1; i >= 0; i--) sum = sum * -z + zetas[i] / (i + 2);
  return z * (0.42278433509846713 + z * sum);
}

/** B₂ₖ / (2k (2k - 1)) for k = 1, 2, …, of Stirling's series. */
const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

/** log |Γ(x)|; Infinity at 0 and at the negative whole numbers. */
export function lgammaOfNumber(x: number): number {
  if (Math.abs(x) === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (x <= 0) return Number.isInteger(x) ? Number.POSITIVE_INFINITY : reflected(x);
  if (x < 0.5) return nearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return nearTwo(x - 1) - Math.log1p(x - 1);
  if (x < 10) {
    let product = 1;
    let rest = x;
    while (rest > 2.5) product *= --rest;
    return Math.log(product) + nearTwo(rest - 2);
  }
  const square = 1 / (x * x);
  let sum = 0;
  for (let i = stirling.length - 1; i >= 0; i--) sum = sum * square + stirling[i];
  // x log x alone would overflow before the result does.
  return (x - 0.5) * (Math.log(x) - 1) + (0.5 * Math.log(2 * Math.PI) - 0.5) + sum / x;
}

/** Γ(x) Γ(1 - x) = π / sin(πx). Near 0 the sine is πx itself. */
function reflected(x: number): number {
  if (x > -1e-20) return -Math.log(-x);
  return Math.log(Math.PI / Math.abs(sinPi(x))) - lgammaOfNumber(1 - x);
}

/** sin(πx), with πx brought between -π/2 and π/2 first. */
function sinPi(x: number): number {
  const whole = Math.round(x);
  const sine = Math.sin(Math.PI * (x - whole));
  return whole % 2 === 0 ? sine : -sine;
}

/** B₂ₖ for k = 1, 2, …. */
const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];

/** ψ(x) for x > 0: by ψ(x) = ψ(x + 1) - 1 / x to where log x - 1 / 2x - Σ B₂ₖ / (2k x²ᵏ) is right. */
function digammaAbove0(x: number): number {
  let sum = 0;
  let at = x;
  for (; at < 10; at++) sum += 1 / at;
  const square = 1 / (at * at);
  let rest = 0;
  for (let k = bernoulli.length; k >= 1; k--) rest = (rest + bernoulli[k - 1] / (2 * k)) * square;
  return Math.log(at) - 0.5 / at - rest - sum;
}

/** ζ(s, x) = Σ 1 / (x + k)ˢ over k ≥ 0, for s ≥ 2 and x > 0: the first terms one by one, the rest by Euler and Maclaurin. */
function hurwitz(s: number, x: number): number {
  let sum = 0;
  let at = x;
  for (; at < 10 + s; at++) sum += at ** -s;
  const power = at ** -s;
  let rest = power * (at / (s - 1) + 0.5);
  // B₂ₖ / (2k)! s (s + 1) … (s + 2k - 2) / xˢ⁺²ᵏ⁻¹
  let factor = (s * power) / (2 * at);
  for (let k = 1; k <= bernoulli.length; k++) {
    rest += bernoulli[k - 1] * factor;
    factor *= ((s + 2 * k - 1) * (s + 2 * k)) / ((2 * k + 1) * (2 * k + 2) * at * at);
  }
  return sum + rest;
}

/**
 * The derivative of order n of ψ = (log Γ)': ψ itself for n = 0, else (-1)ⁿ⁺¹ n! Σ 1 / (x + k)ⁿ⁺¹.
 *
 * Below 0, what is summed over all whole k, of which x's distance from the next whole number decides, less the other half.
 * At 0 and the negative whole numbers are poles: infinite where both sides agree on the sign, NaN for even n but -Infinity at 0
 * and Infinity at -0, as PyTorch has them.
 */
export function polygammaOfNumber(x: number, n: number): number {
  if (x === Number.NEGATIVE_INFINITY) return Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return n === 0 ? x : 0;
  if (n === 0) return digammaOfNumber(x);
  const s = n + 1;
  const odd = n % 2 === 1;
  let factorial = odd ? 1 : -1;
  for (let k = 2; k <= n; k++) factorial *= k;
  if (x > 0) return factorial * hurwitz(s, x);
  if (Number.isInteger(x)) return odd ? Number.POSITIVE_INFINITY : pole(x);
  const r = x - Math.round(x);
  const sign = odd ? 1 : -1;
  const all = r ** -s + hurwitz(s, 1 + r) + sign * hurwitz(s, 1 - r);
  return factorial * (all - sign * hurwitz(s, 1 - x));
}

function digammaOfNumber(x: number): number {
  if (x > 0) return digammaAbove0(x);
  if (Number.isInteger(x)) return pole(x);
  // ψ(1 - x) - ψ(x) = π cot(πx)
  return digammaAbove0(1 - x) - Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
}

function pole(x: number): number {
  return x === 0 ? (Object.is(x, -0) ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY) : Number.NaN;
}
