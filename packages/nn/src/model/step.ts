/**
 * One step of training, and one of evaluation: all that is computed for a batch, in tensor operations.
 */
import { noGrad, Tensor } from "@chainrule/core";
import { atomic } from "@chainrule/core/internal";
import type { Module } from "../module/module.ts";
import type { Optimizer } from "../optimizers/index.ts";
import type { CompiledOutputs } from "./compiled-outputs.ts";
import { mapNested, type Nested } from "./nested.ts";

/** What a step works with: the model, and what it is trained with. */
export interface TrainState {
  readonly model: Module<unknown>;
  readonly outputs: CompiledOutputs;
  readonly optimizer: Optimizer;
}

/** The inputs of a batch: one tensor, or one for each parameter of the model's `forward`. */
export type Inputs = Tensor | readonly Tensor[];

/** What a step computes. */
export interface StepOutput {
  /** A scalar, penalties included. */
  readonly loss: Tensor;
  readonly prediction: Nested<Tensor>;
  /** With several outputs: the loss of each, before lossWeights. */
  readonly outputLosses: readonly Tensor[] | null;
}

/** What a step returns to the training loop. */
export interface StepResult extends Omit<StepOutput, "prediction"> {
  /** Null where no metric needs it. */
  readonly prediction: Nested<Tensor> | null;
}

/** Forward, loss and penalties, backward, update. If it throws, it has changed nothing. */
export function trainStep(state: TrainState, x: Inputs, y: Nested<Tensor>, weight?: Nested<Tensor>): StepOutput {
  const toUpdate = () => {
    const output = forward(state, x, y, weight);
    state.optimizer.zeroGrad();
    output.loss.backward();
    return detach(output);
  };
  return atomic(toUpdate, (output) => {
    state.optimizer.step();
    return output;
  });
}

/** Forward, loss and penalties. If it throws, it has changed nothing. */
export function testStep(
  state: Pick<TrainState, "model" | "outputs">,
  x: Inputs,
  y: Nested<Tensor>,
  weight?: Nested<Tensor>,
): StepOutput {
  return noGrad(() => atomic(() => forward(state, x, y, weight)));
}

/** The loss and the predictions of a batch. */
export function forward(
  { model, outputs }: Pick<TrainState, "model" | "outputs">,
  x: Inputs,
  y: Nested<Tensor>,
  weight?: Nested<Tensor>,
): StepOutput {
  const prediction = (x instanceof Tensor ? model.call(x) : model.call(...x)) as Nested<Tensor>;
  const { loss, outputLosses } = outputs.computeLoss(prediction, y, weight);
  const penalty = model.penalty();
  return { loss: penalty ? loss.add(penalty) : loss, prediction, outputLosses };
}

/** The same tensors, detached from the graph. */
export function detach({ loss, prediction, outputLosses }: StepOutput): StepOutput {
  return {
    loss: loss.detach(),
    prediction: mapNested(prediction, (output) => output.detach()),
    outputLosses: outputLosses?.map((outputLoss) => outputLoss.detach()) ?? null,
  };
}
