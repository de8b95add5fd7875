/**
 * One step of training, and one of evaluation: all that is computed for a batch, in tensor operations.
 */
import { noGrad, type Tensor } from "@chainrule/core";
import type { Module } from "../module/module.ts";
import type { Optimizer } from "../optimizers/index.ts";
import type { Objective } from "./objective.ts";

/** What a step works with. */
export interface Training {
  readonly model: Module;
  readonly loss: Objective;
  readonly optimizer: Optimizer;
}

/** What came out: the loss with penalties, a scalar, and the predictions, both cut off from the graph. */
export interface Outcome {
  readonly loss: Tensor;
  readonly prediction: Tensor;
}

/** Forward, loss and penalties, backward, update. */
export function trainStep(training: Training, x: Tensor, y: Tensor, weight?: Tensor): Outcome {
  const { optimizer } = training;
  const { loss, prediction } = forward(training, x, y, weight);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return { loss: loss.detach(), prediction: prediction.detach() };
}

/** Forward, loss and penalties. */
export function testStep(training: Pick<Training, "model" | "loss">, x: Tensor, y: Tensor, weight?: Tensor): Outcome {
  return noGrad(() => forward(training, x, y, weight));
}

/** The loss and the predictions of a batch. */
export function forward(
  { model, loss }: Pick<Training, "model" | "loss">,
  x: Tensor,
  y: Tensor,
  weight?: Tensor,
): Outcome {
  const prediction = model.call(x);
  const ofData = loss.compute(prediction, alignTarget(loss, prediction, y), weight);
  const penalty = model.penalty();
  return { loss: penalty ? ofData.add(penalty) : ofData, prediction };
}

/**
 * The target in the rank of the predictions, where that is only a matter of a last axis of length 1: y [n] for
 * outputs [n, 1], and labels [n, 1] for scores [n, C]. Anything else is for the loss to refuse.
 */
export function alignTarget(loss: Objective, prediction: Tensor, y: Tensor): Tensor {
  const { shape } = prediction;
  const last = shape[shape.length - 1];
  if (last === 1 && y.rank === shape.length - 1) return y.unsqueeze(-1);
  if (loss.takesLabels && last !== 1 && y.rank === shape.length && y.shape[y.rank - 1] === 1) return y.squeeze(-1);
  return y;
}
