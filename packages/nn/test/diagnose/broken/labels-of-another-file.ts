/** Labels and samples come from two files that were sorted differently. */
import { Adam, blobs, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "shuffled-labels";

export function program(): Program {
  manualSeed(43);
  const { x, labels } = blobs(300, 3, 4);
  const model = new Sequential([
    new Dense({ units: 24, inputDim: 4, activation: "relu" }),
    new Dense({ units: 3, activation: "softmax" }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.005 }), loss: "sparse_categorical_crossentropy" });
  const order = x.slice(":", 0).argsort();
  return { model, x: x.gather(order), y: labels };
}
