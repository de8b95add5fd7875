/** A signal that explains a tenth of the variance. */
import { Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(225);
  const x = randn([256, 4]);
  const y = x
    .slice(":", [0, 1])
    .mul(0.35)
    .add(randn([256, 1]));
  const model = new Sequential([new Dense({ units: 8, inputDim: 4, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
