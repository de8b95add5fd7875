/** House prices of some 300,000 with Adam at 0.001. */
import { Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export const told = "unscaled-targets";

export function program(): Program {
  manualSeed(30);
  const x = randn([100, 6]);
  const price = x.slice(":", 0).mul(80000).add(300000).unsqueeze(1);
  const model = new Sequential([new Dense({ units: 32, inputDim: 6, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y: price };
}
