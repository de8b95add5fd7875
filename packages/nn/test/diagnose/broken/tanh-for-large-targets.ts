/** A tanh at the end, and targets up to ten. */
import { Dense, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export const told = "output-range";
export const layer = "out";

export function program(): Program {
  manualSeed(66);
  const { x, y } = sines(64);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 2, activation: "relu" }),
    new Dense({ units: 1, activation: "tanh", name: "out" }),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y: y.mul(5) };
}
