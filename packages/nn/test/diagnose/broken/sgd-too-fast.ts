/** Plain gradient descent at a rate of 30. */
import { Dense, manualSeed, type Program, Sequential, SGD, sines } from "../everything.ts";

export const told = "update-ratio";

export function program(): Program {
  manualSeed(23);
  const { x, y } = sines(64);
  const model = new Sequential([new Dense({ units: 16, inputDim: 2, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: new SGD({ lr: 30 }), loss: "mse" });
  return { model, x, y };
}
