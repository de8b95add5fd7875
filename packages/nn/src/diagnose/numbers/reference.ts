/**
 * What a loss would be for predictions that know nothing, and for the best there are: what the loss of a model is
 * compared with.
 */
import {
  asTensor,
  full,
  isFloat,
  noGrad,
  normalizeAxis,
  oneHot,
  type Tensor,
  type TensorLike,
  where,
  zeros,
} from "@chainrule/core";
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
export function isUntrained({ program, hasTakenStep }: DiagnosisContext): boolean {
  // Numbers of fit's first step may be looked at later, when there is a history.
  return program.iterations === 0 && (hasTakenStep || Object.keys(program.history).length === 0);
}

function referenceOf(call: LossCall): LossReference | null {
  const parts = partsOf(call);
  if (parts === null || !call.output) return null;
  const { kind, domain, prediction, target } = parts;
  const loss = lossByName(call.name);
  const evaluate = (other: Tensor) => meanOf(loss(other, target, call.options as never));
  try {
    return noGrad(() => {
      const { ignorant, constant, classes } = predictionsFor(kind, domain, prediction, target, call.options);
      return {
        call,
        prediction,
        target,
        samples: target.shape[0] ?? 1,
        classes,
        actual: meanOf(call.output!.tensor),
        ignorant: evaluate(ignorant),
        constant: evaluate(constant),
        floor: floorOf(call) ?? 0,
      };
    });
  } catch {
    // An option under which some of these predictions make no sense.
    return null;
  }
}

/**
 * The least that a loss can be, whatever the predictions: the cross-entropy of targets that are no certainties, with
 * themselves, which is their entropy.
 *
 * @param all targets of more samples than the loss was computed of.
 * @returns 0 for targets that are certain; null for losses of which it is not known.
 */
export function floorOf(call: LossCall, all?: Tensor): number | null {
  const parts = partsOf(call);
  if (parts === null || parts.kind === "regression") return null;
  const { kind, domain, prediction } = parts;
  const target = all ? all.reshape([all.shape[0], ...parts.target.shape.slice(1)]) : parts.target;
  const { labelSmoothing = 0, sampleWeight, ...options } = call.options;
  if (labelSmoothing === 0 && areCertain(target)) return 0;
  // What single samples count is known of the batch alone.
  const own = { ...options, labelSmoothing, ...(all ? {} : { sampleWeight }) };
  const given = { shape: [target.shape[0], ...prediction.shape.slice(1)], dtype: prediction.dtype };
  try {
    return noGrad(() => {
      const { best } = predictionsFor(kind, domain, given, target, own);
      return meanOf(lossByName(call.name)(best(), target, own as never));
    });
  } catch {
    return null;
  }
}

function areCertain({ storage, dtype }: Tensor): boolean {
  return !isFloat(dtype) || storage.every((x: number) => x === 0 || x === 1);
}

type Kind = (typeof kinds)[string];

function partsOf(call: LossCall) {
  const kind = kinds[call.name];
  const [p, t] = call.inputs;
  if (!kind || p?.role !== "prediction" || t?.role !== "target") return null;
  const [prediction, target] = [p.value.tensor, t.value.tensor];
  return prediction.size === 0 || target.size === 0 ? null : { kind, domain: p.domain, prediction, target };
}

interface Predictions {
  readonly classes: number | null;
  readonly ignorant: Tensor;
  readonly constant: Tensor;
  readonly best: () => Tensor;
}

function predictionsFor(
  kind: Kind,
  domain: string,
  { shape, dtype }: Pick<Tensor, "shape" | "dtype">,
  target: Tensor,
  options: Readonly<Record<string, unknown>>,
): Predictions {
  const smoothing = (options.labelSmoothing as number | undefined) ?? 0;
  if (kind === "classes") return classPredictions(domain, { shape, dtype }, target, options, smoothing);
  const like = (x: Tensor) => x.cast(dtype).broadcastTo(shape);
  const floats = { dtype: dtype as "float32" };
  if (kind === "regression") {
    const centre = target.cast(dtype).mean(0, { keepDims: true });
    return { classes: null, ignorant: zeros(shape, floats), constant: like(centre), best: () => like(target) };
  }
  const y = target
    .cast(dtype)
    .mul(1 - smoothing)
    .add(smoothing / 2);
  const asPrediction = (q: Tensor) => (domain === "logit" ? q.log().sub(q.neg().log1p()) : q);
  return {
    classes: 2,
    ignorant: asPrediction(full(shape, 0.5, floats)),
    constant: asPrediction(like(y.mean(0, { keepDims: true }))),
    best: () => asPrediction(like(weighted(y, options.posWeight as Tensor | undefined))),
  };
}

/** The probability that costs least where yes counts `weight` times. */
function weighted(y: Tensor, weight: Tensor | number | undefined): Tensor {
  if (weight === undefined) return y;
  const yes = y.mul(weight as Tensor);
  return yes.div(yes.add(y.neg().add(1)));
}

function classPredictions(
  domain: string,
  { shape, dtype }: Pick<Tensor, "shape" | "dtype">,
  target: Tensor,
  options: Readonly<Record<string, unknown>>,
  smoothing: number,
): Predictions {
  const axis = normalizeAxis("axis", (options.axis as number | undefined) ?? -1, shape.length);
  const classes = shape[axis];
  const isLabels = target.rank < shape.length;
  // An ignored label is no class, and what stands in for it does not count.
  const labels = () => where(target.less(0).logicalOr(target.greaterEqual(classes)), 0, target).cast("int32");
  const last = isLabels ? oneHot(labels(), classes).cast(dtype) : moveAxis(target, axis, -1).cast(dtype);
  const smooth = last.mul(1 - smoothing).add(smoothing / classes);
  const asPrediction = (q: Tensor) => moveAxis(domain === "probability" ? q : q.log(), -1, axis);
  const frequencies = smooth.reshape([-1, classes]).mean(0);
  const classWeight = options.classWeight as TensorLike | undefined;
  return {
    classes,
    ignorant: asPrediction(smooth.mul(0).add(1 / classes)),
    constant: asPrediction(frequencies.broadcastTo(smooth.shape)),
    best: () => {
      const pulls = classWeight === undefined ? smooth : smooth.mul(asTensor(classWeight).cast(dtype));
      return asPrediction(pulls.div(pulls.sum(-1, { keepDims: true })));
    },
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
