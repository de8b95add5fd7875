/** Missing values were read as NaN. */
import { bernoulli, blobs, crossEntropy, Dense, manualSeed, type Program, Sequential, where } from "../everything.ts";

export const told = "non-finite";

export function program(): Program {
  manualSeed(118);
  const { x, labels } = blobs(64, 2, 4);
  const holes = where(bernoulli(0.05, [64, 4]), Number.NaN, x);
  const model = new Sequential([new Dense({ units: 16, inputDim: 4, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: holes, y: labels };
}
