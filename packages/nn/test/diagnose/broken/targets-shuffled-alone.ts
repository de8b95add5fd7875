/** The targets of a regression in another order than the samples. */
import { Adam, Dense, manualSeed, type Program, randperm, Sequential, sines } from "../everything.ts";

export const told = "shuffled-labels";

export function program(): Program {
  manualSeed(42);
  const { x, y } = sines(200);
  const model = new Sequential([new Dense({ units: 16, inputDim: 2, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mse" });
  return { model, x, y: y.gather(randperm(200)) };
}
