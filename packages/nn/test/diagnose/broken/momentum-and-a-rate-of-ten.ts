/** Momentum 0.9 and a rate of 10. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential, SGD } from "../everything.ts";

export const told = "update-ratio";

export function program(): Program {
  manualSeed(110);
  const { x, labels } = blobs(96, 3, 8);
  const model = new Sequential([new Dense({ units: 32, inputDim: 8, activation: "tanh" }), new Dense({ units: 3 })]);
  model.compile({ optimizer: new SGD({ lr: 10, momentum: 0.9 }), loss: crossEntropy });
  return { model, x, y: labels };
}
