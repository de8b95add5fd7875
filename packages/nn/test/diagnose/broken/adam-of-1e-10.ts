/** Adam at 1e-10. */
import { Adam, Dense, manualSeed, type Program, Sequential, sines } from "../everything.ts";

export const told = "update-ratio";

export function program(): Program {
  manualSeed(111);
  const { x, y } = sines(64);
  const model = new Sequential([new Dense({ units: 16, inputDim: 2, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: new Adam({ lr: 1e-10 }), loss: "mse" });
  return { model, x, y };
}
