/**
 * One step of training, and one of evaluation: all that is computed for a batch, in tensor operations.
 */
import { noGrad, Tensor } from "@chainrule/core";
import type { Module } from "../module/module.ts";
import type { Optimizer } from "../optimizers/index.ts";
import type { Outputs } from "./outputs.ts";
import { mapSeveral, type Several } from "./several.ts";

/** What a step works with. */
export interface Training {
  readonly model: Module<unknown>;
  readonly outputs: Outputs;
  readonly optimizer: Optimizer;
}

/** The inputs of a batch: one tensor, or one for each parameter of the model's `forward`. */
export type Inputs = Tensor | readonly Tensor[];

/** What came out, cut off from the graph. */
export interface Outcome {
  /** With penalties, a scalar. */
  readonly loss: Tensor;
  readonly prediction: Several<Tensor>;
  /** With several outputs: the loss of each, before lossWeights. */
  readonly parts: readonly Tensor[] | null;
}

/** What training looks at of a batch. */
export interface Seen extends Omit<Outcome, "prediction"> {
  /** Null where no metric asks for it. */
  readonly prediction: Several<Tensor> | null;
}

/** Forward, loss and penalties, backward, update. */
export function trainStep(training: Training, x: Inputs, y: Several<Tensor>, weight?: Several<Tensor>): Outcome {
  const { optimizer } = training;
  const outcome = forward(training, x, y, weight);
  optimizer.zeroGrad();
  outcome.loss.backward();
  optimizer.step();
  return detached(outcome);
}

/** Forward, loss and penalties. */
export function testStep(
  training: Pick<Training, "model" | "outputs">,
  x: Inputs,
  y: Several<Tensor>,
  weight?: Several<Tensor>,
): Outcome {
  return noGrad(() => forward(training, x, y, weight));
}

/** The loss and the predictions of a batch. */
export function forward(
  { model, outputs }: Pick<Training, "model" | "outputs">,
  x: Inputs,
  y: Several<Tensor>,
  weight?: Several<Tensor>,
): Outcome {
  const prediction = (x instanceof Tensor ? model.call(x) : model.call(...x)) as Several<Tensor>;
  const { loss, parts } = outputs.measure(prediction, y, weight);
  const penalty = model.penalty();
  return { loss: penalty ? loss.add(penalty) : loss, prediction, parts };
}

/** The outcome, cut off from the graph. */
export function detached({ loss, prediction, parts }: Outcome): Outcome {
  return {
    loss: loss.detach(),
    prediction: mapSeveral(prediction, (output) => output.detach()),
    parts: parts?.map((part) => part.detach()) ?? null,
  };
}
