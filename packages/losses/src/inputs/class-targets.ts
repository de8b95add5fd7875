/**
 * Checks of targets over classes: labels (class indices) or a distribution, along a class axis.
 */
import {
  isFloat,
  normalizeAxis,
  OptionError,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
  ValueError,
} from "@chainrule/core";
import { formatShape, sameShape } from "@chainrule/core/internal";
import type { Domain, NumberTest } from "./domains.ts";
import { checkEach, checkValues } from "./values.ts";

/** The options of losses over classes. */
export interface ClassOptions {
  /** The class axis of the predictions; by default the last. PyTorch's [N, C, d1, …] is `axis: 1`. */
  axis?: number;
  /** A weight for each class, [C]. */
  classWeight?: TensorLike;
  /** ε: each target becomes 1 - ε of itself and ε spread evenly over all classes. */
  labelSmoothing?: number;
  /** Targets with this label do not count: PyTorch's is -100. */
  ignoreIndex?: number;
}

/** Whether a checked target holds labels rather than a distribution. */
export function isLabels(target: Tensor): boolean {
  return target.dtype === "int32";
}

/**
 * Checks targets over classes: their shape, and that labels are classes and distributions are distributions.
 *
 * @returns whether the target holds labels.
 * @throws ShapeError, ValueError
 */
export function checkClasses(
  name: string,
  prediction: Tensor,
  target: Tensor,
  domain: Domain,
  { axis = -1, ignoreIndex }: ClassOptions,
): boolean {
  if (prediction.rank === 0)
    throw new ShapeError({ where: name, expected: "predictions with a class axis", got: "a scalar" });
  const along = normalizeAxis(name, axis, prediction.rank);
  const labelShape = prediction.shape.toSpliced(along, 1);
  if (domain !== "distribution" && sameShape(target.shape, labelShape)) {
    checkLabels(name, target, prediction.shape[along], ignoreIndex);
    return true;
  }
  if (domain !== "label" && sameShape(target.shape, prediction.shape)) {
    checkDistribution(name, target, along);
    return false;
  }
  throw new ShapeError({
    where: name,
    expected: `targets that are ${wanted(domain, prediction.shape, labelShape)}`,
    got: `${formatShape(target.shape)} with predictions of shape ${formatShape(prediction.shape)} and class axis ${along}`,
    hint: shapeHint(prediction.shape, target.shape, labelShape, domain),
  });
}

function wanted(domain: Domain, shape: Shape, labelShape: Shape): string {
  const labels = `class indices of shape ${formatShape(labelShape)}`;
  const probabilities = `probabilities of the predictions' shape, ${formatShape(shape)}`;
  if (domain === "label") return labels;
  return domain === "distribution" ? probabilities : `${labels} or ${probabilities}`;
}

function shapeHint(shape: Shape, target: Shape, labelShape: Shape, domain: Domain): string {
  if (target.length > shape.length) return "Predictions come first, then targets.";
  if (sameShape(target, shape))
    return "One-hot targets go to categoricalCrossEntropy or crossEntropy; target.argmax(-1) makes class indices of them.";
  if (sameShape(target, labelShape) && domain === "distribution")
    return "Class indices go to sparseCategoricalCrossEntropy or crossEntropy; oneHot(target, classes) makes them one-hot.";
  if (target.length === shape.length && target.at(-1) === 1)
    return "Take away the last axis: target.squeeze(-1). A loss never broadcasts predictions against targets.";
  if (shape.length > 2 && target.length === 1)
    return "One class for each sample wants predictions [batch, classes]: does the model lack a Flatten?";
  if (shape.length > 2 && target.length === shape.length - 1) return "Is the class axis another one? Pass axis: 1.";
  return "A loss never broadcasts predictions against targets: bring them to one of these shapes.";
}

/** Throws for the first label that is no class. */
function checkLabels(name: string, target: Tensor, classes: number, ignoreIndex?: number): void {
  if (ignoreIndex !== undefined && !Number.isInteger(ignoreIndex))
    throw new OptionError({ where: name, expected: "a whole number as ignoreIndex", got: `${ignoreIndex}` });
  const refuse = (label: number, place: string) =>
    new ValueError({
      where: name,
      expected: `labels that are whole numbers from 0 to ${classes - 1}`,
      got: `${label} at ${place}`,
      hint: labelHint(label, classes),
    });
  const contains = (label: number) =>
    (label >= 0 && label < classes && Number.isInteger(label)) || label === ignoreIndex;
  const holds = (labels: Tensor) => {
    const areClasses = areClassesIn(labels, classes);
    return ignoreIndex === undefined ? areClasses : areClasses.logicalOr(labels.equal(ignoreIndex));
  };
  checkEach(target, { contains, holds }, refuse);
}

/** Which numbers are whole and from 0 to `classes` - 1. */
export function areClassesIn(labels: Tensor, classes: number): Tensor {
  const inside = labels.greaterEqual(0).logicalAnd(labels.less(classes));
  return isFloat(labels.dtype) ? inside.logicalAnd(labels.floor().equal(labels)) : inside;
}

function labelHint(label: number, classes: number): string {
  if (!Number.isInteger(label)) return "Labels are class indices; probabilities need one number for each class.";
  if (label < 0) return `To leave out targets that are marked by ${label}, pass ignoreIndex: ${label}.`;
  if (label === classes) return `Labels count from 0: subtract 1, or give the model ${classes + 1} outputs.`;
  return `Has the model one output for each class? It has ${classes}.`;
}

/** How far the probabilities of a target may be from summing to 1: those that a person rounded are. */
const sumTolerance = 0.01;

/** Throws for the first target that is no distribution over the classes. */
function checkDistribution(name: string, target: Tensor, axis: number): void {
  checkValues(name, "target", target, "distribution", false);
  const refuse = (sum: number, place: string) =>
    new ValueError({
      where: name,
      expected: "targets whose probabilities sum to 1",
      got: `${sum} at ${place}`,
      hint: "Where several labels hold at once, use binaryCrossEntropy; to weigh or leave out samples, sampleWeight.",
    });
  checkEach(target.detach().sum(axis), nearOne(sumTolerance), refuse);
}

/** Sums that are 1, give or take so much. */
export function nearOne(tolerance: number): NumberTest {
  return {
    contains: (sum) => Math.abs(sum - 1) <= tolerance,
    holds: (sums) => sums.sub(1).abs().lessEqual(tolerance),
  };
}
