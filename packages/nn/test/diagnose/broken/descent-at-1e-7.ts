/** Gradient descent at 1e-7. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential, SGD } from "../everything.ts";

export const told = "update-ratio";

export function program(): Program {
  manualSeed(312);
  const { x, labels } = blobs(64, 3, 6);
  const model = new Sequential([new Dense({ units: 16, activation: "relu" }), new Dense({ units: 3 })]);
  model.compile({ optimizer: new SGD({ lr: 1e-7 }), loss: crossEntropy });
  return { model, x, y: labels };
}
