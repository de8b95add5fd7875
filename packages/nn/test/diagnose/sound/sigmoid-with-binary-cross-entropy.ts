/** A sigmoid, and the loss that takes probabilities. */
import { blobs, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(4);
  const { x, labels } = blobs(64, 2, 5);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 5, activation: "relu" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["accuracy"] });
  return { model, x, y: labels.cast("float32"), train: { epochs: 5 } };
}
