/** Each sample is of one of three kinds, and each kind has a sigmoid of its own. */
import { blobs, Dense, manualSeed, oneHot, type Program, Sequential } from "../everything.ts";

export const told = "sigmoid-for-exclusive-classes";

export function program(): Program {
  manualSeed(75);
  const { x, labels } = blobs(90, 3, 4);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "relu" }),
    new Dense({ units: 3, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
  return { model, x, y: oneHot(labels, 3).cast("float32") };
}
