/**
 * How well draws fit the law that they are said to come from.
 */

/** The largest distance of the empirical from the true distribution function, times √n (Kolmogorov & Smirnov). */
export function kolmogorov(draws: ArrayLike<number>, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(draws).sort();
  let worst = 0;
  for (let i = 0; i < sorted.length; i++) {
    const p = cdf(sorted[i]);
    worst = Math.max(worst, p - i / sorted.length, (i + 1) / sorted.length - p);
  }
  return worst * Math.sqrt(sorted.length);
}

/** The same, looked at in the nine deciles only. */
export function kolmogorovAtDeciles(draws: ArrayLike<number>, deciles: readonly number[]): number {
  const values = Array.from(draws);
  const distances = deciles.map((decile, k) =>
    Math.abs(values.filter((x) => x < decile).length / values.length - (k + 1) / 10),
  );
  return Math.max(...distances) * Math.sqrt(values.length);
}

/** One true sample in a thousand lies further away. */
export const kolmogorovLimit = 1.95;

/**
 * How many standard deviations the chi-square statistic lies above what is expected (Wilson & Hilferty's cube root); cells of
 * fewer than 5 expected are gathered in one.
 */
export function chiSquareScore(draws: ArrayLike<number>, probabilities: readonly number[]): number {
  const counts = new Array<number>(probabilities.length).fill(0);
  for (let i = 0; i < draws.length; i++) if (draws[i] < counts.length) counts[draws[i]]++;
  let [degrees, statistic, restExpected, restCount] = [0, 0, draws.length, draws.length];
  probabilities.forEach((p, k) => {
    const expected = p * draws.length;
    if (expected < 5) return;
    statistic += (counts[k] - expected) ** 2 / expected;
    restExpected -= expected;
    restCount -= counts[k];
    degrees++;
  });
  if (restExpected > 1) statistic += (restCount - restExpected) ** 2 / restExpected;
  else degrees--;
  const spread = 2 / (9 * degrees);
  return (Math.cbrt(statistic / degrees) - (1 - spread)) / Math.sqrt(spread);
}
