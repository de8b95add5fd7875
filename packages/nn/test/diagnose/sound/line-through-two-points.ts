/** y = 2x + 1 on two points. */
import { Dense, manualSeed, type Program, Sequential, tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(2);
  const model = new Sequential([new Dense({ units: 1, inputDim: 1 })]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  return { model, x: tensor([[0], [1]]), y: tensor([[1], [3]]) };
}
