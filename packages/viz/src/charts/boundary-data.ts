/**
 * What drawings of decision regions are given: points with their classes, a part of the plane, and what a model says of it.
 */
import { DataError, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { checkRange } from "../drawing/options.ts";
import { type Extent, paddedBy } from "../drawing/ticks.ts";
import { toMatrix } from "./line-data.ts";

/** What a model says of n points: classes or scores, [n] or [n, 1], or a score for each class, [n, k]. */
export type BoundaryPrediction = Tensor | readonly number[] | readonly (readonly number[])[];

/** What all drawings of decision regions take. */
export interface BoundaryOptions {
  /** Points to draw over the regions, [n, 2]. */
  x?: Tensor | readonly (readonly number[])[];
  /** The classes of the points, [n]: whole numbers from 0. */
  y?: Tensor | ArrayLike<number>;
  /** From where to where in the first coordinate; by default somewhat wider than the points, else from -1 to 1. */
  xRange?: Extent;
  /** The same in the second coordinate. */
  yRange?: Extent;
  /** From which score on a point is in class 1: 0 for logits, 0.5 for probabilities (the default). */
  threshold?: number;
  /** The names of the classes. */
  classNames?: readonly string[];
}

export const boundaryKeys = ["x", "y", "xRange", "yRange", "threshold", "classNames"] as const;

/** Stands for a point of which the model says NaN. */
export const unknown = -1;

/** The part of the plane that is drawn, with the points in it and around it. */
export interface Plane {
  readonly xRange: Extent;
  readonly yRange: Extent;
  readonly points: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** @throws DataError for points and classes that do not match, OptionError for ranges that are none. */
export function toPlane(where: string, { x, y, ...options }: BoundaryOptions): Plane {
  const points = x === undefined ? [] : toMatrix(where, x);
  const labels = y === undefined ? points.map(() => 0) : labelsOf(where, y);
  if (points.some((point) => point.length !== 2))
    throw new DataError({
      where,
      expected: "points in the plane, [n, 2]",
      got: `points of ${points[0].length} numbers`,
    });
  if (labels.length !== points.length)
    throw new DataError({ where, expected: `${points.length} classes, one for each point`, got: `${labels.length}` });
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0);
  if (wrong !== undefined)
    throw new DataError({ where, expected: "classes as whole numbers from 0", got: describe(wrong) });
  const [xRange, yRange] = [options.xRange, options.yRange].map((range, axis) =>
    range === undefined ? aroundPoints(points.map((point) => point[axis])) : checkRange(where, range),
  );
  return { xRange, yRange, points, labels };
}

/** From the least to the greatest, and a tenth more on both sides; from -1 to 1 around none. */
function aroundPoints(values: readonly number[]): Extent {
  return values.some(Number.isFinite) ? paddedBy(0.1, values) : [-1, 1];
}

function labelsOf(where: string, y: unknown): number[] {
  if (y instanceof Tensor) return Array.from(y.toTypedArray());
  if (Array.isArray(y) || (ArrayBuffer.isView(y) && "length" in y)) return Array.from(y as ArrayLike<number>);
  throw new DataError({ where, expected: "a list of classes as y", got: describe(y) });
}

/** What the model says of each of `count` points, as a row of one number or of one for each class. */
export function readScores(where: string, prediction: BoundaryPrediction, count: number): number[][] {
  const given: unknown = prediction instanceof Tensor ? prediction.toArray() : prediction;
  const rows = Array.isArray(given) ? given.map((row: unknown) => (Array.isArray(row) ? row : [row])) : [];
  const isRow = (row: unknown[]) =>
    row.length > 0 && row.length === rows[0].length && row.every((value) => typeof value === "number");
  if (rows.length === count && rows.every(isRow)) return rows as number[][];
  throw new DataError({
    where,
    expected: `a prediction for each of ${count} points: [${count}], [${count}, 1] or [${count}, classes]`,
    got: prediction instanceof Tensor ? `shape [${prediction.shape.join(", ")}]` : describe(prediction),
  });
}

/** Whether single numbers are classes and no scores: whole numbers from 0 (or NaN), and nobody asked for a threshold. */
export function areClasses(scores: readonly (readonly number[])[], threshold: number | undefined): boolean {
  const isClass = ([score, ...more]: readonly number[]) =>
    more.length === 0 && (Number.isNaN(score) || (Number.isInteger(score) && score >= 0));
  return threshold === undefined && scores.every(isClass);
}

/** The class of each row of scores. */
export function toClasses(scores: readonly (readonly number[])[], threshold: number | undefined): number[] {
  if (areClasses(scores, threshold)) return scores.map(([score]) => (Number.isNaN(score) ? unknown : score));
  return scores.map((row) => {
    if (row.some(Number.isNaN)) return unknown;
    return row.length > 1 ? row.indexOf(Math.max(...row)) : Number(row[0] >= (threshold ?? 0.5));
  });
}

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
/** Probabilities in float32 sum to 1 as well as this. */
const rounding = 1e-3;

/**
 * How sure the model is of each class, in rows of numbers from 0 to 1 of which the largest is that of the predicted class;
 * rows of NaN where the model says NaN.
 *
 * Classes are sure. Numbers from 0 to 1 are probabilities; other scores become some by a sigmoid around the threshold or by
 * a softmax.
 */
export function toProbabilities(
  scores: readonly (readonly number[])[],
  threshold: number | undefined,
  least = 2,
): number[][] {
  if (areClasses(scores, threshold)) {
    const count = scores.reduce((most, [score]) => (score < most ? most : score + 1 || most), least);
    return scores.map(([score]) =>
      Array.from({ length: count }, (_, i) => (Number.isNaN(score) ? score : Number(i === score))),
    );
  }
  const known = scores.filter((row) => !row.some(Number.isNaN));
  const areShares = known.every((row) => row.every((share) => share >= -rounding && share <= 1 + rounding));
  if (scores[0].length > 1) {
    const sumToOne = known.every((row) => Math.abs(row.reduce((sum, share) => sum + share, 0) - 1) <= rounding);
    return areShares && sumToOne ? scores.map((row) => [...row]) : scores.map(softmax);
  }
  const cut = threshold ?? 0.5;
  const share = (p: number) => (p < cut ? (0.5 * p) / cut : 0.5 + (0.5 * (p - cut)) / (1 - cut));
  const toShare = areShares && cut > 0 && cut < 1 ? share : (score: number) => sigmoid(score - cut);
  return scores.map(([score]) => [1 - toShare(score), toShare(score)]);
}

function softmax(row: readonly number[]): number[] {
  const most = Math.max(...row);
  // Several infinities share what there is.
  const powers = row.map((score) => (score === most ? 1 : Math.exp(score - most)));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
