/** A rate of 1 is right for logistic regression on standardised data. */
import { blobs, Dense, manualSeed, type Program, Sequential, SGD } from "../everything.ts";

export function program(): Program {
  manualSeed(19);
  const { x, labels } = blobs(128, 2, 6);
  const model = new Sequential([new Dense({ units: 1, inputDim: 6, activation: "sigmoid" })]);
  model.compile({ optimizer: new SGD({ lr: 1 }), loss: "binary_crossentropy" });
  return { model, x, y: labels.cast("float32"), train: { epochs: 5 } };
}
