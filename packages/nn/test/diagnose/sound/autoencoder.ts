/** What goes in is what is to come out. */
import { Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(34);
  const x = randn([64, 3])
    .matmul(randn([3, 12]))
    .div(2);
  const model = new Sequential([
    new Dense({ units: 8, inputDim: 12, activation: "relu" }),
    new Dense({ units: 4 }),
    new Dense({ units: 8, activation: "relu" }),
    new Dense({ units: 12 }),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return { model, x, y: x, train: { epochs: 5 } };
}
