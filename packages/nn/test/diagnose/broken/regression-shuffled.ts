/** A regression whose targets were sorted by themselves. */
import { Dense, manualSeed, type Program, randn, Sequential, SGD } from "../everything.ts";

export const told = "shuffled-labels";

export function program(): Program {
  manualSeed(309);
  const x = randn([150, 4]);
  const y = x.slice(":", 0).mul(2).sub(x.slice(":", 2));
  const model = new Sequential([new Dense({ units: 1, inputDim: 4 })]);
  model.compile({ optimizer: new SGD({ lr: 0.05 }), loss: "mse" });
  return { model, x, y: y.sort().reshape(-1, 1) };
}
