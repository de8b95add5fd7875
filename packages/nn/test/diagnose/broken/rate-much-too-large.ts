/** A rate of 3 for Adam moves every weight by 3 at each step. */
import { Adam, blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "update-ratio";

export function program(): Program {
  manualSeed(21);
  const { x, labels } = blobs(64, 3, 8);
  const model = new Sequential([new Dense({ units: 32, inputDim: 8, activation: "relu" }), new Dense({ units: 3 })]);
  model.compile({ optimizer: new Adam({ lr: 3 }), loss: crossEntropy });
  return { model, x, y: labels };
}
