/** The last layer starts at 0, so that training starts at ln K. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(13);
  const { x, labels } = blobs(64, 5, 8);
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 8, activation: "relu" }),
    new Dense({ units: 5, kernelInitializer: "zeros" }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
