/** Test scores of 100 with a deviation of 15, and Adam at 0.05. */
import { Adam, Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(407);
  const x = randn([120, 3]);
  const y = x
    .slice(":", [0, 1])
    .mul(12)
    .add(randn([120, 1]).mul(6))
    .add(100);
  const model = new Sequential([new Dense({ units: 16, inputDim: 3, activation: "relu" }), new Dense({ units: 1 })]);
  model.compile({ optimizer: new Adam({ lr: 0.05 }), loss: "mse" });
  return { model, x, y };
}
