/** The loader returns the first sample over and over. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential } from "../everything.ts";

export const told = "constant-features";

export function program(): Program {
  manualSeed(33);
  const { x, labels } = blobs(64, 2, 5);
  const same = x.slice([0, 1]).broadcastTo([64, 5]);
  const model = new Sequential([new Dense({ units: 8, inputDim: 5, activation: "relu" }), new Dense({ units: 2 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x: same, y: labels };
}
