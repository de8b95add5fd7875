/**
 * What a few numbers say: mean, spread and interval of one list, and tests of two that belong together pair by pair.
 */
import { ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { studentQuantile, studentTails } from "./student.ts";

/** A few numbers summed up. */
export interface Summary {
  /** How many there are. */
  readonly n: number;
  readonly mean: number;
  /** The standard deviation, with n - 1; NaN of one number. */
  readonly sd: number;
  /** The 95% confidence interval of the mean, by Student's t; NaN of one number. */
  readonly interval: readonly [low: number, high: number];
}

/** A test of pairs: whether the mean of their differences is 0. */
export interface PairedTest {
  /** How many pairs there are. */
  readonly n: number;
  /** The mean of first minus second. */
  readonly difference: number;
  /** Student's t: the mean difference by its standard error. */
  readonly t: number;
  /** How probable a difference as large as this is where there is none, to both sides; NaN of fewer than two pairs. */
  readonly p: number;
}

/**
 * Mean, standard deviation (with n - 1) and 95% confidence interval of the mean.
 *
 * @throws ValueError for no numbers.
 *
 * @example
 * summarize([1, 2, 3, 4]).sd; // 1.291
 */
export function summarize(numbers: readonly number[]): Summary {
  checkNumbers("summarize", numbers, 1);
  const n = numbers.length;
  const mean = meanOf(numbers);
  const sd = Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1));
  const half = n < 2 ? Number.NaN : studentQuantile(0.05, n - 1) * (sd / Math.sqrt(n));
  return { n, mean, sd: n < 2 ? Number.NaN : sd, interval: [mean - half, mean + half] };
}

/** The mean; of equal numbers it is that number, to the last bit. */
function meanOf(numbers: readonly number[]): number {
  const first = numbers[0];
  return first + numbers.reduce((sum, x) => sum + (x - first), 0) / numbers.length;
}

/**
 * The paired t test, two-sided: whether two lists differ in their mean, where the i-th numbers of both belong together, such
 * as results with the same seed.
 *
 * t = mean(a - b) / (sd(a - b) / √n), with n - 1 degrees of freedom. It takes differences to be normally distributed.
 *
 * @throws ValueError for lists of different length, and for empty ones.
 *
 * Source: Student, "The Probable Error of a Mean", 1908; scipy's `ttest_rel`.
 *
 * @example
 * pairedTTest([1, 2, 3, 4], [2, 2, 5, 5]).p; // 0.09172
 */
export function pairedTTest(a: readonly number[], b: readonly number[]): PairedTest {
  const differences = differencesOf("pairedTTest", a, b);
  const { n, mean, sd } = summarize(differences);
  const t = mean === 0 && sd === 0 ? 0 : mean / (sd / Math.sqrt(n));
  return { n, difference: mean, t, p: n < 2 ? Number.NaN : studentTails(t, n - 1) };
}

/** Above this there are too many signs to try all of them. */
const mostPairs = 20;

/**
 * The permutation test of pairs, exact and two-sided: in how many of the 2^n ways to swap the numbers within pairs their
 * mean difference is at least as large as it is. It takes nothing to be normal, and cannot give a p below 2 / 2^n: of 5
 * pairs 0.0625.
 *
 * @throws ValueError for lists of different length, empty ones, and more than 20 pairs.
 *
 * Source: Fisher, "The Design of Experiments", 1935; scipy's `permutation_test` with `permutation_type="samples"`.
 *
 * @example
 * permutationTest([1, 2, 3, 4], [2, 2, 5, 5]).p; // 0.25
 */
export function permutationTest(a: readonly number[], b: readonly number[]): PairedTest {
  const differences = differencesOf("permutationTest", a, b);
  const n = differences.length;
  if (n > mostPairs)
    throw new ValueError({
      where: "permutationTest",
      expected: `at most ${mostPairs} pairs, whose swaps can all be tried`,
      got: `${n}`,
      hint: "Of so many pairs, pairedTTest needs no normal distribution any more.",
    });
  const sum = (sign: number) => differences.reduce((total, d, i) => total + ((sign >> i) & 1 ? -d : d), 0);
  const least = Math.abs(sum(0)) * (1 - 1e-12);
  let count = 0;
  for (let signs = 0; signs < 2 ** n; signs++) if (Math.abs(sum(signs)) >= least) count++;
  const { t, difference } = pairedTTest(a, b);
  return { n, difference, t, p: n < 2 ? Number.NaN : count / 2 ** n };
}

/** p-values of several tests, corrected for their number by Holm's method; NaN stays, and counts for nothing. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).filter((i) => !Number.isNaN(ps[i]));
  order.sort((i, j) => ps[i] - ps[j]);
  const corrected = ps.map(() => Number.NaN);
  let most = 0;
  order.forEach((i, rank) => {
    most = Math.max(most, Math.min(1, (order.length - rank) * ps[i]));
    corrected[i] = most;
  });
  return corrected;
}

function differencesOf(where: string, a: readonly number[], b: readonly number[]): number[] {
  checkNumbers(where, a, 1);
  checkNumbers(where, b, 1);
  if (a.length !== b.length)
    throw new ValueError({
      where,
      expected: "two lists of one length, pair by pair",
      got: `${a.length} and ${b.length} numbers`,
    });
  return a.map((x, i) => x - b[i]);
}

function checkNumbers(where: string, numbers: unknown, least: number): void {
  if (!Array.isArray(numbers) || numbers.length < least || !numbers.every((x) => typeof x === "number"))
    throw new ValueError({
      where,
      expected: `a list of at least ${least === 1 ? "one number" : `${least} numbers`}`,
      got: describe(numbers),
    });
}
