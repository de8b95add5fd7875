/**
 * How metrics read predictions and targets: as classes, as probabilities, or as plain numbers.
 */
import {
  ChainRuleError,
  isFloat,
  type Shape,
  ShapeError,
  Tensor,
  type TensorLike,
  type TypedArray,
  tensor,
  ValueError,
} from "@chainrule/core";
import { formatShape, sameShape } from "@chainrule/core/internal";

/** A tensor of the given numbers; nested arrays keep all their digits, which ties in a ranking depend on. */
export function read(where: string, x: TensorLike): Tensor {
  if (x instanceof Tensor) return x;
  try {
    return ArrayBuffer.isView(x) ? tensor(x) : tensor(x, { dtype: "float64" });
  } catch (error) {
    throw error instanceof ChainRuleError ? error.inside(where) : error;
  }
}

/** What was predicted and what was right, a class each; -1 stands for a prediction that is NaN. */
export interface Decisions {
  readonly predicted: Int32Array;
  readonly actual: Int32Array;
  /** How many classes the predictions can tell apart, where their shape says so. */
  readonly classes: number | null;
}

/**
 * Predictions and targets as classes.
 *
 * - With a threshold, every element is a decision of its own: class 1 above it, else class 0. Targets are 0 or 1
 *   (or -1 and 1, as hinge losses have them); between 0 and 1 the nearer counts.
 * - Scores [.., C] with C >= 2: the class with the largest score, the first of equals. Targets are labels [..] or
 *   [.., 1], or rows [.., C] that add up to 1.
 * - Integers, truth values, and floats that are all whole numbers: labels.
 * - Other vectors [n] or [n, 1]: probabilities of class 1, which is chosen above 0.5.
 *
 * @throws ShapeError where the targets do not fit; ValueError for labels that are no classes, and for numbers
 *   outside [0, 1] where probabilities are wanted.
 */
export function readDecisions(where: string, prediction: Tensor, target: Tensor, threshold?: number): Decisions {
  if (threshold !== undefined) return readThresholded(where, prediction, target, threshold);
  const columns = prediction.rank === 0 ? 1 : prediction.shape[prediction.rank - 1];
  if (prediction.rank >= 2 && columns >= 2 && isFloat(prediction.dtype)) {
    const predicted = largestInRows(prediction.storage, columns);
    return { predicted, actual: readTargets(where, prediction, target), classes: columns };
  }
  checkSameSize(where, prediction, target);
  const whole = !isFloat(prediction.dtype) || prediction.storage.every((x) => Number.isInteger(x));
  if (!whole) {
    checkProbabilities(where, prediction.storage);
    return readThresholded(where, prediction, target, 0.5);
  }
  const predicted = readLabels(where, "predicted labels", prediction.storage);
  return { predicted, actual: readLabels(where, "labels", target.storage), classes: null };
}

/**
 * The classes that samples of weight 0 hold, read as {@link readDecisions} does; -1 for both where a sample holds anything
 * else, since what does not count is never an error.
 */
export function readUncounted(prediction: Tensor, target: Tensor, threshold?: number): Omit<Decisions, "classes"> {
  const columns = prediction.rank === 0 ? 1 : prediction.shape[prediction.rank - 1];
  const isScores = threshold === undefined && prediction.rank >= 2 && columns >= 2 && isFloat(prediction.dtype);
  const cut = threshold ?? 0.5;
  const classOf = (x: number) => {
    if (threshold === undefined && Number.isInteger(x)) return x < mostClasses ? x : -1;
    const isDecision = threshold === undefined ? x >= 0 && x <= 1 : !Number.isNaN(x);
    return isDecision ? Number(x > cut) : -1;
  };
  const predicted = isScores
    ? largestInRows(prediction.storage, columns)
    : Int32Array.from(prediction.storage, classOf);
  const isRows = isScores && target.size === prediction.size;
  const actual = isRows
    ? largestInRows(target.storage, columns).map((best, row) => (addsUpTo1(target.storage, row, columns) ? best : -1))
    : Int32Array.from(target.storage, (x) => (Number.isInteger(x) && x < (isScores ? columns : mostClasses) ? x : -1));
  const isClass = (i: number) => predicted[i] >= 0 && actual[i] >= 0;
  return {
    predicted: predicted.map((found, i) => (isClass(i) ? found : -1)),
    actual: actual.map((found, i) => (isClass(i) ? found : -1)),
  };
}

/** A matrix of this many classes would not fit in memory: labels above are no classes. */
export const mostClasses = 10_000;

function readThresholded(where: string, prediction: Tensor, target: Tensor, threshold: number): Decisions {
  checkSameSize(where, prediction, target);
  const predicted = Int32Array.from(prediction.storage, (x) => (Number.isNaN(x) ? -1 : Number(x > threshold)));
  return { predicted, actual: readSoftTargets(where, target.storage), classes: 2 };
}

/** The place of the largest number in each row, the first of equals; -1 in a row with NaN. */
export function largestInRows(values: TypedArray, columns: number): Int32Array {
  const places = new Int32Array(values.length / columns);
  for (let row = 0, start = 0; row < places.length; row++, start += columns) {
    let best = 0;
    for (let j = 0; j < columns && best >= 0; j++) {
      const x = values[start + j];
      if (Number.isNaN(x)) best = -1;
      else if (x > values[start + best]) best = j;
    }
    places[row] = best;
  }
  return places;
}

/** The right class for each row of scores [.., C]: labels, or rows that add up to 1. */
export function readTargets(where: string, scores: Tensor, target: Tensor): Int32Array {
  const columns = scores.shape[scores.rank - 1];
  const positions = scores.shape.slice(0, -1);
  if (fits(positions, target.shape)) return readLabels(where, "labels", target.storage, columns);
  if (!sameShape(scores.shape, target.shape))
    throw new ShapeError({
      where,
      expected: `targets for predictions of shape ${formatShape(scores.shape)}: labels ${formatShape(positions)} or rows ${formatShape(scores.shape)}`,
      got: formatShape(target.shape),
    });
  checkRowSums(where, "target", target.storage, columns);
  return largestInRows(target.storage, columns);
}

/** Whether `shape` is `wanted`, or that with one more axis of length 1. */
function fits(wanted: Shape, shape: Shape): boolean {
  const extra = shape.length - wanted.length;
  return wanted.every((n, axis) => n === shape[axis]) && (extra === 0 || (extra === 1 && shape[wanted.length] === 1));
}

/** Throws unless each row of `columns` numbers adds up to 1, as one-hot rows and probabilities do. */
export function checkRowSums(where: string, what: string, values: TypedArray, columns: number): void {
  for (let row = 0; row < values.length / columns; row++)
    if (!addsUpTo1(values, row, columns))
      throw new ValueError({
        where,
        expected: `${what} rows that add up to 1`,
        got: `a sum of ${sumOfRow(values, row, columns)} in row ${row}`,
        hint: "For logits, apply softmax first. For several labels a row, give a threshold: each element is then a decision.",
      });
}

/** Float32 rows of many classes miss 1 by some 1e-6; counts, logits and several labels a row miss it by far. */
function addsUpTo1(values: TypedArray, row: number, columns: number): boolean {
  return !(Math.abs(sumOfRow(values, row, columns) - 1) > 1e-3);
}

export function sumOfRow(values: TypedArray, row: number, columns: number): number {
  let sum = 0;
  for (let j = 0; j < columns; j++) sum += values[row * columns + j];
  return sum;
}

/** Throws unless all numbers lie in [0, 1]. */
export function checkProbabilities(where: string, values: TypedArray): void {
  const at = values.findIndex((p) => p < 0 || p > 1);
  if (at >= 0)
    throw new ValueError({
      where,
      expected: "probabilities in [0, 1]",
      got: `${values[at]} at element ${at}`,
      hint: "For logits, give { threshold: 0 } where the metric takes one, or apply sigmoid or softmax first.",
    });
}

/** Whole numbers from 0 to classes - 1. */
export function readLabels(where: string, what: string, values: TypedArray, classes?: number): Int32Array {
  const most = classes ?? 2 ** 31;
  const labels = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isInteger(values[i]) || values[i] < 0 || values[i] >= most)
      throw new ValueError({
        where,
        expected: `${what} that are whole numbers from 0${classes ? ` to ${classes - 1}` : ""}`,
        got: `${values[i]} at element ${i}`,
      });
    labels[i] = values[i];
  }
  return labels;
}

/** Zeros and ones; -1 stands for 0, as in hinge losses. */
export function readBinaryTargets(where: string, values: TypedArray): Int32Array {
  return Int32Array.from(values, (value, i) => {
    if (value !== 0 && value !== 1 && value !== -1) throw noTruth(where, "0 or 1", value, i);
    return Number(value === 1);
  });
}

/** Zeros and ones, from targets that may lie between them (smoothed labels), or be -1 for 0 (hinge losses). */
function readSoftTargets(where: string, values: TypedArray): Int32Array {
  return Int32Array.from(values, (value, i) => {
    if (!(value >= 0 && value <= 1) && value !== -1) throw noTruth(where, "from 0 to 1", value, i);
    return Number(value > 0.5);
  });
}

function noTruth(where: string, range: string, value: number, at: number): ValueError {
  return new ValueError({
    where,
    expected: `targets ${range}`,
    got: `${value} at element ${at}`,
    hint: "More than two classes need a score for each, [n, classes]; numbers that are no classes need mse, mae or r2.",
  });
}

/** Throws unless the shapes are the same, but for a last axis of length 1 that one of them may lack. */
export function checkSameSize(where: string, prediction: Tensor, target: Tensor): void {
  if (fits(prediction.shape, target.shape) || fits(target.shape, prediction.shape)) return;
  throw new ShapeError({
    where,
    expected: `targets in the shape of the predictions, ${formatShape(prediction.shape)}`,
    got: formatShape(target.shape),
    hint: prediction.rank < target.rank ? "Predictions come first, then targets." : undefined,
  });
}
