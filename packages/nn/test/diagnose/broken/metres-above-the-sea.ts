/** One feature, in metres, from 0 to 3000. */
import { Dense, manualSeed, type Program, rand, Sequential } from "../everything.ts";

export const told = "unscaled-features";

export function program(): Program {
  manualSeed(112);
  const x = rand([60, 1]).mul(3000);
  const y = x.mul(-0.0065).add(15);
  const model = new Sequential([new Dense({ units: 16, inputDim: 1, activation: "tanh" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
