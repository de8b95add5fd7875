/** Layers that learn their shape from data, and pixels as they come. */
import { Dense, Flatten, manualSeed, type Program, randint, Sequential } from "../everything.ts";

export const told = "unscaled-features";

export function program(): Program {
  manualSeed(302);
  const x = randint(0, 256, [40, 8, 8]).cast("float32");
  const y = randint(0, 3, [40]);
  const model = new Sequential([
    new Flatten(),
    new Dense({ units: 32, activation: "relu" }),
    new Dense({ units: 3, activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return { model, x, y };
}
