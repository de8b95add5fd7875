/**
 * The entropy of a Poisson distribution, which has no closed form, and its derivatives, as sums.
 */

/**
 * The derivative of order n, by the rate, of H = E[λ - k log λ + log k!]: H itself for n = 0.
 *
 * What the derivative of an expectation is: d/dλ E[f(k)] = E[f(k + 1) - f(k)]. Summed over the counts within 9 standard deviations and a
 * few more, outside of which less than 1e-17 is left, from the likeliest outwards, in units of its probability.
 */
export function poissonEntropy(rate: number, order: number): number {
  if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY)) return Number.NaN;
  if (rate === 0) return order === 0 ? 0 : order % 2 === 1 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  if (rate > manyCounts) return bySeries(rate, order);
  const width = Math.ceil(9 * Math.sqrt(rate) + 30);
  const middle = Math.floor(rate);
  let weights = 1;
  let sum = term(middle, rate, order, 0);
  // -log of the probability that a count has, in units of the likeliest's: a sum of small numbers.
  for (let k = middle, p = 1, surprisal = 0; k > Math.max(0, middle - width); k--) {
    p *= k / rate;
    surprisal -= Math.log(k / rate);
    weights += p;
    sum += p * term(k - 1, rate, order, surprisal);
  }
  for (let k = middle + 1, p = 1, surprisal = 0; k <= middle + width; k++) {
    p *= rate / k;
    surprisal += Math.log(k / rate);
    weights += p;
    sum += p * term(k, rate, order, surprisal);
  }
  return sum / weights + (order === 0 ? leastSurprisal(middle, rate) : 0);
}

/** From here on the series in 1 / λ is good to the last digits. */
const manyCounts = 1e4;

/** log(2πeλ) / 2 - 1 / 12λ - 1 / 24λ² - 19 / 360λ³, or its derivative of order n. */
function bySeries(rate: number, order: number): number {
  let sum = order === 0 ? 0.5 * (Math.log(2 * Math.PI * rate) + 1) : powerDerivative(rate, 1, order - 1) / 2;
  [1 / 12, 1 / 24, 19 / 360].forEach((coefficient, i) => {
    sum -= coefficient * powerDerivative(rate, i + 1, order);
  });
  return sum;
}

/** The derivative of order n of λ⁻ᵏ. */
function powerDerivative(rate: number, k: number, n: number): number {
  let derivative = rate ** -k;
  for (let i = 0; i < n; i++) derivative *= -(k + i) / rate;
  return derivative;
}

/** What is averaged over k: the n-th difference of log k!, less the derivative of order n of λ log λ - λ. */
function term(k: number, rate: number, order: number, surprisal: number): number {
  if (order === 0) return surprisal;
  if (order === 1) return Math.log((k + 1) / rate);
  const n = order - 2;
  let [sum, power] = [0, -1 / rate];
  for (let j = 0, binomial = 1; j <= n; j++) {
    sum += ((n - j) % 2 === 0 ? binomial : -binomial) * Math.log1p(1 / (k + 1 + j));
    binomial *= (n - j) / (j + 1);
    if (j > 0) power *= -j / rate;
  }
  return sum + power;
}

/** λ - m log λ + log m! of m = ⌊λ⌋, in which the large numbers are left out: Stirling's series from m = 10 on. */
function leastSurprisal(m: number, rate: number): number {
  if (m < 10) {
    let surprisal = rate;
    for (let k = 1; k <= m; k++) surprisal += Math.log(k / rate);
    return surprisal;
  }
  const square = 1 / (m * m);
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - square / 1188) * square) * square) * square) / m;
  const apart = rate - m;
  return apart - m * Math.log1p(apart / m) + 0.5 * Math.log(2 * Math.PI * m) + series;
}
