/** Targets that are probabilities. */
import { blobs, Dense, Linear, manualSeed, type Program, Sequential } from "../everything.ts";

export function program(): Program {
  manualSeed(21);
  const { x } = blobs(64, 3, 6);
  const teacher = new Linear(6, 3);
  const y = teacher.call(x).softmax(-1).detach();
  const model = new Sequential([
    new Dense({ units: 16, inputDim: 6, activation: "relu" }),
    new Dense({ units: 3, activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "categorical_crossentropy" });
  return { model, x, y };
}
