/** Yes or no without a sigmoid, and the loss of probabilities. */
import { blobs, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "logits-into-probability-loss";
export const layer = "out";

export function program(): Program {
  manualSeed(73);
  const { x, labels } = blobs(64, 2, 4);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "relu" }),
    new Dense({ units: 1, name: "out" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["accuracy"] });
  return { model, x, y: labels.cast("float32") };
}
