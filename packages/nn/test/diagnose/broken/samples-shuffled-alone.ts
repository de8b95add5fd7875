/** The samples were shuffled, the labels were not. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, randperm, Sequential } from "../everything.ts";

export const told = "shuffled-labels";

export function program(): Program {
  manualSeed(116);
  const { x, labels } = blobs(256, 3, 10);
  const model = new Sequential([new Dense({ units: 32, inputDim: 10, activation: "relu" }), new Dense({ units: 3 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: x.gather(randperm(256)), y: labels };
}
