/** The array was made, and never filled. */
import { crossEntropy, Dense, manualSeed, type Program, randint, Sequential, zeros } from "../everything.ts";

export const told = "constant-features";

export function program(): Program {
  manualSeed(34);
  const x = zeros([50, 12]);
  const labels = randint(0, 3, [50]);
  const model = new Sequential([new Dense({ units: 16, inputDim: 12, activation: "relu" }), new Dense({ units: 3 })]);
  model.compile({ optimizer: "adam", loss: crossEntropy });
  return { model, x, y: labels };
}
