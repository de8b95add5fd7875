/**
 * What the losses over classes share: values at the target, class weights, label smoothing, ignored labels.
 */
import {
  arange,
  normalizeAxis,
  OptionError,
  onesLike,
  ShapeError,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from "@chainrule/core";
import { describe, formatShape, sameShape } from "@chainrule/core/internal";
import type { PerElement } from "../definition/reduction.ts";
import { type ClassOptions, isLabels } from "../inputs/class-targets.ts";
import { asFloat } from "../inputs/tensors.ts";
import { timesLog } from "../numerics/stable.ts";

/**
 * What each class costs, at the class that a label names, or on average over the classes of a distribution; a class of
 * probability 0 costs nothing and sends back nothing, though its log-probability be -Infinity.
 *
 * @param cost the cost of a log-probability; `values` has one for each class.
 */
export function costOfTarget(values: Tensor, target: Tensor, axis: number, cost: (value: Tensor) => Tensor): Tensor {
  if (isLabels(target)) return cost(selectTarget(values, target, axis));
  const never = target.equal(0);
  return selectTarget(where(never, 0, cost(where(never, -1, values))), target, axis);
}

/** What `values` has for the class that each label names, or on average over the classes of a distribution. */
export function selectTarget(values: Tensor, target: Tensor, axis: number): Tensor {
  return isLabels(target)
    ? values.takeAlongAxis(target.unsqueeze(axis), axis).squeeze(axis)
    : timesLog(target, values).sum(axis);
}

/** A loss for each sample, and their mean where it does not divide by their number. */
type ClassLosses = Exclude<PerElement, Tensor>;

/**
 * The values at the targets, with class weights, label smoothing and ignored labels.
 *
 * As in PyTorch, the mean divides by the summed class weights of the labels that count. Where none counts the mean
 * is 0 (PyTorch: NaN).
 */
export function reduceOverClasses(values: Tensor, target: Tensor, options: ClassOptions): ClassLosses {
  const { axis = -1, labelSmoothing = 0, ignoreIndex } = options;
  checkSmoothing(labelSmoothing);
  const classWeight = weightsOf(options.classWeight, values, axis);
  const weighted = classWeight ? weighClasses(values, alignToAxis(classWeight, values.rank, axis)) : values;
  const ignored = ignoreIndex !== undefined && isLabels(target) ? target.equal(ignoreIndex) : null;
  const labels = ignored ? where(ignored, 0, target) : target;
  let losses = selectTarget(weighted, labels, axis);
  if (labelSmoothing !== 0) losses = losses.mul(1 - labelSmoothing).add(weighted.mean(axis).mul(labelSmoothing));
  if (ignored) losses = where(ignored, 0, losses);
  if (!isLabels(target) || (!classWeight && !ignored)) return { losses };
  const counts = classWeight ? classWeight.gather(labels) : onesLike(losses);
  const total = (ignored ? where(ignored, 0, counts) : counts).sum();
  return { losses, average: (scaled) => scaled.sum().div(where(total.equal(0), 1, total)) };
}

/** What {@link reduceOverClasses} makes of -log p, negated when one number is left for each sample. */
export function crossEntropyOf(logP: Tensor, target: Tensor, options: ClassOptions): ClassLosses {
  const found = reduceOverClasses(logP, target, options);
  return { ...found, losses: sub(0, found.losses) };
}

/** The values times the weights of their classes; 0 for a class of weight 0, though its value be infinite. */
function weighClasses(values: Tensor, weights: Tensor): Tensor {
  return where(weights.equal(0), 0, values.mul(weights));
}

/** The class weights as a tensor of one for each class. */
export function weightsOf(classWeight: TensorLike | undefined, values: Tensor, axis: number): Tensor | null {
  if (classWeight === undefined) return null;
  const weights = asFloat(classWeight, values.dtype);
  const classes = values.shape[normalizeAxis("classWeight", axis, values.rank)];
  if (!sameShape(weights.shape, [classes]))
    throw new ShapeError({
      where: "classWeight",
      expected: `one weight for each of the ${classes} classes, [${classes}]`,
      got: formatShape(weights.shape),
    });
  return weights;
}

/** A vector along `axis` of a tensor of the given rank, so that it broadcasts there. */
export function alignToAxis(vector: Tensor, rank: number, axis: number): Tensor {
  const shape = new Array<number>(rank).fill(1);
  shape[normalizeAxis("axis", axis, rank)] = vector.size;
  return vector.reshape(shape);
}

/** Throws unless label smoothing is from 0 to 1. */
export function checkSmoothing(labelSmoothing: number): void {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new OptionError({ where: "labelSmoothing", expected: "a number from 0 to 1", got: describe(labelSmoothing) });
}

/** The target as a probability for each class: labels become one-hot. */
export function asDistribution(target: Tensor, prediction: Tensor, axis: number): Tensor {
  if (!isLabels(target)) return target;
  const classes = arange(prediction.shape[normalizeAxis("axis", axis, prediction.rank)]).cast("int32");
  return alignToAxis(classes, prediction.rank, axis).equal(target.unsqueeze(axis)).cast(prediction.dtype);
}
