/**
 * What a learning rate range test has measured: a smoothed curve, and the rates that it suggests.
 */

/** The rates that a curve suggests. */
export interface RateSuggestions {
  /** Where the smoothed loss falls fastest by the logarithm of the rate. */
  readonly steepest: number;
  /** Between there and the end of the valley, where the loss begins to rise: the middle by the logarithm of the rate. */
  readonly valley: number;
  /** A tenth of the rate where the smoothed loss is least. */
  readonly minimum: number;
}

/** Shares of the fall by which the loss has to differ from where nothing is learned, and from its least. */
const [begun, risen] = [0.1, 0.1];

/** The mean loss of the smallest rates, at which nothing is learned yet. */
function levelOf(losses: readonly number[]): number {
  const early = losses.slice(0, Math.max(1, Math.floor(losses.length / 8)));
  return early.reduce((sum, loss) => sum + loss, 0) / early.length;
}

/** Losses in which an explosion goes no further than the fall before it, so that its mean with others says little. */
export function withoutExplosion(losses: readonly number[]): number[] {
  const level = levelOf(losses);
  const highest = 2 * level - Math.min(level, ...losses);
  return losses.map((loss) => Math.min(loss, Math.max(highest, level)));
}

/** The mean of the values around each, weighted by a normal curve of this width. */
export function smooth(values: readonly number[], width: number): number[] {
  const reach = Math.ceil(3 * width);
  return values.map((_, i) => {
    let [sum, total] = [0, 0];
    for (let j = Math.max(0, i - reach); j <= Math.min(values.length - 1, i + reach); j++) {
      const weight = Math.exp(-(((j - i) / width) ** 2) / 2);
      sum += weight * values[j];
      total += weight;
    }
    return sum / total;
  });
}

/**
 * What a curve suggests, at rates that grow by equal factors; null where the loss never falls by more than its noise.
 *
 * @param smoothed the losses without their noise.
 */
export function suggest(
  rates: readonly number[],
  losses: readonly number[],
  smoothed: readonly number[],
): RateSuggestions | null {
  const least = smoothed.indexOf(Math.min(...smoothed));
  if (least < 2) return null;
  const level = levelOf(losses);
  const fall = level - smoothed[least];
  const noise = Math.sqrt(losses.slice(0, least).reduce((sum, loss, i) => sum + (loss - smoothed[i]) ** 2, 0) / least);
  if (!(fall > noise)) return null;
  // The last place before the minimum at which the fall had not begun.
  const start = Math.max(
    0,
    smoothed.slice(0, least).findLastIndex((loss) => loss >= level - begun * fall),
  );
  const slope = (i: number) => (smoothed[i + 1] - smoothed[Math.max(0, i - 1)]) / (i === 0 ? 1 : 2);
  let steepest = start;
  for (let i = start + 1; i < least; i++) if (slope(i) < slope(steepest)) steepest = i;
  // Until it explodes it may go up and down by its noise.
  const rise = Math.max(risen * fall, noise);
  const end = smoothed.findLastIndex((loss) => loss <= smoothed[least] + rise);
  return {
    steepest: rates[steepest],
    valley: Math.sqrt(rates[steepest] * rates[end]),
    minimum: rates[least] / 10,
  };
}
