/**
 * What a module computes of a batch, for someone who looks at how.
 */
import { asTensor, ModelError, Tensor, type TensorLike } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { lossByName } from "@chainrule/losses";
import type { Module } from "./module.ts";

/** `[x]` for the prediction, `[x, y]` for the loss. */
export type LookedAtBatch = readonly unknown[];

/** Any loss: by name, or a function of predictions and targets. */
export type LookedAtLoss = string | ((prediction: Tensor, target: TensorLike) => Tensor) | undefined;

/** The mean loss of a batch where it has targets, else the prediction. @throws ModelError where there is no loss. */
export function batchResult(where: string, module: Module<unknown>, batch: LookedAtBatch, loss: LookedAtLoss): Tensor {
  const [x, y] = batch;
  const inputs = Array.isArray(x) && x.some((each) => each instanceof Tensor) ? (x as Tensor[]) : [x as TensorLike];
  const prediction = module.call(...inputs);
  if (!(prediction instanceof Tensor))
    throw new ModelError({ where, expected: "a module with one output", got: describe(prediction) });
  if (y === undefined) return prediction;
  if (loss === undefined)
    throw new ModelError({
      where,
      expected: "a loss",
      got: `a ${module.constructor.name} that is not compiled with one`,
      hint: 'Say which: { loss: "mse" }, or leave out the targets to look at the prediction.',
    });
  const f = typeof loss === "string" ? lossByName(loss) : loss;
  const losses = f(prediction, asTensor(y as TensorLike, where));
  if (!(losses instanceof Tensor))
    throw new ModelError({ where, expected: "a loss that returns a tensor", got: describe(losses) });
  return losses.rank === 0 ? losses : losses.mean();
}
