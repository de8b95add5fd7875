/** The smallest program: 0 is 0 and 1 is 1. */
import { Adam, Dense, manualSeed, type Program, Sequential, tensor } from "../everything.ts";

export function program(): Program {
  manualSeed(1);
  const model = new Sequential([new Dense({ units: 1, inputDim: 1, activation: "sigmoid" })]);
  model.compile({ optimizer: new Adam({ lr: 0.05 }), loss: "binary_crossentropy" });
  return { model, x: tensor([[0], [1]]), y: tensor([[0], [1]]) };
}
