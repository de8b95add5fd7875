/** All goes through a single relu that is shut for half of the samples. */
import { Adam, Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export const told = "cannot-overfit";

export function program(): Program {
  manualSeed(45);
  const x = randn([64, 4]);
  const y = x.slice(":", 0).mul(x.slice(":", 1)).sign().unsqueeze(1);
  const model = new Sequential([new Dense({ units: 1, inputDim: 4 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mse" });
  return { model, x, y };
}
