/** The bias of a yes-or-no question starts at 8: the model is sure of yes. */
import { blobs, Dense, initializers, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "initial-loss";
export const layer = "out";

export function program(): Program {
  manualSeed(7);
  const { x, labels } = blobs(100, 2, 5);
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 5, activation: "tanh" }),
    new Dense({ units: 1, name: "out", activation: "sigmoid", biasInitializer: initializers.constant(8) }),
  ]);
  model.compile({ optimizer: "sgd", loss: "binary_crossentropy" });
  return { model, x, y: labels.cast("float32") };
}
