/** Two layers without anything between are one. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "missing-activation";

export function program(): Program {
  manualSeed(78);
  const { x, labels } = blobs(64, 3, 4);
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 4 }),
    new Dense({ units: 32 }),
    new Dense({ units: 3 }),
  ]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
