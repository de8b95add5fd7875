/** One in twenty is positive, and nothing is done about it. */
import { Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(23);
  const x = randn([200, 4]);
  const y = x.slice(":", [0, 1]).greater(1.65).cast("float32");
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 4, activation: "relu" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y, train: { epochs: 3 } };
}
