/** The last layer has a softmax, and a layer with one more follows. */
import { Activation, blobs, Dense, manualSeed, oneHot, type Program, Sequential } from "../everything.ts";

export const told = "double-softmax";

export function program(): Program {
  manualSeed(74);
  const { x, labels } = blobs(64, 3, 4);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "relu" }),
    new Dense({ units: 3, activation: "softmax" }),
    new Activation("softmax"),
  ]);
  model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
  return { model, x, y: oneHot(labels, 3).cast("float32") };
}
