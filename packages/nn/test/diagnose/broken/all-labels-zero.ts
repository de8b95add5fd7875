/** Every label is 0. */
import { blobs, crossEntropy, Dense, manualSeed, type Program, Sequential, zeros } from "../everything.ts";

export const told = "constant-labels";

export function program(): Program {
  manualSeed(35);
  const { x } = blobs(64, 3, 4);
  const labels = zeros([64], { dtype: "int32" });
  const model = new Sequential([new Dense({ units: 16, inputDim: 4, activation: "relu" }), new Dense({ units: 3 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
