/** A tanh at the end, and targets from -1 to 1. */
import { Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(54);
  const x = randn([64, 3]);
  const y = x.slice(":", [0, 1]).sin();
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 3, activation: "relu" }),
    new Dense({ units: 1, activation: "tanh" }),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
