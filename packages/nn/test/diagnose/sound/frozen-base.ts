/** Transfer learning: the first two layers are frozen, and that is meant. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(7);
  const { x, labels } = blobs(64, 3, 8);
  const base = new Sequential([
    new Dense({ units: 32, inputDim: 8, activation: "relu" }),
    new Dense({ units: 32, activation: "relu" }),
  ]);
  base.freeze();
  const model = new Sequential([base, new Dense({ units: 3 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
