/** A convolutional autoencoder of grey images with cross-entropy. */
import { Conv2d, manualSeed, type Program, rand, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(215);
  const x = rand([24, 1, 8, 8]);
  const model = new Sequential([
    new Conv2d({ filters: 6, kernelSize: 3, padding: 1, activation: "relu" }),
    new Conv2d({ filters: 1, kernelSize: 3, padding: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y: x };
}
