/** A time stamp as what is to be predicted. */
import { Adam, Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export const told = "unscaled-targets";

export function program(): Program {
  manualSeed(31);
  const x = randn([64, 4]);
  const y = x.slice(":", 2).mul(3e6).add(1.7e9).unsqueeze(1);
  const model = new Sequential([new Dense({ units: 16, inputDim: 4, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: new Adam({ lr: 0.01 }), loss: "mae" });
  return { model, x, y };
}
