/**
 * Holding data back: a test part that training never sees, and cross-validation's folds.
 */
import { DataError, OptionError, Tensor, ValueError } from "@chainrule/core";
import { checkCount, checkOptions, describe } from "@chainrule/core/internal";
import { generatorOf, type RandomOptions, randomOptionKeys } from "./random-options.ts";
import { arraysAndOptions, commonLength, countRows, type Indexable, type SelectedRows, takeRows } from "./rows.ts";

/** How to split. */
export interface TrainTestSplitOptions extends RandomOptions {
  /** The share of the rows to hold back (below 1, rounded up to whole rows), or their number; 0.25 by default. */
  testSize?: number;
  /** Whether to put the rows into random order first (default true); else the last ones are held back. */
  shuffle?: boolean;
  /** Labels, one for each row: both parts get each class in proportion. */
  stratify?: Indexable;
}

/** `[A, B]` to `[A, A, B, B]`: for each array its training and its test part. */
type TrainTestPairs<T extends readonly Indexable[]> = T extends readonly [
  infer First,
  ...infer Rest extends readonly Indexable[],
]
  ? [train: SelectedRows<First>, test: SelectedRows<First>, ...TrainTestPairs<Rest>]
  : [];

/**
 * Splits tensors and arrays of equal length into a training and a test part, the same rows of each.
 *
 * Of n rows ⌈testSize · n⌉ are held back. With `stratify`, each class gets its share of them, rounded so that they
 * add up (largest remainders first).
 *
 * @param arrays any number of tensors, arrays and typed arrays, then perhaps the options.
 * @returns for each array its training and its test part: `[xTrain, xTest, yTrain, yTest]`.
 * @throws DataError for arrays of different length, and for classes with a single row when stratified.
 * @throws ValueError for a test size that leaves either part empty.
 *
 * Source: scikit-learn's `train_test_split`.
 *
 * @example
 * const [xTrain, xTest, yTrain, yTest] = trainTestSplit(x, y, { testSize: 0.2, seed: 0, stratify: y });
 */
export function trainTestSplit<T extends readonly Indexable[]>(
  ...arrays: [...T, TrainTestSplitOptions]
): TrainTestPairs<T>;
export function trainTestSplit<T extends readonly Indexable[]>(...arrays: T): TrainTestPairs<T>;
export function trainTestSplit(...input: readonly unknown[]): unknown[] {
  const where = "trainTestSplit";
  const { arrays, options } = arraysAndOptions<TrainTestSplitOptions>(input);
  checkOptions(where, options, ["testSize", "shuffle", "stratify", ...randomOptionKeys]);
  const n = commonLength(where, arrays);
  if (n < 2) throw new DataError({ where, expected: "at least 2 rows, one for each part", got: `${n}` });
  const { train, test } = chooseRows(where, n, options);
  return arrays.flatMap((rows) => [takeRows(rows, train), takeRows(rows, test)]);
}

function chooseRows(where: string, n: number, options: TrainTestSplitOptions) {
  const { testSize = 0.25, shuffle = true, stratify } = options;
  const testCount = countTest(where, n, testSize);
  if (!shuffle) {
    if (stratify)
      throw new OptionError({
        where,
        expected: "shuffle to be true with stratify",
        got: "false",
        hint: "Drop one of them.",
      });
    const order = Array.from({ length: n }, (_, i) => i);
    return { train: order.slice(0, n - testCount), test: order.slice(n - testCount) };
  }
  const generator = generatorOf(where, options);
  const order = generator.permutation(n);
  if (!stratify) return { train: order.slice(testCount), test: order.slice(0, testCount) };
  const classes = membersByClass(where, stratify, order);
  const inTest = new Set<number>();
  const quotas = apportion(
    classes.map(({ members }) => members.length),
    testCount,
  );
  checkStrata(where, classes, testCount, n - testCount);
  classes.forEach(({ members }, i) => {
    for (const row of members.slice(0, quotas[i])) inTest.add(row);
  });
  return { train: order.filter((row) => !inTest.has(row)), test: order.filter((row) => inTest.has(row)) };
}

function countTest(where: string, n: number, testSize: number): number {
  const share = typeof testSize === "number" && testSize > 0 && testSize < 1;
  if (!share && !(Number.isInteger(testSize) && testSize >= 1))
    throw new ValueError({
      where,
      expected: "testSize to be a share between 0 and 1, or a number of rows",
      got: describe(testSize),
    });
  // The tolerance keeps 0.07 · 100 = 7.000000000000001 from being rounded up to 8.
  const count = share ? Math.ceil(testSize * n * (1 - Number.EPSILON)) : testSize;
  if (count >= n)
    throw new ValueError({
      where,
      expected: "a test size that leaves something to train on",
      got: `${count} of ${n} rows`,
      hint: n < 2 ? "At least 2 rows are needed." : `Give a share below ${(n - 1) / n}.`,
    });
  return count;
}

/** How to cut into folds. */
export interface KFoldOptions extends RandomOptions {
  /** The number of folds, 5 by default. */
  nSplits?: number;
  /** Whether to put the rows into random order first (default false). */
  shuffle?: boolean;
  /** Labels, one for each row: every fold gets each class in proportion. */
  stratify?: Indexable;
}

/** The rows to train on and to test on, for `takeRows`. */
export interface KFoldSplit {
  train: Int32Array;
  test: Int32Array;
}

/**
 * Cuts rows into folds for cross-validation: each row is tested exactly once, by a model trained on the others.
 *
 * The first n mod nSplits folds have one row more than the rest. With `stratify` the rows of each class are dealt out
 * in turn, so that the folds differ by at most one row of each class.
 *
 * @param rows what to cut, or how many rows there are.
 * @throws ValueError for fewer than 2 folds or more folds than rows; DataError for labels of another length.
 *
 * Source: scikit-learn's `KFold`.
 *
 * @example
 * for (const { train, test } of kFold(x, { nSplits: 5, shuffle: true, seed: 0 })) {
 *   await model.fit(takeRows(x, train), takeRows(y, train));
 * }
 */
export function kFold(rows: Indexable | number, options: KFoldOptions = {}): KFoldSplit[] {
  const where = "kFold";
  checkOptions(where, options, ["nSplits", "shuffle", "stratify", ...randomOptionKeys]);
  const { nSplits = 5, shuffle = false, stratify } = options;
  const n = typeof rows === "number" ? rows : countRows(where, rows);
  checkCount(where, "the number of rows", n);
  if (!Number.isInteger(nSplits) || nSplits < 2 || !(nSplits <= n))
    throw new ValueError({ where, expected: `a number of folds from 2 to the ${n} rows`, got: describe(nSplits) });
  const order = shuffle ? generatorOf(where, options).permutation(n) : Int32Array.from({ length: n }, (_, i) => i);
  const foldOf = new Int32Array(n);
  if (stratify) {
    const dealt = membersByClass(where, stratify, order).flatMap(({ members }) => members);
    dealt.forEach((row, i) => {
      foldOf[row] = i % nSplits;
    });
  } else {
    order.forEach((row, i) => {
      foldOf[row] = foldAt(i, n, nSplits);
    });
  }
  return Array.from({ length: nSplits }, (_, fold) => ({
    train: order.filter((row) => foldOf[row] !== fold),
    test: order.filter((row) => foldOf[row] === fold),
  }));
}

/** Which of the folds the i-th row is in when they are cut one after the other, the longer ones first. */
function foldAt(i: number, n: number, nSplits: number): number {
  const short = Math.floor(n / nSplits);
  const longer = n % nSplits;
  const inLonger = longer * (short + 1);
  return i < inLonger ? Math.floor(i / (short + 1)) : longer + Math.floor((i - inLonger) / short);
}

interface Stratum {
  readonly label: unknown;
  /** The rows of this class, in the order in which they were given. */
  readonly members: number[];
}

/** The rows of `order` by class, the classes in the order in which they first occur in the data. */
function membersByClass(where: string, stratify: Indexable, order: Int32Array): Stratum[] {
  const count = countRows(where, stratify);
  if (count !== order.length || (stratify instanceof Tensor && stratify.rank !== 1))
    throw new DataError({
      where,
      expected: `one label for each of the ${order.length} rows to stratify by`,
      got: stratify instanceof Tensor ? `shape [${stratify.shape.join(", ")}]` : `${count}`,
      hint: "One-hot labels become class indices with argmax(-1).",
    });
  const labels: ArrayLike<unknown> = stratify instanceof Tensor ? stratify.toTypedArray() : stratify;
  const byLabel = new Map<unknown, number[]>(Array.from(labels, (label) => [label, []]));
  for (const row of order) byLabel.get(labels[row])!.push(row);
  return [...byLabel].map(([label, members]) => ({ label, members }));
}

function checkStrata(where: string, classes: readonly Stratum[], testCount: number, trainCount: number): void {
  const single = classes.find(({ members }) => members.length < 2);
  if (single)
    throw new DataError({
      where,
      expected: "at least 2 rows of each class, to have it in both parts",
      got: `1 of class ${JSON.stringify(single.label)}`,
      hint: "If these are no class labels but measurements, split without stratify.",
    });
  const smaller = Math.min(testCount, trainCount);
  if (smaller < classes.length)
    throw new ValueError({
      where,
      expected: `at least ${classes.length} rows in each part, one of each class`,
      got: `${smaller}`,
      hint: "Change testSize, or split without stratify.",
    });
}

/** `total` shared out in proportion to `counts`, in whole numbers: rounded down, the rest to the largest remainders. */
function apportion(counts: readonly number[], total: number): number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (count * total) / all);
  const quotas = exact.map(Math.floor);
  const byRemainder = exact.map((share, i) => ({ i, remainder: share - quotas[i] }));
  byRemainder.sort((a, b) => b.remainder - a.remainder);
  const missing = total - quotas.reduce((sum, quota) => sum + quota, 0);
  for (const { i } of byRemainder.slice(0, missing)) quotas[i]++;
  return quotas;
}
