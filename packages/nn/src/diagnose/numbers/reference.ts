/**
 * What a loss would be for predictions that know nothing, and for the best there are: what the loss of a model is
 * compared with.
 */
import { isFloat, noGrad, oneHot, type Tensor, where } from "@chainrule/core";
import { lossByName } from "@chainrule/losses";
import type { DiagnosisContext } from "../program/context.ts";
import type { LossCall } from "../program/graph.ts";

/** A loss of the library and what it would be for other predictions, as means over the batch. */
export interface LossReference {
  readonly call: LossCall;
  readonly prediction: Tensor;
  readonly target: Tensor;
  /** The number of samples. */
  readonly samples: number;
  /** How many classes there are: 2 for yes or no; null for a regression. */
  readonly classes: number | null;
  /** What it is. */
  readonly actual: number;
  /** For predictions of nothing: the same probability for each class, or 0. */
  readonly ignorant: number;
  /** For the best constant prediction: the frequencies of the classes, or the mean. */
  readonly constant: number;
  /** The least that any predictions can have: the entropy of the targets; 0 for targets that are certain, and regressions. */
  readonly floor: number;
}

/** Losses of which it is known how a constant prediction does, each with what its predictions are. */
const kinds: Readonly<Record<string, "classes" | "binary" | "regression">> = {
  crossEntropy: "classes",
  categoricalCrossEntropy: "classes",
  sparseCategoricalCrossEntropy: "classes",
  nll: "classes",
  binaryCrossEntropy: "binary",
  binaryCrossEntropyWithLogits: "binary",
  mse: "regression",
  mae: "regression",
  huber: "regression",
  logCosh: "regression",
};

/** The references of all losses of the program that have one. */
export function referencesOf(context: DiagnosisContext): readonly LossReference[] {
  return context.once(kinds, () => context.graph.losses.flatMap((call) => referenceOf(call) ?? []));
}

/** Whether a model knows already much of what there is to learn: half of what a constant prediction lacks. */
export function hasLearned(context: DiagnosisContext): boolean {
  return referencesOf(context).some(({ actual, constant, floor }) => actual - floor < (constant - floor) / 2);
}

/** Whether training has not begun, as far as the optimizer and the history tell. */
export function isUntrained({ optimizer, program }: DiagnosisContext): boolean {
  return (optimizer?.iterations ?? 0) <= 1 && Object.keys(program.history).length === 0;
}

function referenceOf(call: LossCall): LossReference | null {
  const kind = kinds[call.name];
  const [p, t] = call.inputs;
  if (!kind || !call.output || p?.role !== "prediction" || t?.role !== "target") return null;
  const [prediction, target] = [p.value.tensor, t.value.tensor];
  if (prediction.size === 0 || target.size === 0) return null;
  const loss = lossByName(call.name);
  const evaluate = (other: Tensor) => meanOf(loss(other, target, call.options as never));
  try {
    return noGrad(() => {
      const { ignorant, constant, best, classes } = predictionsFor(kind, p.domain, prediction, target, call.options);
      return {
        call,
        prediction,
        target,
        samples: target.shape[0] ?? 1,
        classes,
        actual: meanOf(call.output!.tensor),
        ignorant: evaluate(ignorant),
        constant: evaluate(constant),
        floor: best === null ? 0 : evaluate(best),
      };
    });
  } catch {
    // An option under which some of these predictions make no sense.
    return null;
  }
}

interface Predictions {
  readonly classes: number | null;
  readonly ignorant: Tensor;
  readonly constant: Tensor;
  /** Null where it is known to be 0 without looking. */
  readonly best: Tensor | null;
}

function predictionsFor(
  kind: "classes" | "binary" | "regression",
  domain: string,
  prediction: Tensor,
  target: Tensor,
  options: Readonly<Record<string, unknown>>,
): Predictions {
  const like = (x: Tensor) => x.cast(prediction.dtype).broadcastTo(prediction.shape);
  const nothing = prediction.detach().mul(0);
  if (kind === "regression") {
    const centre = target.cast(prediction.dtype).mean(0, { keepDims: true });
    return { classes: null, ignorant: where(nothing.isNaN(), 0, nothing), constant: like(centre), best: null };
  }
  const smoothing = (options.labelSmoothing as number | undefined) ?? 0;
  if (kind === "binary") {
    const y = target
      .cast(prediction.dtype)
      .mul(1 - smoothing)
      .add(smoothing / 2);
    const asPrediction = (q: Tensor) => (domain === "logit" ? q.log().sub(q.neg().log1p()) : q);
    const half = prediction.detach().equal(0).cast(prediction.dtype).mul(0).add(0.5);
    const isCertain = smoothing === 0 && target.equal(0).logicalOr(target.equal(1)).all().item() === 1;
    return {
      classes: 2,
      ignorant: asPrediction(half),
      constant: asPrediction(like(y.mean(0, { keepDims: true }))),
      best: isCertain ? null : asPrediction(like(weighted(y, options.posWeight as Tensor | undefined))),
    };
  }
  return classPredictions(domain, prediction, target, options, smoothing);
}

/** The probability that costs least where yes counts `weight` times. */
function weighted(y: Tensor, weight: Tensor | number | undefined): Tensor {
  if (weight === undefined) return y;
  const yes = y.mul(weight as Tensor);
  return yes.div(yes.add(y.neg().add(1)));
}

function classPredictions(
  domain: string,
  prediction: Tensor,
  target: Tensor,
  options: Readonly<Record<string, unknown>>,
  smoothing: number,
): Predictions {
  const axis =
    ((options.axis as number | undefined) ?? -1) < 0
      ? prediction.rank + ((options.axis as number) ?? -1)
      : (options.axis as number);
  const classes = prediction.shape[axis];
  const isLabels = !isFloat(target.dtype) || target.rank < prediction.rank;
  const last = isLabels
    ? oneHot(where(target.less(0).logicalOr(target.greaterEqual(classes)), 0, target).cast("int32"), classes).cast(
        prediction.dtype,
      )
    : moveAxis(target, axis, -1).cast(prediction.dtype);
  const smooth = last.mul(1 - smoothing).add(smoothing / classes);
  const back = (q: Tensor) => moveAxis(q, -1, axis);
  const asPrediction = (q: Tensor) => back(domain === "probability" ? q : q.log());
  const wide = (q: Tensor) => q.broadcastTo(smooth.shape);
  const frequencies = smooth.reshape([-1, classes]).mean(0);
  const isCertain = smoothing === 0 && (isLabels || last.equal(0).logicalOr(last.equal(1)).all().item() === 1);
  const classWeight = options.classWeight as Tensor | undefined;
  const pulls = classWeight === undefined ? smooth : smooth.mul(classWeight);
  return {
    classes,
    ignorant: asPrediction(smooth.mul(0).add(1 / classes)),
    constant: asPrediction(wide(frequencies)),
    best: isCertain ? null : asPrediction(pulls.div(pulls.sum(-1, { keepDims: true }))),
  };
}

function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const order = Array.from({ length: x.rank }, (_, i) => i);
  const [moved] = order.splice(from < 0 ? x.rank + from : from, 1);
  order.splice(to < 0 ? x.rank + to : to, 0, moved);
  return x.permute(order);
}

function meanOf(losses: Tensor): number {
  return losses.rank === 0 ? losses.item() : losses.mean().item();
}
