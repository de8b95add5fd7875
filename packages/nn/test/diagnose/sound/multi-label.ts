/** Each sample may be of several of five kinds. */
import { Dense, manualSeed, type Program, randn, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(53);
  const x = randn([80, 6]);
  const y = x
    .matmul(randn([6, 5]))
    .greater(1)
    .cast("float32");
  const model = new Sequential([
    new Dense({ units: 32, inputDim: 6, activation: "relu" }),
    new Dense({ units: 5, activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
  return { model, x, y };
}
