/** The last layer alone starts too large. */
import { Adam, blobs, crossEntropy, Dense, initializers, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "initial-loss";
export const layer = "out";

export function program(): Program {
  manualSeed(6);
  const { x, labels } = blobs(128, 10, 16);
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 16, activation: "relu" }),
    new Dense({ units: 10, name: "out", kernelInitializer: initializers.randomNormal({ std: 3 }) }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: crossEntropy });
  return { model, x, y: labels };
}
