/** Logits that start at -10, and as many yes as no. */
import {
  binaryCrossEntropyWithLogits,
  blobs,
  Dense,
  initializers,
  manualSeed,
  type Program,
  Sequential,
} from "../everything.ts";

export const told = "initial-loss";
export const layer = "out";

export function program(): Program {
  manualSeed(307);
  const { x, labels } = blobs(80, 2, 4);
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 4, activation: "relu" }),
    new Dense({ units: 1, biasInitializer: initializers.constant(-10), name: "out" }),
  ]);
  model.compile({ optimizer: "adam", loss: binaryCrossEntropyWithLogits });
  return { model, x, y: labels.cast("float32") };
}
