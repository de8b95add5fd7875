/** Dropout after the last layer. */
import { Dense, Dropout, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export const told = "dropout-on-output";

export function program(): Program {
  manualSeed(77);
  const { x, y } = sines(64);
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 2, activation: "relu" }),
    new Dense({ units: 1 }),
    new Dropout(0.5),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
