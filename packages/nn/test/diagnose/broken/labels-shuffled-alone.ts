/** The labels were shuffled and the samples were not. */
import { Adam, blobs, crossEntropy, Dense, manualSeed, type Program, randperm, Sequential } from "../everything.ts";

export const told = "shuffled-labels";

export function program(): Program {
  manualSeed(41);
  const { x, labels } = blobs(200, 2, 2);
  const model = new Sequential([new Dense({ units: 16, inputDim: 2, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: crossEntropy });
  return { model, x, y: labels.gather(randperm(200)) };
}
