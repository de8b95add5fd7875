/** A hundred samples of two features in another order than their labels. */
import { Adam, blobs, Dense, manualSeed, type Program, randperm, Sequential } from "../everything.ts";

export const told = "shuffled-labels";

export function program(): Program {
  manualSeed(308);
  const { x, labels } = blobs(100, 2, 2, 4);
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 2, activation: "tanh" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "binary_crossentropy" });
  return { model, x: x.gather(randperm(100)), y: labels.cast("float32") };
}
