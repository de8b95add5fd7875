/** A model after training, sure of everything. */
import { Adam, blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(50);
  const { x, labels } = blobs(64, 2, 4, 8);
  const model = new Sequential([new Dense({ units: 16, inputDim: 4, activation: "tanh" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: new Adam({ lr: 0.05 }), loss: crossEntropy });
  return { model, x, y: labels, train: { epochs: 40 } };
}
