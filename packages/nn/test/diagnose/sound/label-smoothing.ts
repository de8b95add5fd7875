/** Smoothed labels: the loss ends at their entropy. */
import { Adam, blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(20);
  const { x, labels } = blobs(96, 4, 6, 6);
  const model = new Sequential([new Dense({ units: 32, inputDim: 6, activation: "relu" }), new Dense({ units: 4 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: crossEntropy.with({ labelSmoothing: 0.2 }) });
  return { model, x, y: labels, train: { epochs: 20 } };
}
