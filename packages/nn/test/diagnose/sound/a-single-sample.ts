/** One sample. */
import { Dense, manualSeed, type Program, Sequential, tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(218);
  const model = new Sequential([new Dense({ units: 4, inputDim: 3, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x: tensor([[0.1, 0.2, 0.3]]), y: tensor([[1]]) };
}
