/**
 * The gradients of a batch, for those who want to look at them: compiled steps keep none.
 */
import type { Tensor } from "@chainrule/core";
import { atomic } from "@chainrule/core/internal";
import type { Batch } from "./data-adapter.ts";
import { forward, type TrainState } from "./step.ts";

/** Ends what is undone on purpose. */
const done = Symbol("done");

/**
 * Leaves in each parameter the gradient of the loss of a batch, as the weights are now. Nothing else is changed by it:
 * statistics, states and random numbers are as they were before.
 *
 * @returns what puts back the gradients that were there.
 */
export function putGradients(state: TrainState, { x, y, weight }: Batch): () => void {
  const { parameters } = state.optimizer;
  const before = parameters.map(({ grad }) => grad);
  let found: (Tensor | null)[] = before;
  try {
    atomic(() => {
      state.optimizer.zeroGrad();
      forward(state, x, y, weight).loss.backward();
      found = parameters.map(({ grad }) => grad);
      throw done;
    });
  } catch (reason) {
    if (reason !== done) throw reason;
  }
  const put = (gradients: readonly (Tensor | null)[]) =>
    parameters.forEach((parameter, i) => {
      parameter.grad = gradients[i];
    });
  put(found);
  return () => put(before);
}
