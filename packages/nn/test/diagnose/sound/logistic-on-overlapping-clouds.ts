/** Two clouds that overlap, and a model that can only draw a line. */
import { Adam, blobs, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(47);
  const { x, labels } = blobs(160, 2, 2, 1.5);
  const model = new Sequential([new Dense({ units: 1, inputDim: 2, activation: "sigmoid" })]);
  model.compile({ optimizer: new Adam({ lr: 0.05 }), loss: "binary_crossentropy" });
  return { model, x, y: labels.cast("float32"), train: { epochs: 20 } };
}
