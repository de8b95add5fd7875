/** Twelve layers of sigmoid for a regression. */
import { Dense, manualSeed, type Program, Sequential, SGD, sines } from "../everything.ts";

export const told = "vanishing-gradients";

export function program(): Program {
  manualSeed(108);
  const { x, y } = sines(64);
  const model = new Sequential([
    ...Array.from({ length: 12 }, () => new Dense({ units: 24, activation: "sigmoid" })),
    new Dense({ units: 1 }),
  ]);
  model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: "mse" });
  return { model, x, y };
}
