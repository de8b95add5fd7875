/** A softmax at the end, and a loss that has one of its own. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "softmax-before-logits-loss";
export const layer = "out";

export function program(): Program {
  manualSeed(60);
  const { x, labels } = blobs(64, 3, 4);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "relu" }),
    new Dense({ units: 3, activation: "softmax", name: "out" }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
