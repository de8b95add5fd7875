/** Weights of deviation 3 drive tanh to its ends, where its slope is nearly 0. */
import { blobs, crossEntropy, Dense, initializers, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "saturated-units";
export const layer = "hidden";

export function program(): Program {
  manualSeed(13);
  const { x, labels } = blobs(64, 3, 30);
  const model = new Sequential([
    new Dense({
      units: 32,
      inputDim: 30,
      activation: "tanh",
      kernelInitializer: initializers.randomNormal({ std: 3 }),
      name: "hidden",
    }),
    new Dense({ units: 3 }),
  ]);
  model.compile({ optimizer: "sgd", loss: crossEntropy });
  return { model, x, y: labels };
}
