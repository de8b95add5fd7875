/** Counts, an exponential at the end, and the loss for them. */
import { Dense, manualSeed, type Program, poisson, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(9);
  const x = randn([80, 3]);
  const y = x.slice(":", [0, 1]).exp().mul(2).round();
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 3, activation: "relu" }),
    new Dense({ units: 1, activation: "softplus" }),
  ]);
  model.compile({ optimizer: "adam", loss: poisson });
  return { model, x, y };
}
