/**
 * Information measures estimated from samples, where the distributions are not known.
 */
import { OptionError, ShapeError, Tensor, type TensorLike, tensor, ValueError } from "@chainrule/core";
import { checkOptions, describe, formatShape } from "@chainrule/core/internal";
import * as information from "./measures.ts";

/** How samples are read, and how many neighbours are looked at. */
export interface EstimateOptions extends information.BaseOption {
  /** Which of the two are labels, whose equality alone counts; by default those that are tensors of int32 or bool. */
  labels?: "both" | "first" | "second" | "none";
  /** How many nearest samples tell how dense numbers lie; 3 by default. More vary less, and blur more. */
  neighbors?: number;
}

/** Samples of vectors, or of labels (of one number each). */
interface Samples {
  readonly count: number;
  readonly width: number;
  readonly numbers: Float64Array;
  readonly areLabels: boolean;
}

function read(where: string, role: string, given: TensorLike, areLabels: boolean | undefined): Samples {
  const x = given instanceof Tensor ? given : tensor(given, { dtype: "float64" });
  const [count = 0, width = 1] = x.shape;
  const labels = areLabels ?? (x.dtype === "int32" || x.dtype === "bool");
  if (x.rank < 1 || x.rank > 2 || count === 0 || (labels && width !== 1))
    throw new ShapeError({
      where,
      expected: `${role} as samples, ${labels ? "a label each, [n]" : "[n] or [n, D]"}`,
      got: formatShape(x.shape),
    });
  const numbers = Float64Array.from(x.toTypedArray());
  const at = numbers.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new ValueError({ where, expected: `${role} of finite numbers`, got: `${numbers[at]} at ${at}` });
  return { count, width, numbers, areLabels: labels };
}

function readBoth(where: string, first: TensorLike, second: TensorLike, options: EstimateOptions, roles: string[]) {
  checkOptions(where, options, ["labels", "neighbors", "base"]);
  const { labels, neighbors = 3 } = options;
  if (labels !== undefined && !["both", "first", "second", "none"].includes(labels))
    throw new OptionError({ where, expected: 'labels "both", "first", "second" or "none"', got: describe(labels) });
  if (!Number.isInteger(neighbors) || neighbors < 1)
    throw new OptionError({ where, expected: "neighbors as a whole number of at least 1", got: describe(neighbors) });
  const known = (which: string) => (labels === undefined ? undefined : labels === "both" || labels === which);
  return {
    x: read(where, roles[0], first, known("first")),
    y: read(where, roles[1], second, known("second")),
    neighbors,
  };
}

/** ψ(n) = -γ + 1 + 1/2 + … + 1/(n - 1), for whole numbers up to the largest that is asked for. */
function digammas(most: number): Float64Array {
  const values = new Float64Array(most + 1);
  values[1] = -0.577_215_664_901_532_9;
  for (let n = 1; n < most; n++) values[n + 1] = values[n] + 1 / n;
  return values;
}

/** The largest difference of coordinates. */
function distance({ numbers, width }: Samples, i: number, j: number): number {
  let most = 0;
  for (let d = 0; d < width; d++) most = Math.max(most, Math.abs(numbers[i * width + d] - numbers[j * width + d]));
  return most;
}

/** The k-th smallest number, k from 1. */
function smallest(distances: number[], k: number): number {
  return Float64Array.from(distances).sort()[k - 1];
}

/** How many samples, itself among them, are nearer to sample i than the radius. */
function countNearer(samples: Samples, i: number, radius: number): number {
  let count = 0;
  for (let j = 0; j < samples.count; j++) if (j === i || distance(samples, i, j) < radius) count++;
  return count;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

/** Of numbers and numbers: Kraskov, Stögbauer & Grassberger 2004, their first estimator. */
function ofNumbers(where: string, x: Samples, y: Samples, k: number): number {
  const n = x.count;
  if (n <= k) throw new ValueError({ where, expected: `more than ${k} samples, the number of neighbors`, got: `${n}` });
  const psi = digammas(n);
  const terms = Array.from({ length: n }, (_, i) => {
    const others: number[] = [];
    for (let j = 0; j < n; j++) if (j !== i) others.push(Math.max(distance(x, i, j), distance(y, i, j)));
    const radius = smallest(others, k);
    return psi[countNearer(x, i, radius)] + psi[countNearer(y, i, radius)];
  });
  return psi[k] + psi[n] - mean(terms);
}

/** Of numbers and labels: Ross 2014. A label that occurs once tells nothing, and is left out. */
function ofNumbersAndLabels(where: string, x: Samples, labels: Samples, k: number): number {
  const byLabel = new Map<number, number[]>();
  labels.numbers.forEach((label, i) => {
    byLabel.set(label, [...(byLabel.get(label) ?? []), i]);
  });
  const groups = [...byLabel.values()].filter((group) => group.length > 1);
  const kept = groups.flat();
  if (kept.length === 0)
    throw new ValueError({
      where,
      expected: "a label that occurs at least twice",
      got: `${byLabel.size} different ones`,
    });
  const numbers = Float64Array.from(kept.flatMap((i) => [...x.numbers.subarray(i * x.width, (i + 1) * x.width)]));
  const some: Samples = { count: kept.length, width: x.width, numbers, areLabels: false };
  const psi = digammas(some.count);
  let from = 0;
  const terms = groups.flatMap((group) => {
    const first = from;
    from += group.length;
    const near = Math.min(k, group.length - 1);
    return group.map((_, at) => {
      const i = first + at;
      const others = group.flatMap((_, other) => (other === at ? [] : [distance(some, i, first + other)]));
      // The neighbour itself is not among those that are nearer.
      return psi[near] - psi[group.length] - psi[countNearer(some, i, smallest(others, near))];
    });
  });
  return psi[some.count] + mean(terms);
}

/** How often each label occurs, with a place for each of those that are known. */
function countsOf({ numbers }: Samples, known: readonly number[]): number[] {
  const places = new Map(known.map((label, i) => [label, i]));
  const counts = known.map(() => 0);
  for (const label of numbers) counts[places.get(label)!]++;
  return counts;
}

/** Of labels and labels: that of the table of counts. */
function ofLabels(x: Samples, y: Samples): number {
  const rows = [...new Set(x.numbers)];
  const columns = [...new Set(y.numbers)];
  const table = rows.map(() => columns.map(() => 0));
  x.numbers.forEach((label, i) => {
    table[rows.indexOf(label)][columns.indexOf(y.numbers[i])]++;
  });
  return information.mutualInformation(tensor(table, { dtype: "float64" }), { normalize: true }).item();
}

/** A number of nats in the base of the options, never below 0, which no true measure is. */
function inBase(where: string, nats: number, base?: number): number {
  return information.convertToBase(where, tensor(Math.max(0, nats), { dtype: "float64" }), base).item();
}

/**
 * Mutual information I(X; Y) estimated from pairs of samples: what one tells about the other, linear or not.
 *
 * Of labels it is that of their table of counts, which is too large for few samples; of numbers Kraskov's estimator, of numbers and
 * labels Ross's, which look at the distances to the nearest samples. An estimate below 0 is given as 0. The time grows with the
 * square of the number of samples.
 *
 * @param x samples of numbers [n] or vectors [n, D], or labels [n]. @param y the same number of samples.
 * @param options `labels`, which of the two are labels; `neighbors`, 3 by default; `base`: nats by default, 2 for bits.
 * @returns the estimate, a number.
 * @throws ShapeError where they are not as many samples of each; ValueError for NaN and for too few samples; OptionError for
 *   other options.
 *
 * Source: Kraskov, Stögbauer & Grassberger 2004; Ross 2014. Same as `mutual_info_score` of scikit-learn and, but for scaling and
 * noise, `mutual_info_regression` and `mutual_info_classif`.
 *
 * @example
 * estimateMutualInformation([0, 0, 1, 1], [5, 5, 7, 7], { labels: "both", base: 2 }); // 1 bit
 */
export function estimateMutualInformation(x: TensorLike, y: TensorLike, options: EstimateOptions = {}): number {
  const where = "estimateMutualInformation";
  const read = readBoth(where, x, y, options, ["x", "y"]);
  if (read.x.count !== read.y.count)
    throw new ShapeError({
      where,
      expected: "as many samples of y as of x",
      got: `${read.x.count} and ${read.y.count}`,
    });
  const { x: first, y: second, neighbors: k } = read;
  const estimate = () => {
    if (first.areLabels && second.areLabels) return ofLabels(first, second);
    if (first.areLabels) return ofNumbersAndLabels(where, second, first, k);
    return second.areLabels ? ofNumbersAndLabels(where, first, second, k) : ofNumbers(where, first, second, k);
  };
  return inBase(where, estimate(), options.base);
}

/** The distance to the k-th nearest of some samples, straight. */
function distanceToNearest(from: Samples, i: number, to: Samples, k: number): number {
  const squares: number[] = [];
  for (let j = 0; j < to.count; j++) {
    if (from === to && i === j) continue;
    let sum = 0;
    for (let d = 0; d < from.width; d++) sum += (from.numbers[i * from.width + d] - to.numbers[j * to.width + d]) ** 2;
    squares.push(sum);
  }
  return Math.sqrt(smallest(squares, k));
}

/**
 * Kullback-Leibler divergence KL(p ‖ q) estimated from samples of each.
 *
 * Of labels it is that of their counts, Infinity where q never had what p had. Of numbers it is the estimator
 * (D/n) Σ log(ν_k(i) / ρ_k(i)) + log(m / (n - 1)) of the distances from each sample of p to its k-th nearest among those of q and
 * among the others of p. An estimate below 0 is given as 0. The time grows with the product of the numbers of samples.
 *
 * @param p samples [n] or [n, D], or labels [n]. @param q samples [m] or [m, D], or labels [m].
 * @param options `labels`, "both" or "none"; `neighbors`, 3 by default; `base`: nats by default, 2 for bits.
 * @returns the estimate, a number.
 * @throws ShapeError where vectors differ in length; ValueError for NaN, for too few samples, and for numbers so many of which
 *   are the same that they have no density; OptionError for other options.
 *
 * Source: Wang, Kulkarni & Verdú, "Divergence Estimation for Multidimensional Densities Via k-Nearest-Neighbor Distances", 2009.
 *
 * @example
 * estimateKlDivergence([0, 0, 0, 1], [0, 1, 0, 1], { labels: "both" }); // 0.75 log 1.5 + 0.25 log 0.5 = 0.1308
 */
export function estimateKlDivergence(p: TensorLike, q: TensorLike, options: EstimateOptions = {}): number {
  const where = "estimateKlDivergence";
  const { x: first, y: second, neighbors: k } = readBoth(where, p, q, options, ["p", "q"]);
  if (first.areLabels !== second.areLabels)
    throw new OptionError({
      where,
      expected: "labels of both, or numbers of both",
      got: "labels of one",
      hint: 'Say labels: "both" or labels: "none".',
    });
  if (first.areLabels) {
    const known = [...new Set([...first.numbers, ...second.numbers])];
    const [counts, others] = [first, second].map((s) => tensor(countsOf(s, known), { dtype: "float64" }));
    return inBase(where, information.klDivergence(counts, others, { normalize: true }).item(), options.base);
  }
  if (first.width !== second.width)
    throw new ShapeError({ where, expected: "vectors of one length", got: `${first.width} and ${second.width}` });
  if (first.count <= k || second.count < k)
    throw new ValueError({
      where,
      expected: `more than ${k} samples of p and at least ${k} of q`,
      got: `${first.count} and ${second.count}`,
    });
  const logs = Array.from({ length: first.count }, (_, i) => {
    const [own, other] = [first, second].map((to) => distanceToNearest(first, i, to, k));
    if (own === 0 || other === 0)
      throw new ValueError({
        where,
        expected: "numbers that have a density, so that no more than a few are the same",
        got: `${k} or more that are sample ${i} again`,
        hint: 'Of whole numbers and categories, say labels: "both"; else look at more neighbors.',
      });
    return Math.log(other / own);
  });
  const nats = first.width * mean(logs) + Math.log(second.count / (first.count - 1));
  return inBase(where, nats, options.base);
}
