/** Weights drawn with deviation 1: the logits are of the order of ten before anything is learned. */
import { blobs, crossEntropy, Dense, initializers, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "initial-loss";

export function program(): Program {
  manualSeed(5);
  const { x, labels } = blobs(64, 4, 20);
  const model = new Sequential([
    new Dense({
      units: 64,
      inputDim: 20,
      activation: "relu",
      kernelInitializer: initializers.randomNormal({ std: 1 }),
    }),
    new Dense({ units: 4, kernelInitializer: initializers.randomNormal({ std: 1 }), name: "out" }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
