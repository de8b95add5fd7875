/**
 * The loss of `compile` as training uses it: one number for a batch.
 */

import { DTypeError, OptionError, type Shape, ShapeError, Tensor, where } from "@chainrule/core";
import { describe, formatShape, sameShape, tracer } from "@chainrule/core/internal";
import {
  type CombinedLoss,
  isBuiltInLoss,
  isCombinedLoss,
  type Loss,
  type LossName,
  type LossOptions,
  lossByName,
} from "@chainrule/losses";
import { refuseSwapped } from "@chainrule/losses/internal";
import type { MetricContext } from "../metrics/named.ts";
import { inRows } from "./row-alignment.ts";

/** A function of predictions and targets that returns one loss, or a loss for each sample or element. */
export type LossFunction = (prediction: Tensor, target: Tensor, options?: LossOptions) => Tensor;

/** A loss by name, one of the library's (with options fixed by `with`), or any function. */
export type LossLike = LossName | LossFunction;

/** A loss in the form in which training uses it. */
export interface Objective {
  readonly name: string;
  /** What it was made of. */
  readonly loss: LossFunction | Loss;
  /** The functions that it is made of. */
  readonly functions: readonly object[];
  /** The names of the losses that it is the sum of, if `combineLosses` made it. */
  readonly partNames: readonly string[];
  /** The mean loss of a batch, weighted; and those that it is the sum of, before their weights. */
  compute(
    prediction: Tensor,
    target: Tensor,
    weight: Tensor | undefined,
  ): { readonly loss: Tensor; readonly parts: Readonly<Record<string, Tensor>> | null };
  /** Whether it is one of the library's, which always does the same. */
  readonly isBuiltIn: boolean;
  /** Whether targets may be labels, which have one axis less than the predictions. */
  readonly takesLabels: boolean;
  /** The context for metrics that are made by name. */
  contextFor(outputShape: Shape): MetricContext;
}

/** @throws OptionError for an unknown name, with the nearest, and for what is no loss. */
export function readLoss(where: string, given: unknown): Objective {
  if (typeof given === "function") refuseSwapped(`${where}, loss`, given);
  if (typeof given === "string" || typeof given === "function") return objectiveOf(given as LossLike);
  throw new OptionError({
    where,
    expected: 'a name such as "mse", a loss, or a function of predictions and targets',
    got: describe(given),
  });
}

function objectiveOf(loss: LossLike): Objective {
  if (typeof loss === "string") return ofLoss(lossByName(loss as string));
  return isLoss(loss) ? ofLoss(loss) : ofFunction(loss);
}

/** Whether it was made by `defineLoss`. */
export function isLoss(loss: object): loss is Loss {
  return "lossName" in loss;
}

/**
 * Losses whose probabilities belong together along an axis: of several outputs, the largest is the decision. By their names, since a
 * bundle has them where it imports them.
 */
const ofDistributions: readonly string[] = ["klDivergence", "jensenShannon"] satisfies LossName[];

function ofLoss(loss: Loss): Objective {
  const [prediction, target] = Object.values(loss.inputs);
  const isDecision = ["truth", "probability", "sign"].includes(target) && !ofDistributions.includes(loss.lossName);
  return {
    name: loss.lossName,
    loss,
    isBuiltIn: isBuiltInLoss(loss),
    takesLabels: target === "label" || target === "labelOrDistribution",
    ...(isCombinedLoss(loss) ? ofParts(loss) : ofOne(loss)),
    contextFor: (shape) => {
      if (!isDecision && !isSingle(shape)) return {};
      return { threshold: prediction === "logit" || target === "sign" ? 0 : 0.5 };
    },
  };
}

type Computing = Pick<Objective, "functions" | "partNames" | "compute">;

function ofOne(loss: Loss): Computing {
  return {
    functions: [loss],
    partNames: [],
    compute: (p, t, weight) => ({
      loss: mean(weight ? loss(p, t, { sampleWeight: weight }) : loss(p, t)),
      parts: null,
    }),
  };
}

function ofParts(combined: CombinedLoss): Computing {
  const functions = Object.values(combined.parts).map(({ loss }) => loss);
  return {
    functions,
    partNames: Object.keys(combined.parts),
    compute: (p, t, weight) => {
      for (const f of functions) if (!isLoss(f)) tracer?.state?.dependsOn(f);
      const { loss, parts } = combined.evaluateParts(p, t, weight && { sampleWeight: weight });
      return {
        loss: mean(loss),
        parts: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, mean(part)])),
      };
    },
  };
}

function ofFunction(loss: LossFunction): Objective {
  const name = loss.name || "loss";
  return {
    name,
    loss,
    isBuiltIn: false,
    takesLabels: false,
    functions: [loss],
    partNames: [],
    compute: (p, t, weight) => {
      // What is compiled of a function holds for its properties, if it has any.
      tracer?.state?.dependsOn(loss);
      const where = `loss "${name}"`;
      if (weight === undefined) return { loss: mean(lossesOf(where, loss, p, t)), parts: null };
      const perRow = weight.rank > 1 && weight.shape.at(-1) === 1 ? weight.squeeze(-1) : weight;
      const losses = lossesOf(where, loss, ...withoutUncounted(p, t, perRow));
      return { loss: mean(applyWeights(where, losses, perRow)), parts: null };
    },
    contextFor: (shape) => (isSingle(shape) ? { threshold: 0.5 } : {}),
  };
}

/** What a user's function returns. @throws DTypeError for what is no tensor. */
function lossesOf(where: string, loss: LossFunction, p: Tensor, t: Tensor): Tensor {
  const losses = inRows(where, p, t, loss);
  if (losses instanceof Tensor) return losses;
  throw new DTypeError({ where, expected: "a function that returns a tensor", got: describe(losses) });
}

/** Whether there is one output a sample. */
function isSingle(shape: Shape): boolean {
  return shape.length < 2 || shape[shape.length - 1] === 1;
}

function mean(losses: Tensor): Tensor {
  return losses.rank === 0 ? losses : losses.mean();
}

function applyWeights(title: string, losses: Tensor, weight: Tensor): Tensor {
  if (losses.rank < weight.rank)
    throw new ShapeError({
      where: title,
      expected: "a loss for each sample, to weight them",
      got: "their mean",
      hint: "Return the losses before the mean, or make it a loss with defineLoss.",
    });
  if (!startsWith(losses.shape, weight.shape))
    throw new ShapeError({
      where: title,
      expected: `losses whose first axes are those of the weights, ${formatShape(weight.shape)}`,
      got: formatShape(losses.shape),
    });
  const wide = overRest(weight, losses.rank);
  return where(wide.equal(0), 0, losses).mul(wide);
}

/**
 * Predictions and targets in which a sample that counts stands in place of each of weight 0, so that what those hold makes
 * no NaN and sends nothing back. One stands in that the function can take: no number could be known to be harmless.
 */
function withoutUncounted(p: Tensor, t: Tensor, weight: Tensor): readonly [Tensor, Tensor] {
  const counts = weight.reshape([weight.size]);
  const chosen = counts.argmax();
  const replace = (x: Tensor) => {
    if (weight.size === 0 || !startsWith(x.shape, weight.shape)) return x;
    const rest = x.shape.slice(weight.rank);
    const standIn = x
      .detach()
      .reshape([weight.size, ...rest])
      .gather(chosen);
    return where(overRest(weight, x.rank).equal(0), standIn, x);
  };
  return [replace(p), replace(t)];
}

/** Weights [n, …] with further axes of length 1. */
function overRest(weight: Tensor, rank: number): Tensor {
  return weight.reshape([...weight.shape, ...new Array<number>(rank - weight.rank).fill(1)]);
}

function startsWith(shape: Shape, start: Shape): boolean {
  return shape.length >= start.length && sameShape(shape.slice(0, start.length), start);
}

/**
 * The target in the rank of the predictions, where that is only a matter of a last axis of length 1: y [n] for outputs
 * [n, 1], y [n, 1] for outputs [n], and labels [n, 1] for scores [n, C]. Anything else is for the loss to refuse.
 */
export function alignTarget(loss: Objective, prediction: Tensor, y: Tensor): Tensor {
  const { shape } = prediction;
  const last = shape[shape.length - 1];
  const hasColumn = y.rank > 0 && y.shape[y.rank - 1] === 1;
  if (last === 1 && y.rank === shape.length - 1) return y.unsqueeze(-1);
  if (hasColumn && sameShape(y.shape.slice(0, -1), shape)) return y.squeeze(-1);
  if (loss.takesLabels && last !== 1 && y.rank === shape.length && hasColumn) return y.squeeze(-1);
  return y;
}
