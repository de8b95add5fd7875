/**
 * One step of training, and one of evaluation: all that is computed for a batch, in tensor operations.
 */
import { isFloat, noGrad, Tensor, where } from "@chainrule/core";
import { areHooksUsed, atomic, tracer } from "@chainrule/core/internal";
import { isBuiltIn } from "../built-in.ts";
import type { Module } from "../module/module.ts";
import type { Optimizer } from "../optimizers/index.ts";
import type { CompiledOutputs } from "./compiled-outputs.ts";
import { flattenNested, mapNested, type Nested } from "./nested.ts";

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
  /** The masks that came with the predictions, one for each output; null where none did. */
  readonly masks: readonly (Tensor | null)[] | null;
  /** What the loss is the sum of, see {@link BatchLoss}. */
  readonly lossParts: Readonly<Record<string, Tensor>> | null;
}

/** What a step returns to the training loop. */
export interface StepResult extends Omit<StepOutput, "prediction"> {
  /** Null where no metric needs it. */
  readonly prediction: Nested<Tensor> | null;
}

/**
 * Forward, loss and penalties, backward, update. If it throws, it has changed nothing.
 *
 * What is not finite in the inputs of a sample of weight 0 is taken as 0: its gradient, 0, times that would be NaN.
 */
export function trainStep(state: TrainState, x: Inputs, y: Nested<Tensor>, weight?: Nested<Tensor>): StepOutput {
  const inputs = weight === undefined ? x : (mapNested(x, (input) => withoutUncounted(input, weight)) as Inputs);
  const toUpdate = () => {
    const output = forward(state, inputs, y, weight);
    // Going back is the library's business unless there are hooks, and so is the update unless the optimizer is the user's.
    if (isBuiltIn(state.optimizer.constructor) && !areHooksUsed()) tracer?.state?.endsUserCode(output.loss);
    state.optimizer.zeroGrad();
    output.loss.backward();
    return detach(output);
  };
  return atomic(toUpdate, (output) => {
    state.optimizer.step();
    return output;
  });
}

function withoutUncounted(x: Tensor, weight: Nested<Tensor>): Tensor {
  if (!isFloat(x.dtype)) return x;
  const weights = flattenNested(weight).map((each) => each.reshape([each.shape[0], -1]).sum(1));
  const total = weights.reduce((sum, each) => sum.add(each)).reshape([-1, ...new Array<number>(x.rank - 1).fill(1)]);
  return where(total.equal(0).logicalAnd(x.isFinite().logicalNot()), 0, x);
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

/** Computes a forward pass of the inputs, and sees what comes of it. */
export type ForwardObserver = (compute: () => StepOutput, x: Inputs) => StepOutput;

let observer: ForwardObserver | null = null;

/** Runs `f`, whose forward passes an observer computes. */
export function withForwardObserver<T>(observe: ForwardObserver, f: () => T): T {
  const before = observer;
  observer = observe;
  try {
    return f();
  } finally {
    observer = before;
  }
}

/** The loss and the predictions of a batch. */
export function forward(...args: ForwardArguments): StepOutput {
  return observer === null ? compute(...args) : observer(() => compute(...args), args[1]);
}

type ForwardArguments = [
  state: Pick<TrainState, "model" | "outputs">,
  x: Inputs,
  y: Nested<Tensor>,
  weight?: Nested<Tensor>,
];

function compute(...[{ model, outputs }, x, y, weight]: ForwardArguments): StepOutput {
  const prediction = (x instanceof Tensor ? model.call(x) : model.call(...x)) as Nested<Tensor>;
  const { loss, lossParts } = outputs.computeLoss(prediction, y, weight);
  const penalty = model.penalty();
  return { loss: penalty ? loss.add(penalty) : loss, prediction, lossParts, masks: outputs.masksOf(prediction) };
}

/** The same tensors, detached from the graph. */
export function detach({ loss, prediction, lossParts, masks }: StepOutput): StepOutput {
  return {
    masks,
    loss: loss.detach(),
    prediction: mapNested(prediction, (output) => output.detach()),
    lossParts: lossParts && Object.fromEntries(Object.entries(lossParts).map(([name, part]) => [name, part.detach()])),
  };
}
