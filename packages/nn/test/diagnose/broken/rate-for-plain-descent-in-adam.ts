/** A rate of 1, as one takes it for gradient descent, in Adam. */
import { Adam, Dense, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export const told = "update-ratio";

export function program(): Program {
  manualSeed(311);
  const { x, y } = sines(100);
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 2, activation: "relu" }),
    new Dense({ units: 32, activation: "relu" }),
    new Dense({ units: 1 }),
  ]);
  model.compile({ optimizer: new Adam({ lr: 1 }), loss: "mse" });
  return { model, x, y };
}
