/** A sample may be of several kinds, and a softmax lets it be of one. */
import { Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export const told = "softmax-for-several-labels";

export function program(): Program {
  manualSeed(76);
  const x = randn([80, 6]);
  const y = x
    .matmul(randn([6, 5]))
    .greater(0.5)
    .cast("float32");
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 6, activation: "relu" }),
    new Dense({ units: 5, activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y };
}
