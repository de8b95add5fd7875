/** A relu at the end, and targets of which none is negative. */
import { Dense, initializers, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(8);
  const x = randn([64, 3]);
  const y = x.slice(":", [0, 1]).abs().mul(2);
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 3, activation: "relu" }),
    new Dense({ units: 1, activation: "relu", biasInitializer: initializers.constant(1) }),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y };
}
