/** A softmax, one-hot targets, and the loss that takes probabilities. */
import { blobs, Dense, manualSeed, oneHot, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(5);
  const { x, labels } = blobs(96, 4, 6);
  const model = new Sequential([
    new Dense({ units: 24, inputDim: 6, activation: "relu" }),
    new Dense({ units: 4, activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "categorical_crossentropy", metrics: ["accuracy"] });
  return { model, x, y: oneHot(labels, 4).cast("float32"), train: { epochs: 5 } };
}
