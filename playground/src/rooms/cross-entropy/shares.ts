/**
 * Distributions that are dragged: whole thousandths, which sum to 1000 exactly.
 */

export type Shares = readonly number[];

export const whole = 1000;
export const fewest = 2;
export const most = 6;

/** Whole numbers in these proportions that sum to `total`: what is lost by rounding goes to the largest remainders. */
export function apportion(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (sum > 0 ? (weight / sum) * total : total / weights.length));
  const parts = exact.map(Math.floor);
  const byRemainder = exact.map((x, i) => ({ i, rest: x - parts[i] })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  const left = total - parts.reduce((a, b) => a + b, 0);
  for (const { i } of byRemainder.slice(0, left)) parts[i]++;
  return parts;
}

/** One share set; the others keep their proportions. */
export function withShare(shares: Shares, index: number, share: number): Shares {
  const own = Math.min(whole, Math.max(0, Math.round(share)));
  const others = apportion(
    shares.filter((_, i) => i !== index),
    whole - own,
  );
  return others.toSpliced(index, 0, own);
}

/** With so many events: new ones get as much as one of the others on average, and those that go leave theirs to the rest. */
export function resized(shares: Shares, count: number): Shares {
  if (count === shares.length) return shares;
  if (count < shares.length) return apportion(shares.slice(0, count), whole);
  const added = new Array<number>(count - shares.length).fill(whole / shares.length);
  return apportion([...shares, ...added], whole);
}

/** As probabilities. */
export function probabilities(shares: Shares): number[] {
  return shares.map((share) => share / whole);
}

/** The nearest shares to these probabilities. */
export function sharesOf(ps: readonly number[]): Shares {
  return apportion(ps, whole);
}
