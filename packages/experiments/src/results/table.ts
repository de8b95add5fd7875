/**
 * The table of a sweep: for each combination its mean over the seeds, its spread, and whether it differs from the best.
 */
import type { Configuration } from "../grid/grid.ts";
import { holm, type PairedTest, pairedTTest, permutationTest, type Summary, summarize } from "../statistics/paired.ts";
import type { Direction } from "./metrics.ts";
import type { Run } from "./run.ts";

/** How a combination compares with the one that it is tested against. */
export interface Comparison extends PairedTest {
  /** The other combination's label. */
  readonly against: string;
  /** p, corrected by Holm's method for the number of comparisons in the table. */
  readonly corrected: number;
}

/** A row: one combination. */
export interface Row {
  readonly label: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Mean, spread and interval over the seeds; null where no run has given the number. */
  readonly summary: Summary | null;
  /** How many runs threw. */
  readonly failed: number;
  /** Null for the one that the others are tested against, and where there are no two seeds in common. */
  readonly comparison: Comparison | null;
  /** Whether its mean is the best; false for all where it is not known what is better. */
  readonly isBest: boolean;
}

/** Which test of pairs: Student's, or the exact one over all swaps. */
export type TestName = "t" | "permutation";

const tests = { t: pairedTTest, permutation: permutationTest };

export function rowsOf(
  configurations: readonly Configuration[],
  runs: readonly Run[],
  metric: string,
  direction: Direction,
  test: TestName,
): Row[] {
  const found = configurations.map((configuration) => {
    const own = runs.filter((run) => run.label === configuration.label);
    const bySeed = new Map(
      own.flatMap((run) => (Object.hasOwn(run.values, metric) ? [[run.seed, run.values[metric]]] : [])),
    );
    const numbers = [...bySeed.values()];
    return {
      ...configuration,
      bySeed,
      summary: numbers.length > 0 ? summarize(numbers) : null,
      failed: own.filter(({ error }) => error !== null).length,
    };
  });
  const best = bestOf(
    found.map(({ summary }) => summary?.mean ?? Number.NaN),
    direction,
  );
  const reference = found[best ?? found.findIndex(({ summary }) => summary !== null)];
  const compared = found.map((row) => {
    if (row === reference || !reference) return null;
    const seeds = [...row.bySeed.keys()].filter((seed) => reference.bySeed.has(seed));
    if (seeds.length < 2) return null;
    const values = (of: typeof row) => seeds.map((seed) => of.bySeed.get(seed)!);
    return tests[seeds.length > 20 ? "t" : test](values(row), values(reference));
  });
  const corrected = holm(compared.map((each) => each?.p ?? Number.NaN));
  return found.map(({ bySeed: _, ...row }, i) => {
    const pair = compared[i];
    return {
      ...row,
      comparison: pair && { ...pair, against: reference.label, corrected: corrected[i] },
      isBest: i === best,
    };
  });
}

/** The index of the best mean; null where it is not known what is better, or none is a number. */
function bestOf(means: readonly number[], direction: Direction): number | null {
  if (direction === null) return null;
  const sign = direction === "max" ? 1 : -1;
  let best: number | null = null;
  means.forEach((mean, i) => {
    if (!Number.isNaN(mean) && (best === null || sign * mean > sign * means[best])) best = i;
  });
  return best;
}

/** The table as cells of texts, the head first. */
export function cellsOf(rows: readonly Row[], metric: string): string[][] {
  const names = Object.keys(rows[0]?.labels ?? {});
  const hasComparisons = rows.some(({ comparison }) => comparison !== null);
  const hasSpread = rows.some(({ summary }) => summary !== null && summary.n > 1);
  const hasFailed = rows.some(({ failed }) => failed > 0);
  const head = [
    ...names,
    "n",
    metric,
    ...(hasSpread ? ["sd", "95% interval"] : []),
    ...(hasComparisons ? ["difference", "p"] : []),
    ...(hasFailed ? ["failed"] : []),
  ];
  const lines = rows.map(({ labels, summary, comparison, failed, isBest }) => [
    ...names.map((name) => labels[name]),
    String(summary?.n ?? 0),
    (summary ? short(summary.mean) : "-") + (isBest && rows.length > 1 ? " (best)" : ""),
    ...(hasSpread
      ? summary && summary.n > 1
        ? [short(summary.sd), summary.interval.map(short).join(" to ")]
        : ["-", "-"]
      : []),
    ...(hasComparisons ? (comparison ? [short(comparison.difference), p(comparison.corrected)] : ["", ""]) : []),
    ...(hasFailed ? [String(failed)] : []),
  ]);
  return [head, ...lines];
}

const p = (x: number) => (x < 0.0001 ? "< 0.0001" : String(Number(x.toPrecision(2))));

/** Four digits. */
export function short(x: number): string {
  return Number.isFinite(x) ? String(Number(x.toPrecision(4))) : String(x);
}
