/** Ten layers of sigmoid: each passes on less than a quarter. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "vanishing-gradients";

export function program(): Program {
  manualSeed(16);
  const { x, labels } = blobs(64, 2, 8);
  const model = new Sequential([
    ...Array.from({ length: 10 }, () => new Dense({ units: 16, activation: "sigmoid" })),
    new Dense({ units: 2 }),
  ]);
  model.compile({ optimizer: "sgd", loss: crossEntropy });
  return { model, x, y: labels };
}
