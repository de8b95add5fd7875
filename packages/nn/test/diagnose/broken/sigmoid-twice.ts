/** A sigmoid before the loss that takes logits. */
import { binaryCrossEntropyWithLogits, blobs, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "softmax-before-logits-loss";
export const layer = "out";

export function program(): Program {
  manualSeed(61);
  const { x, labels } = blobs(64, 2, 4);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "relu" }),
    new Dense({ units: 1, activation: "sigmoid", name: "out" }),
  ]);
  model.compile({ optimizer: "adam", loss: binaryCrossEntropyWithLogits });
  return { model, x, y: labels.cast("float32") };
}
