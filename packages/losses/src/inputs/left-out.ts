/**
 * What does not count: samples of weight 0, labels to be ignored, classes of weight 0.
 *
 * A harmless number takes its place before anything is computed, so that it neither changes the loss nor sends back a
 * gradient, whatever it holds: a gradient of 0 times an infinite slope would be NaN.
 */
import { normalizeAxis, Tensor, type TensorLike, where } from "@chainrule/core";
import { type Domain, domains, isClassDomain } from "./domains.ts";
import { asFloat } from "./tensors.ts";

/**
 * The axes of the first input that the losses lack, by the option that names them; null for all.
 *
 * @param axis as the options have it.
 */
export function axesOf(axis: number | readonly number[] | null, rank: number): number[] {
  if (axis === null) return Array.from({ length: rank }, (_, i) => i);
  const list = typeof axis === "number" ? [axis] : axis;
  return list.map((a) => normalizeAxis("axis", a, rank)).sort((a, b) => a - b);
}

/**
 * Which losses have weight 0, spread over the axes that losses lack: it broadcasts to the first input. Null where the
 * weights do not fit, which is an error of its own.
 *
 * @param gone the axes of the first input that the losses lack; null where that is not known, so that only weights of the
 *   first axis, and of every element, can be told.
 */
export function weightless(sampleWeight: TensorLike, first: Tensor, gone: readonly number[] | null): Tensor | null {
  const weights = asFloat(sampleWeight, first.dtype).detach();
  if (gone === null && weights.rank > 1 && weights.rank !== first.rank) return null;
  const kept = first.shape.flatMap((_, axis) => (gone?.includes(axis) ? [] : [axis]));
  const fits = weights.shape.every((n, i) => i < kept.length && (n === 1 || n === first.shape[kept[i]]));
  if (!fits) return null;
  return weights.equal(0).reshape(first.shape.map((_, axis) => weights.shape[kept.indexOf(axis)] ?? 1));
}

/** The input with a harmless number of its kind where it does not count. */
export function leaveOut(x: Tensor, kind: Domain, left: Tensor, gone: readonly number[], classes: number): Tensor {
  // One number for each loss has the axes that losses have.
  const isPerLoss = x.rank === left.rank - gone.length && gone.length > 0;
  const aligned = isPerLoss ? left.squeeze(gone) : left;
  const fits = x.rank === aligned.rank && aligned.shape.every((n, axis) => n === 1 || n === x.shape[axis]);
  // A label that is a class stays: its class weight counts towards a weighted mean all the same.
  if (isClassDomain(kind) && isPerLoss) return fits ? where(aligned.logicalAnd(isNoClass(x, classes)), 0, x) : x;
  const neutral = isClassDomain(kind) ? 1 / x.shape[gone[0]] : domains[kind].neutral;
  return neutral === null || !fits ? x : where(aligned, neutral, x);
}

/** Whether a label is no whole number from 0 up to the number of classes; NaN is none either. */
function isNoClass(x: Tensor, classes: number): Tensor {
  return x.equal(x.floor()).logicalAnd(x.greaterEqual(0)).logicalAnd(x.less(classes)).logicalNot();
}

/** Which labels do not count: those to be ignored, and classes of weight 0. Null where every one does. */
export function uncounted(labels: Tensor, classWeight?: TensorLike, ignoreIndex?: number): Tensor | null {
  const ignored = ignoreIndex === undefined ? null : labels.equal(ignoreIndex);
  if (classWeight === undefined || (!(classWeight instanceof Tensor) && !hasZero(classWeight))) return ignored;
  const weights = asFloat(classWeight, "float64").detach();
  if (weights.rank !== 1 || weights.size === 0) return ignored;
  const weighsNothing = weights.equal(0).gather(ignored ? where(ignored, 0, labels) : labels);
  return ignored ? ignored.logicalOr(weighsNothing) : weighsNothing;
}

function hasZero(numbers: Exclude<TensorLike, Tensor>): boolean {
  return typeof numbers === "object" ? Array.from(numbers as ArrayLike<number>).some((x) => Number(x) === 0) : false;
}
