/** Every weight starts at 0, so that all hidden units stay the same. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "symmetric-weights";
export const layer = "hidden";

export function program(): Program {
  manualSeed(48);
  const { x, labels } = blobs(64, 3, 4);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "tanh", kernelInitializer: "zeros", name: "hidden" }),
    new Dense({ units: 3, kernelInitializer: "zeros" }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
